//! The modules of the tree, and to which file a path in the code leads.

use std::collections::BTreeMap;

use crate::{
    reader::{bare, is_part_of_word},
    tree::Texts,
};

/// A path as it is written, word by word.
type Path = Vec<String>;

/// A file as a module of ours.
#[derive(Debug)]
pub(crate) struct Module {
    /// Its path below `src`.
    file: String,
    /// Its words, without `crate`.
    path: Path,
    /// What it imports, by the name that this has here: the way on for whoever finds the name here.
    imports: BTreeMap<String, Path>,
    /// What it names. What it only hands on with `pub use` it does not.
    named: Vec<Path>,
}

/// The modules of the library, by their words.
pub(crate) struct Modules(BTreeMap<Path, Module>);

impl Modules {
    /// Reads the programs. (Nobody can name `main.rs`.)
    pub(crate) fn of(programs: &Texts) -> Self {
        let modules = programs.iter().filter(|(file, _)| *file != "main.rs");
        Self(modules.map(|(file, text)| Module::read(file, &bare(text))).collect())
    }

    /// Each file with the files of ours that it names. What a module takes from the files below it counts for nothing:
    /// it is their door, and they may use what it holds.
    pub(crate) fn named_files(&self) -> BTreeMap<&str, Vec<&str>> {
        let named = |module: &Module| {
            let others = module.named.iter().filter_map(|path| self.module_of(&module.path, path));
            let others = others.filter(|other| !other.path.starts_with(&module.path));
            let mut files: Vec<_> = others.map(|other| other.file.as_str()).collect();
            files.sort_unstable();
            files.dedup();
            files
        };
        self.0.values().map(|module| (module.file.as_str(), named(module))).collect()
    }

    /// The module in which what a path names stands, which is not where it is only handed on. `None`: not ours.
    fn module_of(&self, from: &[String], path: &[String]) -> Option<&Module> {
        let (mut at, mut rest) = (from.to_vec(), path);
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Path::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {}
            child => _ = self.0.get(&[from, &[child.to_owned()]].concat())?,
        }
        while let [first, others @ ..] = rest {
            let inner = [&at[..], std::slice::from_ref(first)].concat();
            if first == "super" {
                at.pop()?;
            } else if self.0.contains_key(&inner) {
                at = inner;
            } else {
                break;
            }
            rest = others;
        }
        let found = self.0.get(&at)?;
        match rest.first().and_then(|name| found.imports.get(name)) {
            // One word is a macro of the file itself.
            Some(further) if further.len() > 1 => self.module_of(&found.path, further),
            _ => Some(found),
        }
    }
}

impl Module {
    fn read(file: &str, bare: &str) -> (Path, Self) {
        let words = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/');
        let path: Path = words.filter(|word| *word != "lib").map(str::to_owned).collect();
        let (mut imports, mut named, mut rest) = (BTreeMap::new(), Vec::new(), String::new());
        let mut at = 0;
        while let Some(begin) = bare[at..].find("use ").map(|found| at + found) {
            rest.push_str(&bare[at..begin]);
            at = begin + "use ".len();
            if bare[..begin].ends_with(is_part_of_word) {
                continue;
            }
            let end = bare[at..].find(';').map_or(bare.len(), |found| at + found);
            let is_handed_on = bare[..begin].trim_end().ends_with(['b', ')']);
            for (path, name) in leaves(&[], &bare[at..end]) {
                imports.insert(name, path.clone());
                named.extend((!is_handed_on).then_some(path));
            }
            at = end;
        }
        named.extend(written_out(&(rest + &bare[at..])));
        (path.clone(), Self { file: file.to_owned(), path, imports, named })
    }
}

/// Each path of what stands after `use`, with the name that it has here.
fn leaves(before: &[String], tree: &str) -> Vec<(Path, String)> {
    let (head, inside) = tree.split_once('{').map_or((tree, None), |(head, inside)| {
        (head, Some(inside.trim_end().strip_suffix('}').unwrap_or(inside)))
    });
    let (path, alias) =
        head.split_once(" as ").map_or((head, None), |(path, name)| (path, Some(name)));
    let words = path.split("::").map(str::trim).filter(|word| !word.is_empty());
    let mut path: Path = before.iter().cloned().chain(words.map(str::to_owned)).collect();
    let Some(inside) = inside else {
        // `{self}` is what stands before it.
        if !before.is_empty() && path.last().is_some_and(|word| word == "self") {
            path.pop();
        }
        let name = alias.map(|name| name.trim().to_owned()).or_else(|| path.last().cloned());
        return name.map(|name| (path, name)).into_iter().collect();
    };
    let mut depth = 0_usize;
    let branches = inside.split(|c| {
        depth = match c {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        c == ',' && depth == 0
    });
    branches.filter(|it| !it.trim().is_empty()).flat_map(|it| leaves(&path, it)).collect()
}

/// Paths of two words and more that stand in code.
fn written_out(code: &str) -> Vec<Path> {
    // `pub(in crate::web)` says who may name it.
    let code = code.replace("(in crate::", "(in ");
    let places = code.split(|c| !is_part_of_word(c) && c != ':');
    let paths = places.map(|place| place.trim_end_matches(':').split("::").map(str::to_owned));
    paths.map(Iterator::collect).filter(|path: &Path| path.len() > 1).collect()
}

#[test]
fn a_path_leads_to_the_file_in_which_what_it_names_stands() {
    let sources = [
        ("lib.rs", "pub mod a; mod b; mod e;"),
        (
            "a/mod.rs",
            "mod c; mod d; pub use c::{One, Two as Other}; pub(crate) use self::d::Three; fn four() {}",
        ),
        ("a/c.rs", "macro_rules! six {} pub(crate) use six;"),
        (
            "a/d.rs",
            "use super::{self as a, c::{self, One}, four}; use std::fs; fn f() { a::b(); super::super::b::x(); }",
        ),
        (
            "b.rs",
            "use crate::a::{Other, Three, four as 
 five, d}; pub(in crate::b) fn x() { for y in crate::a::c::y::<u8>() { std::a::b(\"crate::b\") } }",
        ),
        ("e.rs", "use crate::{a::{c::six}, b::{self}};"),
    ];
    let texts = sources.map(|(file, text)| (file.to_owned(), text.to_owned()));
    let modules = Modules::of(&Texts::from(texts));
    let named = modules.named_files();
    assert_eq!(named["a/mod.rs"], [""; 0]);
    assert_eq!(named["a/d.rs"], ["a/c.rs", "a/mod.rs", "b.rs"]);
    assert_eq!(named["e.rs"], ["a/c.rs", "b.rs"]);
    assert_eq!(named["b.rs"], ["a/c.rs", "a/d.rs", "a/mod.rs"]);
}
