//! No circle of files: what a file names of ours never leads back to it. Who reads one file of a circle has to read all of
//! them. What a module takes from the files below it closes none.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    paths::Modules,
    tree::{Texts, Tree},
};

/// Files below `src` that still stand in a circle.
const STILL_IN_A_CIRCLE: &[&str] = &[];

/// Circles among files, each as a set (Tarjan 1972: the strongly connected components of more than one file).
fn circles<'a>(named: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let mut search = Search { named, seen: BTreeMap::new(), open: Vec::new(), circles: Vec::new() };
    for file in named.keys() {
        search.visit(file);
    }
    search.circles
}

struct Search<'n, 'a> {
    named: &'n BTreeMap<&'a str, Vec<&'a str>>,
    /// Files by the order in which they were met.
    seen: BTreeMap<&'a str, usize>,
    /// Files whose circle is not known yet.
    open: Vec<&'a str>,
    circles: Vec<BTreeSet<&'a str>>,
}

impl<'a> Search<'_, 'a> {
    /// Goes on from a file; returns the first met of the open files that can be reached from it.
    fn visit(&mut self, file: &'a str) -> usize {
        if let Some(order) = self.seen.get(file) {
            return if self.open.contains(&file) { *order } else { usize::MAX };
        }
        let order = self.seen.len();
        self.seen.insert(file, order);
        self.open.push(file);
        let named = self.named[file].iter();
        let first = named.map(|next| self.visit(next)).min().unwrap_or(order).min(order);
        if first == order {
            let begin = self.open.iter().position(|open| *open == file).unwrap();
            let circle: BTreeSet<_> = self.open.drain(begin..).collect();
            self.circles.extend((circle.len() > 1).then_some(circle));
        }
        first
    }
}

/// Circles of which a file is not excused, and excuses that no file needs.
fn complaints(programs: &Texts, excused: &[&str]) -> Vec<String> {
    let modules = Modules::of(programs);
    let circles = circles(&modules.named_files());
    let standing =
        circles.iter().filter(|circle| circle.iter().any(|file| !excused.contains(file)));
    let needless = excused.iter().filter(|file| !circles.iter().any(|it| it.contains(*file)));
    standing
        .map(|circle| format!("a circle of files below src: {circle:?}"))
        .chain(needless.map(|file| format!("src/{file} is in no circle: take it off the list")))
        .collect()
}

#[test]
fn no_file_leads_back_to_itself() {
    let complaints = complaints(&Tree::read().programs, STILL_IN_A_CIRCLE);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn a_circle_is_found_however_it_is_closed() {
    let parent = ("a/mod.rs", "mod b; mod c; mod d; pub use b::B;");
    for (closing, files) in [
        // through a file between them, and by what the parent hands on
        ("use crate::a::B;", vec!["a/b.rs", "a/c.rs", "a/d.rs"]),
        ("use super::b;", vec!["a/b.rs", "a/c.rs", "a/d.rs"]),
        ("fn d() { super::b::b() }", vec!["a/b.rs", "a/c.rs", "a/d.rs"]),
        // not by tests, nor by itself, nor by what the parent holds
        ("#[cfg(test)] mod tests { use crate::a::B; }", vec![]),
        ("use super::E; fn d(_: E) { self::e() }", vec![]),
    ] {
        let mut tree = Tree { programs: Texts::new(), migrations: Texts::new() };
        tree.put(parent.0, parent.1);
        tree.put("a/b.rs", "use super::c::C; pub struct B(C);");
        tree.put("a/c.rs", "pub struct C(super::d::D);");
        tree.put("a/d.rs", closing);
        let found = complaints(&tree.programs, &files);
        assert!(found.is_empty(), "{closing}: {found:?}");
        let n_circles = usize::from(!files.is_empty());
        assert_eq!(complaints(&tree.programs, &[]).len(), n_circles, "{closing}");
        assert_eq!(complaints(&tree.programs, &["a/mod.rs"]).len(), n_circles + 1, "{closing}");
    }
}
