//! How files open, how long the lines of templates are, and what no template may hold.

use std::fs;

use crate::tree::{files_below, root, sources};

/// What fits on a screen beside a second file.
const MAX_CHARS: usize = 160;

/// Elements that stand within a line of text, or in a row; each other one begins a line.
const INLINE: [&str; 11] =
    ["a", "abbr", "button", "code", "em", "input", "label", "progress", "span", "strong", "time"];

#[test]
fn files_say_what_lives_in_them() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "src/{name} does not open with //!");
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

#[test]
fn templates_styles_and_scripts_have_one_thing_a_line() {
    let mut endings = Vec::new();
    for path in ["templates", "static"].iter().flat_map(|folder| files_below(&root().join(folder)))
    {
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if !["html", "css", "js"].contains(&&*ending) {
            continue;
        }
        for (number, line) in (1..).zip(fs::read_to_string(&path).unwrap().lines()) {
            let fault = fault(line, &ending);
            assert_eq!(fault, None, "{}:{number}: {line}", path.display());
        }
        endings.push(ending);
    }
    for (ending, at_least) in [("html", 40), ("css", 1), ("js", 2)] {
        let n_files = endings.iter().filter(|it| *it == ending).count();
        assert!(n_files >= at_least, "{n_files} files end with {ending}");
    }
}

/// What makes a line of such a file hard to read, or to compare with another version.
fn fault(line: &str, ending: &str) -> Option<&'static str> {
    if line.chars().count() > MAX_CHARS {
        return Some("it is long");
    }
    match ending {
        "html" => crowd(line.trim_start()),
        "css" => (line.matches(';').count() > 1).then_some("two declarations stand on it"),
        _ => None,
    }
}

/// What is too much for a line of a template that begins here.
fn crowd(line: &str) -> Option<&'static str> {
    let name = |at: usize| {
        line[at + 1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
    };
    let elements: Vec<_> = line
        .match_indices('<')
        .map(|(at, _)| (at, name(at)))
        .filter(|(_, name)| name.starts_with(|c: char| c.is_ascii_alphabetic()))
        .collect();
    if elements.iter().any(|(at, name)| *at > 0 && !INLINE.contains(name)) {
        return Some("an element that is a part of its own does not begin it");
    }
    (elements.len() > 2).then_some("more than two elements begin on it")
}

#[test]
fn crowded_and_long_lines_are_found() {
    let (long, just_right) = ("é".repeat(MAX_CHARS + 1), "é".repeat(MAX_CHARS));
    let crowded = [
        "<tr><td>1</td></tr>",
        "  {% if let Some(it) = it %}<p>{{ it }}</p>{% endif %}",
        "<h2>a</h2><p>b</p>",
        "Words.<ul class=\"rows\">",
        "<a href=\"/\">a</a> <a href=\"/b\">b</a> <span>c</span>",
        &long,
    ];
    for line in crowded {
        assert!(fault(line, "html").is_some(), "{line}");
    }
    let good = [
        "  <td class=\"num\"><span class=\"muted\">–</span></td>",
        "  {% if n <= 8 %}<strong>{{ n }}</strong>{% else %}<em>many</em>{% endif %}",
        "<div class=\"{% if is_main %}is-main{% endif %}\">",
        "</dl></div>",
        &just_right,
    ];
    for line in good {
        assert_eq!(fault(line, "html"), None, "{line}");
    }
    assert!(fault("a { color: red; margin: 0; }", "css").is_some());
    assert!(fault(&long, "css").is_some() && fault(&long, "js").is_some());
    assert_eq!(fault(".b-u { color: var(--band-u); }", "css"), None);
}
