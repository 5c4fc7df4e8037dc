//! Static files, built into the program and named by their content, so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// A file with its address.
pub(crate) struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static [u8],
    url: String,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, content: &'static [u8]) -> Self {
        let digest = Sha256::digest(content);
        let short =
            digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Self { name, content_type, content, url: format!("/static/{short:016x}/{name}") }
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("app.css", "text/css; charset=utf-8", include_bytes!("../../static/app.css")),
        Asset::new(
            "app.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../static/app.js"),
        ),
        Asset::new("favicon.svg", "image/svg+xml", include_bytes!("../../static/favicon.svg")),
    ]
});

/// The address of a file by its name.
pub(crate) fn url_of(name: &str) -> String {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or_else(String::new, |asset| asset.url.clone())
}

/// `GET /static/{hash}/{name}`
pub(crate) async fn get(Path((hash, name)): Path<(String, String)>) -> Response {
    let url = format!("/static/{hash}/{name}");
    let Some(asset) = ASSETS.iter().find(|asset| asset.url == url) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.content).into_response()
}
