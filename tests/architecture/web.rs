//! The layout of the pages: which part of `web` may use which, who may name what a screen holds, where its template is, and
//! where addresses are written.

use crate::{
    functions::implementations,
    paths::Modules,
    reader::{Kind, bare, is_part_of_word, pieces},
    tree::{Texts, Tree, layer},
};

/// What each part may use of `web`, besides itself. A screen uses no other one; what several show is in `screens/shared`.
fn allowed(part: &str) -> &'static [&'static str] {
    match part {
        "paths" => &[],
        "widgets" => &["paths"],
        "frame" => &["paths", "state", "widgets"],
        "door" => &["frame", "paths", "state", "widgets"],
        "state" => &["door", "frame"],
        "screens/shared" => &["door", "frame", "paths", "state", "widgets"],
        "api" | "screens" => &["door", "frame", "paths", "screens/shared", "state", "widgets"],
        _ => &[
            "api",
            "door",
            "frame",
            "health",
            "paths",
            "screens",
            "screens/shared",
            "state",
            "widgets",
        ],
    }
}

/// Layers that these parts may use; the others use what the layer `web` may.
const FEWER_LAYERS: [(&str, &[&str]); 2] =
    [("paths", &["domain"]), ("widgets", &["domain", "forms"])];

/// The part of `web` in which a file is: a folder, or the file itself; for a screen with the name of its subject.
fn part(file: &str) -> Option<(&str, &str)> {
    let below = file.strip_prefix("web/")?;
    let words: Vec<_> = below.trim_end_matches(".rs").split('/').collect();
    Some(match words[..] {
        ["screens", "shared", ..] => ("screens/shared", ""),
        ["screens", subject, ..] if subject != "mod" => ("screens", subject),
        [part, ..] => (part, ""),
        [] => ("", ""),
    })
}

/// What a part of `web` uses that it may not.
fn ways_up(programs: &Texts) -> Vec<String> {
    let modules = Modules::of(programs);
    let mut found = Vec::new();
    for (file, others) in modules.named_files() {
        let Some(own) = part(file) else { continue };
        let fewer_layers = FEWER_LAYERS.iter().find(|(part, _)| *part == own.0);
        found.extend(others.into_iter().filter_map(|other| {
            let is_allowed = match part(other) {
                Some(used) => used == own || allowed(own.0).contains(&used.0) && used.0 != "mod",
                None => fewer_layers.is_none_or(|(_, layers)| layers.contains(&layer(other))),
            };
            (!is_allowed).then(|| format!("src/{file} may not use src/{other}"))
        }));
    }
    found
}

/// What a screen lets others name, which may name its handlers and what these take from a request. What several subjects use
/// is in `screens/shared`.
fn too_public(programs: &Texts) -> Vec<String> {
    let routes: String = programs["web/routes.rs"].split_whitespace().collect();
    let mut found = Vec::new();
    for (file, source) in programs.iter().filter(|(file, _)| file.starts_with("web/screens/")) {
        let bare = bare(source);
        let module = file.trim_start_matches("web/screens/").trim_end_matches(".rs");
        let module = module.replace('/', "::");
        let taken = from_requests(&bare);
        let is_for_all = |item: &str| {
            let (kind, name) = item.split_once([' ', '<']).unwrap_or_default();
            let name: String = name
                .trim_start_matches("fn ")
                .chars()
                .take_while(|c| is_part_of_word(*c))
                .collect();
            match kind {
                "async" => routes.contains(&format!("({module}::{name})")),
                "struct" => taken.contains(&name),
                kind => kind == "mod",
            }
        };
        let pubs = bare.match_indices("pub").filter(|(at, _)| {
            !bare[..*at].ends_with(is_part_of_word) && !bare[at + 3..].starts_with(is_part_of_word)
        });
        for (at, _) in pubs {
            let words = bare[at..].split_whitespace().take(6).collect::<Vec<_>>().join(" ");
            let is_fine = match words.strip_prefix("pub(in crate::web) ") {
                Some(item) => module.starts_with("shared::") || is_for_all(item),
                None => words.starts_with("pub(super)"),
            };
            found.extend((!is_fine).then(|| format!("src/{file}: {words}")));
        }
    }
    found
}

/// Types of a source that handlers take from a request.
fn from_requests(bare: &str) -> Vec<String> {
    let name = |rest: &str| rest.chars().take_while(|c| is_part_of_word(*c)).collect::<String>();
    let derived = bare.split("derive(FromRequestParts)").skip(1);
    let derived = derived.filter_map(|rest| Some(name(rest.split_once("struct ")?.1)));
    let heads = implementations(bare).into_iter().map(|(head, _, _)| head);
    let heads = heads.filter(|head| head.contains("FromRequestParts"));
    let implemented = heads.filter_map(|head| Some(name(head.split_once(" for ")?.1)));
    derived.chain(implemented).collect()
}

/// Templates that do not stand where the file that draws them does: the first of a page has its path, all have its folder.
fn astray(programs: &Texts) -> Vec<String> {
    let mut found = Vec::new();
    for (file, source) in programs.iter().filter(|(file, _)| file.starts_with("web/")) {
        let own = file.trim_start_matches("web/").trim_end_matches(".rs");
        let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
        let templates = source.split("template(path = \"").skip(1);
        for (n, template) in templates.filter_map(|rest| rest.split('"').next()).enumerate() {
            // A file that answers nothing has parts of a page.
            let is_first_of_screen =
                n == 0 && own.starts_with("screens/") && source.contains("async fn ");
            let is_there = match template.rsplit_once('/') {
                _ if is_first_of_screen => template == format!("{own}.html"),
                Some((it, _)) => it == folder,
                None => folder.is_empty(),
            };
            found.extend((!is_there).then(|| format!("src/{file} draws templates/{template}")));
        }
    }
    found
}

/// Where addresses are written: as functions, as routes, and as the API documents them.
const WITH_ADDRESSES: [&str; 3] = ["web/paths.rs", "web/routes.rs", "web/api/"];

/// Addresses of ours that are written out elsewhere in `web`.
fn addresses(programs: &Texts) -> Vec<String> {
    let is_elsewhere = |file: &&String| {
        file.starts_with("web/") && !WITH_ADDRESSES.iter().any(|place| file.starts_with(place))
    };
    let mut found = Vec::new();
    for (file, source) in programs.iter().filter(|(file, _)| is_elsewhere(file)) {
        let texts = pieces(source).into_iter().filter(|(kind, _)| *kind == Kind::Text);
        let addresses = texts.map(|(_, range)| &source[range]).filter(|text| is_address(text));
        found.extend(addresses.map(|text| format!("src/{file}: {text}")));
    }
    found
}

/// Whether a literal is an address of ours, or a part of one behind a value.
fn is_address(literal: &str) -> bool {
    let text = literal.trim_matches('"');
    let is_whole = text
        .strip_prefix('/')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '{'));
    let is_below = text.split('}').skip(1).any(|rest| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let word = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or_default();
        word > 0 && rest[word..].starts_with('/')
    });
    is_whole || is_below
}

#[test]
fn a_part_of_web_uses_only_what_lies_below_it() {
    let found = ways_up(&Tree::read().programs);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_screen_shows_its_handlers_and_nothing_else() {
    let found = too_public(&Tree::read().programs);
    assert!(found.is_empty(), "pub(super), or move it to screens/shared: {found:#?}");
}

#[test]
fn the_template_of_a_screen_has_its_path() {
    let found = astray(&Tree::read().programs);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn addresses_are_written_in_one_place() {
    let found = addresses(&Tree::read().programs);
    assert!(found.is_empty(), "add a constant or a function to src/web/paths.rs: {found:#?}");
}

/// What a rule finds in a file of ours that is this.
fn seeded(file: &str, source: &str, rule: fn(&Texts) -> Vec<String>) -> Vec<String> {
    let mut tree = Tree::read();
    // What the others name takes time to read, and is not asked.
    let is_asked = |other: &str| other.ends_with("mod.rs") || other == "web/routes.rs";
    tree.programs.iter_mut().filter(|(other, _)| !is_asked(other)).for_each(|(_, it)| it.clear());
    tree.put(file, source);
    let file = format!("src/{file}");
    rule(&tree.programs).into_iter().filter(|complaint| complaint.starts_with(&file)).collect()
}

#[test]
fn a_way_up_is_found_however_it_is_written() {
    for (file, source, is_found) in [
        ("web/widgets/pager.rs", "use crate::web::frame::error::Error;", true),
        ("web/widgets/pager.rs", "use crate::storage::Storage;", true),
        ("web/widgets/pager.rs", "fn a() { crate::brokers::x() }", true),
        ("web/widgets/pager.rs", "use crate::{domain::run::Run, forms::Field, web::paths};", false),
        ("web/frame/site.rs", "use super::super::door::guard;", true),
        ("web/frame/site.rs", "use crate::web::{AppState, widgets::words};", false),
        ("web/door/guard.rs", "use crate::web::screens::home;", true),
        ("web/screens/run/list.rs", "use crate::web::screens::target;", true),
        ("web/screens/run/list.rs", "use super::super::target::list::x;", true),
        (
            "web/screens/run/list.rs",
            "use super::detail::x; use crate::web::screens::shared::share;",
            false,
        ),
        ("web/screens/shared/share.rs", "use crate::web::screens::run::list::x;", true),
        ("web/screens/run/list.rs", "use crate::web::routes::router;", true),
        ("web/paths.rs", "use crate::web::widgets::words::query_string;", true),
        ("web/state.rs", "use crate::web::screens::home;", true),
    ] {
        assert_eq!(!seeded(file, source, ways_up).is_empty(), is_found, "{file}: {source}");
    }
}

#[test]
fn what_a_screen_shows_too_much_is_found() {
    for (source, is_found) in [
        ("pub(crate) async fn get() {}", true),
        ("pub async fn get() {}", true),
        ("pub(in crate::web) fn helper() {}", true),
        ("pub(in crate::web) async fn helper() {}", true),
        ("pub(in crate::web) struct Row { name: String }", true),
        ("struct Row { pub name: String }", true),
        ("pub(in crate::web) const DAYS: u64 = 30;", true),
        ("pub(in crate::web) async fn get() {} pub(super) fn page() {}", false),
        ("#[derive(FromRequestParts)] pub(in crate::web) struct Visit { pub(super) a: A }", false),
        ("pub(in crate::web) struct Id(i64); impl<S> FromRequestParts<S> for Id {}", false),
        ("#[cfg(test)] pub fn samples() {} fn public() {} // pub fn", false),
    ] {
        let found = seeded("web/screens/run/list.rs", source, too_public);
        assert_eq!(!found.is_empty(), is_found, "{source}");
        let found = seeded("web/screens/shared/share.rs", source, too_public);
        let is_shared = source.starts_with("pub(in crate::web)");
        assert_eq!(!found.is_empty(), is_found && !is_shared, "shared: {source}");
    }
}

#[test]
fn a_template_that_stands_elsewhere_is_found() {
    for (file, templates, is_found) in [
        (
            "web/screens/run/list.rs",
            &["screens/run/list.html", "screens/run/title.html"][..],
            false,
        ),
        ("web/screens/run/list.rs", &["screens/run/detail.html"], true),
        ("web/screens/run/list.rs", &["screens/run/list.html", "widgets/time.html"], true),
        ("web/screens/home.rs", &["home.html"], true),
        ("web/frame/confirm.rs", &["door/send_again.html"], true),
        ("web/frame/confirm.rs", &["frame/page.html"], false),
    ] {
        let of = |path: &&str| {
            format!(
                "#[derive(Template)]\n#[template(path = \"{path}\")]\nstruct A;\nasync fn get() {{}}\n"
            )
        };
        let source: String = templates.iter().map(of).collect();
        assert_eq!(!seeded(file, &source, astray).is_empty(), is_found, "{file}: {templates:?}");
    }
}

#[test]
fn an_address_that_is_written_out_is_found() {
    for (source, is_found) in [
        ("link(\"Runs\", \"/runs/\")", true),
        ("format!(\"/runs/{id}/\")", true),
        ("format!(\"/{folder}/\")", true),
        ("format!(\"{home}packet/\")", true),
        ("format!(\"{}history/?before={}\", home, 1)", true),
        ("path.starts_with(\"/api/\")", true),
        ("format!(\"{}{}\", paths::RUNS, query_string(&pairs))", false),
        ("paths::query(id, \"copy/\"); next == \"/\"; \"/\\\\evil\"", false),
        ("\"Firefox/\"; \"image/png\"; \"{n} and/or more\"; \"//cdn\" // \"/runs/\"", false),
        ("#[cfg(test)] mod tests { const A: &str = \"/runs/\"; }", false),
    ] {
        let found = seeded("web/screens/run/list.rs", source, addresses);
        assert_eq!(!found.is_empty(), is_found, "{source}");
    }
}
