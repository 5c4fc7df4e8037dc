//! The examples of a deployment name only settings that there are. Their values `tests/image` tries.

use std::{collections::BTreeSet, fs};

use crate::tree::{layer, root, sources};

/// Names of variables of ours in a text.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let ours = ["TOM_ALERTS_", "PITTGOOGLE_", "GOOGLE_", "PUBSUB_", "BIGQUERY_"];
    text.split(|c| !is_part(c))
        .filter(|word| ours.iter().any(|one| word.starts_with(one)))
        .collect()
}

#[test]
fn the_examples_name_only_settings_that_there_are() {
    let settings: String = sources()
        .into_iter()
        .filter(|(name, _)| layer(name) == "config")
        .map(|(_, text)| text)
        .collect();
    // What the example and the tests read themselves.
    let others = ["TOM_ALERTS_ARCHIVE_FOLDER", "TOM_ALERTS_RESTARTS"];
    let mut n_named = 0;
    let deployment =
        ["compose.yaml", "Caddyfile", "README.md"].map(|file| format!("docs/deployment/{file}"));
    for file in deployment.into_iter().chain([".env.example".to_owned()]) {
        let text = fs::read_to_string(root().join(&file)).unwrap();
        for variable in variables(&text) {
            n_named += 1;
            let is_setting = settings.contains(&format!("env = \"{variable}\""));
            assert!(is_setting || others.contains(&variable), "{file} names {variable}");
        }
    }
    assert!(n_named > 35, "{n_named}");
}
