//! The statements of a source, and which tables they read and change.

use crate::reader::{Kind, pieces};

/// Macros that put a question for a right into a statement.
pub(crate) const QUESTIONS: [&str; 1] = ["may_delete"];

/// A text of a source; texts that a macro puts together count as one.
#[derive(Debug)]
pub(crate) struct Text {
    /// What stands before it in the source.
    pub(crate) before: String,
    /// Without comments of SQL, in one line.
    pub(crate) text: String,
}

/// Every text of a source.
pub(crate) fn texts(source: &str) -> Vec<Text> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (kind, range) in pieces(source) {
        if kind != Kind::Text {
            continue;
        }
        let literal = &source[range.clone()];
        let open = literal.find('"').unwrap_or_default() + 1;
        let text = literal[open..].rsplit_once('"').map_or(&literal[open..], |(text, _)| text);
        match found.last_mut() {
            Some((first, end, before))
                if source[..*first].trim_end().ends_with("!(")
                    && is_glue(&source[*end..range.start]) =>
            {
                before.push_str(&questions_in(&source[*end..range.start]));
                before.push_str(text);
                *end = range.end;
            }
            _ => found.push((range.start, range.end, text.to_owned())),
        }
    }
    found
        .into_iter()
        .map(|(begin, _, text)| Text {
            before: source[..begin].trim_end().to_owned(),
            text: one_line(&text),
        })
        .collect()
}

/// Whether only commas, names of a macro's arguments and the like stand between two texts.
fn is_glue(between: &str) -> bool {
    between.contains(',')
        && between.split([',', ' ', '\n', '(', ')']).all(|word| {
            word.is_empty()
                || word == "+"
                || word.starts_with('$')
                || word == "concat!"
                || QUESTIONS.iter().any(|name| word.strip_suffix('!') == Some(name))
        })
}

/// The beginnings of the questions that macros put between two texts.
fn questions_in(between: &str) -> String {
    let are_there = QUESTIONS.iter().filter(|name| between.contains(&format!("{name}!(")));
    are_there.flat_map(|name| [*name, "("]).collect()
}

fn one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("--").next().unwrap());
    lines.flat_map(str::split_whitespace).filter(|word| *word != "\\").collect::<Vec<_>>().join(" ")
}

/// What a statement does with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Reads,
    Changes,
}

/// The words of a statement in lower case, without comments, literals and the name of the schema; brackets, commas and
/// semicolons are words.
pub(crate) fn words_of(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let sql = one_line(sql).to_lowercase();
    for (n, outside) in sql.split('\'').enumerate() {
        if n % 2 == 1 {
            words.push("''".to_owned());
            continue;
        }
        let spaced = ["(", ")", ",", ";"]
            .iter()
            .fold(outside.replace('"', ""), |text, c| text.replace(c, &format!(" {c} ")));
        words.extend(
            spaced.split_whitespace().map(|word| word.trim_start_matches("public.").to_owned()),
        );
    }
    words
}

/// The tables that a statement names, each with what it does with it.
pub(crate) fn uses(sql: &str) -> Vec<(Use, String)> {
    let words = words_of(sql);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let mut found = Vec::new();
    // How deep the brackets are in which a list after FROM stands.
    let mut lists: Vec<usize> = Vec::new();
    let mut depth = 0_usize;
    for at in 0..words.len() {
        let before = if at == 0 { "" } else { word(at - 1) };
        let does = match word(at) {
            "(" => {
                depth += 1;
                continue;
            }
            ")" => {
                lists.retain(|list| *list < depth);
                depth = depth.saturating_sub(1);
                continue;
            }
            "where" | "group" | "order" | "limit" | "returning" | "set" | "union" | ";" => {
                lists.retain(|list| *list < depth);
                continue;
            }
            "from" if before == "distinct" => continue,
            "from" if before == "delete" => Use::Changes,
            "from" | "using" => {
                lists.push(depth);
                Use::Reads
            }
            "," if lists.contains(&depth) => Use::Reads,
            "join" | "table" | "analyze" => Use::Reads,
            "into" | "update" | "copy" | "truncate" => Use::Changes,
            _ => continue,
        };
        let skipped = ["only", "lateral", "table"];
        let name = (at + 1..words.len()).map(word).find(|it| !skipped.contains(it)).unwrap_or("");
        // `for update`, `do update set`, a table that is made of rows.
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if is_name && !["set", "of", "skip", "nowait", "select"].contains(&name) {
            found.push((does, name.to_owned()));
        }
    }
    found
}

#[test]
fn tables_are_found_wherever_a_statement_names_them() {
    use Use::{Changes, Reads};
    for (sql, expected) in [
        ("select a, run from target t, run r where x", vec![(Reads, "target"), (Reads, "run")]),
        ("SELECT 1 FROM \"comment\"", vec![(Reads, "comment")]),
        ("select 1 from public.comment c", vec![(Reads, "comment")]),
        (
            "select f(a, b) from (select x from run, comment) y, member m where a is distinct from b",
            vec![(Reads, "run"), (Reads, "comment"), (Reads, "member")],
        ),
        (
            "insert into run (stored, target) values (1, 2) on conflict do update set a = 1",
            vec![(Changes, "run")],
        ),
        (
            "update only run set a = 1 from target where b",
            vec![(Changes, "run"), (Reads, "target")],
        ),
        ("delete from run using target where b", vec![(Changes, "run"), (Reads, "target")]),
        ("select 1 from run for update of run", vec![(Reads, "run")]),
        ("table comment", vec![(Reads, "comment")]),
        ("copy comment to stdout", vec![(Changes, "comment")]),
        (
            "-- from nothing\nselect 'from comment' from lateral (select 1 from run) l",
            vec![(Reads, "run")],
        ),
    ] {
        let found = uses(sql);
        let found: Vec<_> = found.iter().map(|(does, name)| (*does, name.as_str())).collect();
        assert_eq!(found, expected, "{sql}");
    }
}

#[test]
fn texts_that_a_macro_puts_together_are_one() {
    let source = r##"
        f(concat!("select ", $key, " from run -- all
            where "), 'x', g!("a"));
        query(r#"select "x" from comment"#).bind("b\"c");
    "##;
    let found: Vec<_> = texts(source).into_iter().map(|it| it.text).collect();
    assert_eq!(found, ["select from run where", "a", "select \"x\" from comment", "b\\\"c"]);
    assert!(texts(source)[0].before.ends_with("concat!("));
    let asking =
        r#"concat!("delete from run where ", may_delete!("a", "b"), " returning ", other!("c"))"#;
    let found: Vec<_> = texts(asking).into_iter().map(|it| it.text).collect();
    assert_eq!(found, ["delete from run where may_delete(ab returning", "c"]);
}
