//! What a reader of the documents relies on: they are short, their links lead somewhere, and what they name is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use crate::tree::{files_below, root};

/// Texts of documents by their paths below the root.
type Documents = BTreeMap<PathBuf, String>;

const ARCHITECTURE: &str = "docs/ARCHITECTURE.md";

/// Every document of ours.
fn documents() -> Documents {
    let mut files = files_below(&root().join("docs"));
    files.retain(|file| file.extension().is_some_and(|it| it == "md"));
    files.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)));
    let read = |file: PathBuf| {
        let path = file.strip_prefix(root()).unwrap().to_owned();
        (path, fs::read_to_string(file).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// A document without its code.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    let mut left = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let prose = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
            left.push_str(&prose);
            left.push('\n');
        }
    }
    left
}

/// Where the links and pictures of a document lead.
fn links(text: &str) -> Vec<String> {
    let text = without_code(text);
    let ends = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')];
    ends.into_iter()
        .flat_map(|(begin, end)| {
            text.split(begin).skip(1).filter_map(move |rest| rest.split_once(end))
        })
        .map(|(link, _)| link.to_owned())
        .collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let anchor = heading.trim().to_lowercase();
        let is_kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
        anchors.insert(anchor.chars().filter(is_kept).collect::<String>().replace(' ', "-"));
    }
    anchors
}

/// A path from where a document is, without its `..`.
fn resolved(document: &Path, link: &str) -> PathBuf {
    let mut path = document.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

/// Links of the documents that lead nowhere.
fn dead_links(documents: &Documents) -> Vec<String> {
    let mut dead = Vec::new();
    for (document, text) in documents {
        for link in links(text).into_iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if file.is_empty() { document.clone() } else { resolved(document, file) };
            let is_there = match documents.get(&path) {
                Some(text) => anchor.is_empty() || anchors(text).contains(anchor),
                None => anchor.is_empty() && root().join(&path).exists(),
            };
            if !is_there {
                dead.push(format!("{}: {link}", document.display()));
            }
        }
    }
    dead
}

/// Tests that a text names in brackets: [`one`, `another`].
fn tests_named(text: &str) -> Vec<&str> {
    text.split("[`")
        .skip(1)
        .filter_map(|rest| rest.split_once("`]"))
        .filter(|(_, after)| !after.starts_with('('))
        .flat_map(|(names, _)| names.split(',').map(|name| name.trim().trim_matches('`')))
        .collect()
}

/// Every Rust file of ours, with its text.
fn rust_files() -> Vec<(String, String)> {
    let mut files =
        ["src", "tests", "benches"].map(|folder| files_below(&root().join(folder))).concat();
    files.retain(|file| file.extension().is_some_and(|it| it == "rs"));
    let read = |file: PathBuf| {
        let name = file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(file).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// Names of all tests in a source.
fn tests_of(source: &str) -> impl Iterator<Item = &str> {
    let attributes = ["#[test]", "#[tokio::test"];
    attributes.into_iter().flat_map(|attribute| source.split(attribute).skip(1)).filter_map(
        |rest| {
            let (_, rest) = rest.split_once("fn ")?;
            Some(rest.split_once('(')?.0)
        },
    )
}

/// Rust files that a document names, as far as they are no examples of a name to come.
fn files_named(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|span| {
        let is_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_./".contains(c);
        span.strip_suffix(".rs").is_some_and(|name| !name.is_empty()) && span.chars().all(is_path)
    })
}

#[test]
fn the_first_documents_are_short() {
    let documents = documents();
    for (name, most_words) in [("README.md", 700), (ARCHITECTURE, 2_500)] {
        let n_words = documents[Path::new(name)].split_whitespace().count();
        assert!(n_words <= most_words, "{name} has {n_words} words: what belongs elsewhere?");
    }
    let pictures = files_below(&root().join("docs/pictures"));
    let sizes = pictures.iter().filter(|path| path.extension().is_some_and(|it| it == "png"));
    for picture in sizes {
        let n_bytes = fs::metadata(picture).unwrap().len();
        assert!(n_bytes <= 200_000, "{} has {n_bytes} bytes", picture.display());
    }
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let mut documents = documents();
    let n_links: usize = documents.values().map(|text| links(text).len()).sum();
    assert!(n_links > 30, "{n_links}");
    assert_eq!(dead_links(&documents), Vec::<String>::new());

    let text = "# A `b` (c), d\n[1](#a-b-c-d) [2](#a) [3](x.md#e) `[4](y.md)` <https://a> [5](https://b#c)\n\
                ```sh\n# E\n[6](z.md)\n```\n[7](../../docs) <img src=\"no.png\">\n";
    documents = [(PathBuf::from("docs/guide/x.md"), text.to_owned())].into();
    let dead = ["#a", "x.md#e", "no.png"].map(|link| format!("docs/guide/x.md: {link}"));
    assert_eq!(dead_links(&documents), dead);
}

#[test]
fn the_tests_and_files_that_documents_name_are_there() {
    let files = rust_files();
    let tests: BTreeSet<&str> = files.iter().flat_map(|(_, text)| tests_of(text)).collect();
    assert!(tests.len() > 500, "{}", tests.len());
    let documents = documents();
    let named = tests_named(&documents[Path::new(ARCHITECTURE)]);
    assert!(named.len() >= 12, "{named:?}");
    for test in named {
        assert!(tests.contains(test), "{ARCHITECTURE} names the test {test}");
    }
    for (document, text) in &documents {
        for file in files_named(text) {
            let is_it = |name: &str| name == file || name.ends_with(&format!("/{file}"));
            let is_there = files.iter().any(|(name, _)| is_it(name));
            assert!(is_there, "{} names {file}", document.display());
        }
    }
    assert_eq!(tests_named("a [`b`,\n  `c`] [`d`](e) [f] `g`"), ["b", "c"]);
    assert_eq!(
        files_named("`a/b.rs` c.rs `d.md` `E.rs` `f/`, `g.rs`").collect::<Vec<_>>(),
        ["a/b.rs", "g.rs"]
    );
}

#[test]
fn each_invariant_names_a_test() {
    let documents = documents();
    let (_, rest) = documents[Path::new(ARCHITECTURE)].split_once("\n## Invariants\n").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let invariants: Vec<_> = section.split("\n- ").skip(1).collect();
    assert!(invariants.len() >= 12, "{}", invariants.len());
    for invariant in invariants {
        assert!(!tests_named(invariant).is_empty(), "no test is named: {invariant}");
    }
}
