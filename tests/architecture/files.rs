//! How files open, how long they are, and what no template may hold.

use std::fs;

use crate::{
    reader::without_tests,
    tree::{files_below, root, sources},
};

#[test]
fn files_say_what_lives_in_them_and_stay_short() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "src/{name} does not open with //!");
        let n_lines = without_tests(&text).lines().count();
        assert!(n_lines <= 360, "src/{name} has {n_lines} lines: is it one thing?");
    }
}

#[test]
fn nothing_is_marked_safe_for_html_by_hand() {
    let templates = files_below(&root().join("templates"));
    for path in &templates {
        let text = fs::read_to_string(path).unwrap();
        for forbidden in ["|safe", "| safe", " style=", " onclick=", "<style", "http://", "//cdn"] {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    assert!(templates.len() > 10);
}
