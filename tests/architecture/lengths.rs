//! How long functions and files are at most.

use crate::{
    functions::functions,
    tree::{Texts, Tree},
};

/// Lines of a function, and of a file without its tests.
const MAX_OF_FUNCTION: usize = 60;
const MAX_OF_FILE: usize = 300;

/// Functions that are longer, each with its lines: none. One that stands here may only become shorter.
const LONG_FUNCTIONS: &[(&str, &str, usize)] = &[];

/// Files that are longer: none. One that stands here may only become shorter.
const LONG_FILES: &[(&str, usize)] = &[];

/// What is longer than it may be, and excuses that nothing needs.
fn complaints(
    programs: &Texts,
    long_functions: &[(&str, &str, usize)],
    long_files: &[(&str, usize)],
) -> Vec<String> {
    let mut found = Vec::new();
    let mut needed = Vec::new();
    for (file, source) in programs {
        for function in functions(source).iter().filter(|it| it.n_lines > MAX_OF_FUNCTION) {
            let excused =
                |(place, name, _): &&(&str, &str, usize)| *place == file && *name == function.name;
            let most = long_functions.iter().find(excused).map_or(MAX_OF_FUNCTION, |it| it.2);
            needed.push((file.as_str(), function.name.clone()));
            found.extend((function.n_lines > most).then(|| {
                format!(
                    "src/{file}: {} has {} lines, {most} at most: is it one thing?",
                    function.name, function.n_lines
                )
            }));
        }
        let n_lines = source.trim_end().lines().count();
        let most =
            long_files.iter().find(|(place, _)| place == file).map_or(MAX_OF_FILE, |it| it.1);
        found.extend(
            (n_lines > most).then(|| {
                format!("src/{file} has {n_lines} lines, {most} at most: is it one thing?")
            }),
        );
        let is_excused = most > MAX_OF_FILE;
        found.extend(
            (is_excused && n_lines <= MAX_OF_FILE)
                .then(|| format!("src/{file} needs no excuse any more")),
        );
    }
    let needless = long_functions
        .iter()
        .filter(|(file, name, _)| !needed.iter().any(|(place, it)| place == file && it == name));
    found.extend(
        needless.map(|(file, name, _)| format!("src/{file}: {name} needs no excuse any more")),
    );
    let gone = long_files.iter().filter(|(file, _)| !programs.contains_key(*file));
    found.extend(gone.map(|(file, _)| format!("src/{file} is not there any more")));
    found
}

#[test]
fn functions_and_files_stay_short() {
    let found = complaints(&Tree::read().programs, LONG_FUNCTIONS, LONG_FILES);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_is_too_long_and_what_needs_no_excuse_is_found() {
    let function = |n: usize| format!("fn a(\n) {{{}}}", "\n".repeat(n - 2));
    let count = |source: &str, functions: &[(&str, &str, usize)], files: &[(&str, usize)]| {
        let mut tree = Tree { programs: Texts::new(), migrations: Texts::new() };
        tree.put("a.rs", source);
        complaints(&tree.programs, functions, files).len()
    };
    assert_eq!(count(&function(60), &[], &[]), 0);
    assert_eq!(count(&function(61), &[], &[]), 1);
    assert_eq!(count(&function(61), &[("a.rs", "a", 61)], &[]), 0);
    assert_eq!(count(&function(62), &[("a.rs", "a", 61)], &[]), 1);
    assert_eq!(count(&function(60), &[("a.rs", "a", 61)], &[]), 1);
    assert_eq!(count(&format!("#[cfg(test)] {}", function(61)), &[], &[]), 0);
    let file = |n: usize| "a();\n".repeat(n);
    assert_eq!(count(&file(300), &[], &[]), 0);
    assert_eq!(count(&file(301), &[], &[]), 1);
    assert_eq!(count(&file(301), &[], &[("a.rs", 301)]), 0);
    assert_eq!(count(&file(302), &[], &[("a.rs", 301)]), 1);
    assert_eq!(count(&file(300), &[], &[("a.rs", 301)]), 1);
    assert_eq!(count("", &[], &[("b.rs", 301)]), 1);
    assert_eq!(count(&format!("{}#[cfg(test)] mod tests {{\n\n}}", file(300)), &[], &[]), 0);
}
