//! Static files, built into the program and named by their content, so that browsers may keep them for ever. The style
//! sheet is our own (8 kB gzipped), not a framework's: it needs no `unsafe-*` and no `data:` in the content security
//! policy.

use std::{
    fs,
    path::{Path as FilePath, PathBuf},
    sync::{LazyLock, OnceLock},
    time::UNIX_EPOCH,
};

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::web::paths;

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
        Self { name, content_type, content, url: format!("{}{short:016x}/{name}", paths::STATIC) }
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("app.css", "text/css; charset=utf-8", include_bytes!("../../../static/app.css")),
        Asset::new(
            "app.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../../static/app.js"),
        ),
        Asset::new("favicon.svg", "image/svg+xml", include_bytes!("../../../static/favicon.svg")),
    ]
});

/// What stands in their addresses in place of a hash while somebody works on them (`--dev`).
const OF_DEVELOPERS: &str = "dev";

/// Where static files are read anew for each request, while somebody works on them (`--dev`).
static FOLDER_OF_DEVELOPERS: OnceLock<PathBuf> = OnceLock::new();

/// From here on static files are those of this folder as they are at each request, and open pages load themselves anew
/// when one of them, or the program, has become another.
pub fn serve_from(folder: PathBuf) {
    // A second call would come from a second service in one process: the folder is the same.
    let _ = FOLDER_OF_DEVELOPERS.set(folder);
}

/// The address of a file by its name.
pub(crate) fn url_of(name: &str) -> String {
    if FOLDER_OF_DEVELOPERS.get().is_some() {
        return format!("{}{OF_DEVELOPERS}/{name}", paths::STATIC);
    }
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or_else(String::new, |asset| asset.url.clone())
}

/// `GET /static/{hash}/{name}`
pub(crate) async fn get(Path((hash, name)): Path<(String, String)>) -> Response {
    if let Some(folder) = FOLDER_OF_DEVELOPERS.get().filter(|_| hash == OF_DEVELOPERS) {
        return as_it_is_now(folder, &name);
    }
    let url = format!("{}{hash}/{name}", paths::STATIC);
    let Some(asset) = ASSETS.iter().find(|asset| asset.url == url) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.content).into_response()
}

/// A file of the folder, or `changes`: a text that is another one when something has changed.
fn as_it_is_now(folder: &FilePath, name: &str) -> Response {
    let headers =
        |content_type| [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")];
    if name == "changes" {
        return (headers("text/plain; charset=utf-8"), changes(folder)).into_response();
    }
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let Some((asset, mut content)) =
        asset.and_then(|asset| Some((asset, fs::read(folder.join(asset.name)).ok()?)))
    else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    if name == "app.js" {
        // A page that is not reloaded is still a page.
        content.extend(fs::read(folder.join("dev.js")).unwrap_or_default());
    }
    (headers(asset.content_type), content).into_response()
}

fn changes(folder: &FilePath) -> String {
    let modified = ASSETS.iter().filter_map(|asset| {
        let file = fs::metadata(folder.join(asset.name)).ok()?;
        file.modified().ok()?.duration_since(UNIX_EPOCH).ok()
    });
    let newest = modified.max().unwrap_or_default();
    format!("{} {}", std::process::id(), newest.as_nanos())
}
