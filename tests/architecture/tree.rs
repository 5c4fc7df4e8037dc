//! The files that the rules are about, as texts: a rule is asked about a tree, so a test can put a fault into one.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::reader::program;

/// Texts of files, by their path below a folder.
pub(crate) type Texts = BTreeMap<String, String>;

/// Where the manifest is.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the rules are asked about.
#[derive(Clone)]
pub(crate) struct Tree {
    /// Of the Rust files below `src`, what is compiled into the program, without comments.
    pub(crate) programs: Texts,
    /// SQL files below `migrations`.
    pub(crate) migrations: Texts,
}

impl Tree {
    /// The tree as it stands.
    pub(crate) fn read() -> Self {
        static TREE: OnceLock<Tree> = OnceLock::new();
        let read = || {
            let mut tree = Self { programs: Texts::new(), migrations: texts("migrations", "sql") };
            for (path, source) in sources() {
                tree.put(&path, &source);
            }
            assert!(!tree.migrations.is_empty(), "the migrations were not found");
            tree
        };
        TREE.get_or_init(read).clone()
    }

    /// Puts a file below `src`.
    pub(crate) fn put(&mut self, path: &str, source: &str) {
        self.programs.insert(path.to_owned(), program(source));
    }

    /// Files of the storage, each by its path below `storage/`, without its ending.
    pub(crate) fn storage(&self) -> impl Iterator<Item = (&str, &str)> {
        self.programs.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix("storage/")?.strip_suffix(".rs")?;
            Some((name, text.as_str()))
        })
    }
}

/// The Rust files below `src`, whole.
pub(crate) fn sources() -> Texts {
    let sources = texts("src", "rs");
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

/// Texts of the files below a folder of ours whose names have this ending.
fn texts(folder: &str, ending: &str) -> Texts {
    let top = root().join(folder);
    let has_ending = |path: &PathBuf| path.extension().is_some_and(|it| it == ending);
    files_below(&top)
        .into_iter()
        .filter(has_ending)
        .map(|path| {
            let name = path.strip_prefix(&top).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The layer of a file: its first folder, or its name for a file directly in `src/`.
pub(crate) fn layer(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}
