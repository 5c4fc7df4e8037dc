//! What a build of the image is given: all that the manifest and the sources name, and nothing else.

use std::fs;

use crate::tree::{files_below, root};

/// Whether `.dockerignore` lets a path through.
fn is_let_through(rules: &str, path: &str) -> bool {
    let top = path.split('/').next().unwrap();
    let rules = rules.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    rules.fold(true, |is_let_through, rule| {
        let (pattern, lets_through) = match rule.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (rule, false),
        };
        assert!(!pattern.contains('/'), ".dockerignore: {rule} is not understood here");
        let is_meant = match pattern.split_once('*') {
            Some((begin, end)) => top.starts_with(begin) && top.ends_with(end),
            None => top == pattern,
        };
        if is_meant { lets_through } else { is_let_through }
    })
}

/// Files of which the manifest speaks: each of a target has one of these names.
fn targets(manifest: &str) -> Vec<Vec<String>> {
    let mut targets = Vec::new();
    for section in manifest.split("\n[").skip(1) {
        let (head, body) = section.split_once(']').unwrap();
        let kind = head.trim_start_matches('[');
        let folder = match kind {
            "lib" => "src",
            "bin" => "src/bin",
            "bench" => "benches",
            "test" => "tests",
            "example" => "examples",
            _ => continue,
        };
        let value = |name: &str| {
            let mut lines = body.lines().filter_map(|line| line.split_once('='));
            let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
            Some(value.trim().trim_matches('"').to_owned())
        };
        targets.push(match (value("path"), value("name"), kind) {
            (Some(path), ..) => vec![path],
            (None, _, "lib") => vec!["src/lib.rs".to_owned()],
            (None, Some(name), _) => {
                vec![format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")]
            }
            (None, None, _) => panic!("Cargo.toml: a [[{kind}]] without a name"),
        });
    }
    targets
}

/// Targets whose files are not there or are not let through: cargo refuses a manifest that names such a one.
fn missing_targets(manifest: &str, rules: &str) -> Vec<String> {
    targets(manifest)
        .into_iter()
        .filter(|names| {
            let is_given =
                |path: &String| root().join(path).is_file() && is_let_through(rules, path);
            !names.iter().any(is_given)
        })
        .map(|names| names.join(" or "))
        .collect()
}

#[test]
fn a_build_is_given_all_that_the_manifest_names() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let rules = fs::read_to_string(root().join(".dockerignore")).unwrap();
    assert!(targets(&manifest).len() >= 6);
    assert_eq!(missing_targets(&manifest, &rules), Vec::<String>::new());

    let more = format!("{manifest}\n[[bench]]\nname = \"absent\"\nharness = false\n");
    assert_eq!(missing_targets(&more, &rules), ["benches/absent.rs or benches/absent/main.rs"]);
    let more =
        format!("{manifest}\n[[test]]\nname = \"faults\"\npath = \"tests/faults/main.rs\"\n");
    assert_eq!(missing_targets(&more, &rules), ["tests/faults/main.rs"]);
    let n_benches = manifest.matches("[[bench]]").count();
    let fewer = rules.replace("!benches", "");
    assert_eq!(missing_targets(&manifest, &fewer).len(), n_benches);
}

#[test]
fn a_build_is_given_all_that_the_sources_read_and_nothing_else() {
    let rules = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let mut needed: Vec<_> =
        ["Cargo.toml", "Cargo.lock", "askama.toml"].map(|name| root().join(name)).into();
    for folder in ["src", "templates", "static", "migrations"] {
        let files = files_below(&root().join(folder));
        assert!(!files.is_empty(), "{folder}");
        needed.extend(files);
    }
    for path in needed {
        let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        assert!(root().join(&path).is_file(), "{path} is not there");
        assert!(is_let_through(&rules, &path), ".dockerignore keeps {path} away");
    }
    for secret in [".env", "docs/deployment/.env", ".git/config", "target/release/it", "tests/run"]
    {
        assert!(!is_let_through(&rules, secret), ".dockerignore lets {secret} through");
    }
}
