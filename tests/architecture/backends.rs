//! Pages, the API and actions know no backend by its name: whatever they want to know of one they ask the trait `Broker`.

use crate::{
    functions::implementations,
    reader::{Kind, bare, is_part_of_word, pieces, program},
    tree::{Tree, layer},
};

/// Layers that know backends by the trait alone.
const ASK_THE_TRAIT: [&str; 2] = ["actions", "web"];

/// What each backend says its id is, by the type that is one.
fn ids(tree: &Tree) -> Vec<(String, Option<String>)> {
    let sources = tree.programs.iter().filter(|(path, _)| layer(path) == "brokers");
    let of_source = |source: &String| {
        let blocks = implementations(&bare(source));
        let backends = blocks.into_iter().filter(|(head, _, _)| head.starts_with("Broker for "));
        backends.map(|(head, open, end)| (head, id_in(&source[open..end]))).collect::<Vec<_>>()
    };
    sources.flat_map(|(_, source)| of_source(source)).collect()
}

/// The first text behind `fn id(`.
fn id_in(block: &str) -> Option<String> {
    let (_, behind) = block.split_once("fn id(")?;
    texts(behind).next().map(str::to_owned)
}

/// What stands between the quotes of each text.
fn texts(source: &str) -> impl Iterator<Item = &str> {
    let literals = pieces(source).into_iter().filter(|(kind, _)| *kind == Kind::Text);
    literals.filter_map(|(_, range)| {
        let (_, inside) = source[range].split_once('"')?;
        Some(inside.rsplit_once('"')?.0)
    })
}

/// Whether a text names a backend: it is the id, or what the ids of several begin with, or has the id as a value or as a
/// part of an address. A word of a sentence does not, unless it can only be an id.
fn names(text: &str, id: &str) -> bool {
    let is_beginning = text.ends_with('-') && id.starts_with(text);
    let is_within = text.match_indices(id).any(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + id.len()..]);
        let is_part = |c: char| is_part_of_word(c) || c == '-';
        let is_word = !before.ends_with(is_part) && !behind.starts_with(is_part);
        is_word
            && (id.contains('-') || before.is_empty() || before.ends_with(['=', '/', '"']))
            && (id.contains('-') || !behind.starts_with(' '))
    });
    is_beginning || is_within
}

/// Whether a file is part of the program: it and all that enclose it are declared outside of tests.
fn is_in_program(tree: &Tree, path: &str) -> bool {
    let module = path.strip_suffix("/mod.rs").or_else(|| path.strip_suffix(".rs")).unwrap();
    let Some((folder, name)) = module.rsplit_once('/') else { return true };
    let declaration = format!("mod {name};");
    [format!("{folder}.rs"), format!("{folder}/mod.rs")].iter().any(|parent| {
        let declares = |text: &String| {
            let mut found = text.match_indices(&declaration);
            found.any(|(at, _)| !text[..at].ends_with(is_part_of_word))
        };
        tree.programs.get(parent).is_some_and(declares) && is_in_program(tree, parent)
    })
}

/// Texts of a source that name one of these backends.
fn named_in<'s>(source: &'s str, ids: &[String]) -> Vec<&'s str> {
    texts(source).filter(|text| ids.iter().any(|id| names(text, id))).collect()
}

/// Files that name a backend, each with the texts that do.
fn known_by_name(tree: &Tree) -> Vec<(&str, Vec<&str>)> {
    let ids: Vec<String> = ids(tree).into_iter().filter_map(|(_, id)| id).collect();
    let asking = tree.programs.iter().filter(|(path, _)| ASK_THE_TRAIT.contains(&layer(path)));
    let named = asking.map(|(path, source)| (path.as_str(), named_in(source, &ids)));
    named.filter(|(path, texts)| !texts.is_empty() && is_in_program(tree, path)).collect()
}

#[test]
fn every_backend_says_its_id() {
    let ids = ids(&Tree::read());
    assert!(ids.len() >= 4, "{ids:?}");
    assert!(ids.iter().all(|(_, id)| id.as_ref().is_some_and(|id| id.len() > 2)), "{ids:?}");
}

#[test]
fn pages_and_actions_know_no_backend_by_its_name() {
    let tree = Tree::read();
    let found = known_by_name(&tree);
    assert!(found.is_empty(), "ask the trait Broker instead: {found:#?}");
}

#[test]
fn a_page_that_knows_a_backend_by_its_name_is_found() {
    let ids: Vec<String> = ids(&Tree::read()).into_iter().filter_map(|(_, id)| id).collect();
    for (code, is_found) in [
        ("brokers.find(\"archive\")", true),
        ("run.broker.starts_with(\"stream-\")", true),
        ("match id { \"stream-rest\" | \"x\" => 1 }", true),
        ("\"/alerts/query/create/?broker=database&x=1\"", true),
        ("\"/alerts/archive/upload/\"", true),
        (r##"r#"{"broker": "database"}"#"##, true),
        ("\"as stream-client does\"", true),
        ("\"The database did not answer\"", false),
        ("\"database is busy\"", false),
        ("\"archives\"", false),
        ("archive::SIMULATED_NIGHT // \"archive\"", false),
        ("1; #[cfg(test)] mod tests { const A: &str = \"archive\"; }", false),
    ] {
        assert_eq!(!named_in(&program(code), &ids).is_empty(), is_found, "{code}");
    }
}

#[test]
fn a_new_backend_is_known_by_its_name_too_and_what_is_for_tests_is_passed_over() {
    let mut tree = Tree::read();
    let backend = "impl Broker for Fink { fn id(&self) -> &'static str { \"fink\" } }";
    tree.put("brokers/fink/mod.rs", backend);
    let declared = |attribute: &str| {
        let mut tree = tree.clone();
        tree.put("web/state.rs", &format!("{attribute} mod seeded;"));
        tree.put("web/state/seeded.rs", "const ID: &str = \"fink\";");
        known_by_name(&tree).len()
    };
    assert_eq!((declared(""), declared("#[cfg(test)]")), (1, 0));
}
