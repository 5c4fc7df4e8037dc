//! Which layer may use which, and who may name which crate.

use crate::tree::{Texts, Tree, layer};

/// Layers that a file's code names, by `crate::layer` or inside `use crate::{layer…}`.
fn layers_named(code: &str, layers: &[&str]) -> Vec<String> {
    let mut named = Vec::new();
    for layer in layers {
        let direct = format!("crate::{layer}");
        let is_word = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_direct =
            code.match_indices(&direct).any(|(at, _)| is_word(&code[at + direct.len()..]));
        let is_listed = code.match_indices("use crate::{").any(|(at, _)| {
            let mut depth = 0;
            let mut words = Vec::new();
            let mut word = String::new();
            for c in code[at + "use crate::".len()..].chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    c if depth == 1 && (c.is_alphanumeric() || c == '_') => {
                        word.push(c);
                        continue;
                    }
                    _ => {}
                }
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if depth == 0 {
                    break;
                }
            }
            words.iter().any(|word| word == layer)
        });
        if is_direct || is_listed {
            named.push((*layer).to_owned());
        }
    }
    named
}

const LAYERS: [&str; 15] = [
    "actions",
    "app",
    "brokers",
    "clock",
    "config",
    "domain",
    "forms",
    "google",
    "http_api",
    "local_postgres",
    "packets",
    "simulate",
    "storage",
    "telemetry",
    "web",
];

/// What each layer may use of ours, besides itself.
fn allowed(layer: &str) -> &'static [&'static str] {
    match layer {
        "forms" | "packets" | "storage" | "http_api" => &["domain"],
        "google" => &["domain", "http_api"],
        "simulate" => &["domain", "google", "packets"],
        "brokers" => &["domain", "forms", "google", "http_api", "packets"],
        "actions" => &["brokers", "clock", "domain", "forms", "google", "storage"],
        "web" => {
            &["actions", "brokers", "clock", "domain", "forms", "google", "packets", "storage"]
        }
        "config" => &["google", "local_postgres"],
        "telemetry" => &["config"],
        "app" | "main" | "lib" => &LAYERS,
        _ => &[],
    }
}

#[test]
fn layers_use_only_what_lies_below_them() {
    for (name, code) in Tree::read().programs {
        let own = layer(&name);
        for used in layers_named(&code, &LAYERS) {
            assert!(
                used == own || allowed(own).contains(&used.as_str()),
                "src/{name}: the layer {own} may not use {used}"
            );
        }
    }
}

/// Crates that only some may name: layers, or files.
const OWNERS: [(&str, &[&str]); 9] = [
    ("axum", &["web"]),
    ("askama", &["web"]),
    ("utoipa", &["web"]),
    ("sqlx", &["storage", "app", "local_postgres"]),
    ("clap", &["config", "main"]),
    ("apache_avro", &["packets", "simulate"]),
    ("tar", &["brokers", "simulate"]),
    ("google_cloud_auth", &["google"]),
    ("tower_sessions", &["storage/sessions.rs", "web/door/session.rs"]),
];

/// Files that name a crate and may not.
fn strangers(programs: &Texts) -> Vec<String> {
    let names = |code: &str, krate: &str| {
        ["use ", " ", "("].iter().any(|before| code.contains(&format!("{before}{krate}::")))
    };
    let may = |file: &str, owners: &[&str]| owners.contains(&layer(file)) || owners.contains(&file);
    let files = programs.iter().flat_map(|(file, code)| {
        let wrong =
            OWNERS.iter().filter(|(krate, owners)| names(code, krate) && !may(file, owners));
        wrong.map(move |(krate, _)| format!("src/{file} may not name {krate}"))
    });
    files.collect()
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let found = strangers(&Tree::read().programs);
    assert!(found.is_empty(), "{found:#?}");
    for (file, code, is_found) in [
        ("domain/run.rs", "use sqlx::FromRow;", true),
        ("web/screens/home.rs", "fn a(_: tower_sessions::Session) {}", true),
        ("web/door/session.rs", "use tower_sessions::Session;", false),
        ("web/screens/home.rs", "use axum::Router; // sqlx::PgPool", false),
    ] {
        let mut tree = Tree { programs: Texts::new(), migrations: Texts::new() };
        tree.put(file, code);
        assert_eq!(!strangers(&tree.programs).is_empty(), is_found, "{file}: {code}");
    }
}
