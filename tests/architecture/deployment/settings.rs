//! The examples of a deployment name only settings that there are, and the table of settings names each of them. Their
//! values `tests/image` tries.

use std::{collections::BTreeSet, fs};

use crate::tree::{files_below, layer, root, sources};

/// Names of variables of ours in a text.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let ours = ["TOM_ALERTS_", "PITTGOOGLE_", "GOOGLE_", "PUBSUB_", "BIGQUERY_"];
    text.split(|c| !is_part(c))
        .filter(|word| ours.iter().any(|one| word.starts_with(one)))
        .collect()
}

/// Sources of the settings, in one text.
fn settings() -> String {
    sources()
        .into_iter()
        .filter(|(name, _)| layer(name) == "config")
        .map(|(_, text)| text)
        .collect()
}

/// Variables of all settings that `--help` shows.
fn shown_variables(settings: &str) -> BTreeSet<&str> {
    settings
        .split("#[arg(")
        .skip(1)
        .filter_map(|rest| {
            let (argument, _) = rest.split_once(")]")?;
            let (name, _) = argument.split_once("env = \"")?.1.split_once('"')?;
            (!argument.contains("hide = true")).then_some(name)
        })
        .collect()
}

#[test]
fn the_examples_name_only_settings_that_there_are() {
    let settings = settings();
    // What the example, the benchmarks and the tests read themselves.
    let others = [
        "TOM_ALERTS_ARCHIVE_FOLDER",
        "TOM_ALERTS_FAULTS_SEED",
        "TOM_ALERTS_PACKETS",
        "TOM_ALERTS_PYTHON",
        "TOM_ALERTS_RESTARTS",
    ];
    let mut files: Vec<_> = ["deployment", "guide"]
        .map(|folder| files_below(&root().join("docs").join(folder)))
        .concat();
    files.extend([root().join(".env.example"), root().join("README.md")]);
    let mut n_named = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for variable in variables(&text) {
            n_named += 1;
            let is_setting = settings.contains(&format!("env = \"{variable}\""));
            // `PITTGOOGLE_` alone is spoken of as the beginning of names.
            let is_beginning = variable.ends_with('_');
            let is_known = is_setting || is_beginning || others.contains(&variable);
            assert!(is_known, "{} names {variable}", file.display());
        }
    }
    assert!(n_named > 60, "{n_named}");
}

#[test]
fn the_table_of_settings_names_each_of_them() {
    let settings = settings();
    let shown = shown_variables(&settings);
    assert!(shown.len() > 25 && !shown.contains("TOM_ALERTS_TIMING_DIVISOR"), "{shown:?}");
    let table = fs::read_to_string(root().join("docs/guide/settings.md")).unwrap();
    for variable in shown {
        assert!(
            table.contains(&format!("`{variable}`")),
            "docs/guide/settings.md lacks {variable}"
        );
    }
}
