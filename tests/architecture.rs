//! The rules of the code's layout, as tests: which layer may use which, who may name which crate, how files open.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Every Rust file of the crate, by its path below `src/`.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 50, "the sources were not found");
    files
}

/// The layer of a file: its first folder, or its name for a file directly in `src/`.
fn layer(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The part of a file that is compiled into the program, without comments.
fn code(text: &str) -> String {
    let program = text.split("#[cfg(test)]").next().unwrap();
    program
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

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

const LAYERS: [&str; 14] = [
    "actions",
    "app",
    "brokers",
    "clock",
    "config",
    "domain",
    "forms",
    "google",
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
        "packets" | "storage" | "google" => &["domain"],
        "simulate" => &["domain", "google"],
        "brokers" => &["domain", "forms", "google", "packets"],
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
    for (name, text) in sources() {
        let own = layer(&name);
        for used in layers_named(&code(&text), &LAYERS) {
            assert!(
                used == own || allowed(own).contains(&used.as_str()),
                "src/{name}: the layer {own} may not use {used}"
            );
        }
    }
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let owners: [(&str, &[&str]); 7] = [
        ("axum", &["web"]),
        ("askama", &["web"]),
        ("sqlx", &["storage", "app", "local_postgres"]),
        ("clap", &["config", "main"]),
        ("apache_avro", &["packets", "simulate"]),
        ("tar", &["brokers", "simulate"]),
        ("google_cloud_auth", &["google"]),
    ];
    for (name, text) in sources() {
        let code = code(&text);
        for (krate, layers) in owners {
            let names_it = code.contains(&format!("use {krate}::"))
                || code.contains(&format!(" {krate}::"))
                || code.contains(&format!("({krate}::"));
            assert!(!names_it || layers.contains(&layer(&name)), "src/{name} may not name {krate}");
        }
    }
}

#[test]
fn only_storage_can_prove_that_something_is_kept() {
    for (name, text) in sources() {
        let makes_proof = code(&text).contains("Kept::after_commit(");
        assert!(
            !makes_proof || layer(&name) == "storage",
            "src/{name} claims that something is committed"
        );
    }
}

#[test]
fn files_say_what_lives_in_them_and_stay_short() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "src/{name} does not open with //!");
        let program = text.split("#[cfg(test)]").next().unwrap().lines().count();
        assert!(program <= 360, "src/{name} has {program} lines: is it one thing?");
    }
}

#[test]
fn nothing_is_marked_safe_for_html_by_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut folders = vec![root];
    let mut n_templates = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            n_templates += 1;
            let text = fs::read_to_string(&path).unwrap();
            for forbidden in
                ["|safe", "| safe", " style=", " onclick=", "<style", "http://", "//cdn"]
            {
                assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
            }
        }
    }
    assert!(n_templates > 10);
}
