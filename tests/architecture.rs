//! The rules of the code's layout, as tests: which layer may use which, who may name which crate, how files open.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Every Rust file of the crate, by its path below `src/`.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 50, "the sources were not found");
    files
}

/// The layer of a file: its first folder, or its name for a file directly in `src/`.
fn layer(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The part of a file that is compiled into the program, without comments.
fn code(text: &str) -> String {
    let program = text.split("#[cfg(test)]").next().unwrap();
    program
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Layers that a file's code names, by `crate::layer` or inside `use crate::{layer…}`.
fn layers_named(code: &str, layers: &[&str]) -> Vec<String> {
    let mut named = Vec::new();
    for layer in layers {
        let direct = format!("crate::{layer}");
        let is_word = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_direct =
            code.match_indices(&direct).any(|(at, _)| is_word(&code[at + direct.len()..]));
        let is_listed = code.match_indices("use crate::{").any(|(at, _)| {
            let mut depth = 0;
            let mut words = Vec::new();
            let mut word = String::new();
            for c in code[at + "use crate::".len()..].chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    c if depth == 1 && (c.is_alphanumeric() || c == '_') => {
                        word.push(c);
                        continue;
                    }
                    _ => {}
                }
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if depth == 0 {
                    break;
                }
            }
            words.iter().any(|word| word == layer)
        });
        if is_direct || is_listed {
            named.push((*layer).to_owned());
        }
    }
    named
}

const LAYERS: [&str; 14] = [
    "actions",
    "app",
    "brokers",
    "clock",
    "config",
    "domain",
    "forms",
    "google",
    "local_postgres",
    "packets",
    "simulate",
    "storage",
    "telemetry",
    "web",
];

/// What each layer may use of ours, besides itself.
fn allowed(layer: &str) -> &'static [&'static str] {
    match layer {
        "packets" | "storage" | "google" => &["domain"],
        "simulate" => &["domain", "google"],
        "brokers" => &["domain", "forms", "google", "packets"],
        "actions" => &["brokers", "clock", "domain", "forms", "google", "storage"],
        "web" => {
            &["actions", "brokers", "clock", "domain", "forms", "google", "packets", "storage"]
        }
        "config" => &["google", "local_postgres"],
        "telemetry" => &["config"],
        "app" | "main" | "lib" => &LAYERS,
        _ => &[],
    }
}

#[test]
fn layers_use_only_what_lies_below_them() {
    for (name, text) in sources() {
        let own = layer(&name);
        for used in layers_named(&code(&text), &LAYERS) {
            assert!(
                used == own || allowed(own).contains(&used.as_str()),
                "src/{name}: the layer {own} may not use {used}"
            );
        }
    }
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let owners: [(&str, &[&str]); 7] = [
        ("axum", &["web"]),
        ("askama", &["web"]),
        ("sqlx", &["storage", "app", "local_postgres"]),
        ("clap", &["config", "main"]),
        ("apache_avro", &["packets", "simulate"]),
        ("tar", &["brokers", "simulate"]),
        ("google_cloud_auth", &["google"]),
    ];
    for (name, text) in sources() {
        let code = code(&text);
        for (krate, layers) in owners {
            let names_it = code.contains(&format!("use {krate}::"))
                || code.contains(&format!(" {krate}::"))
                || code.contains(&format!("({krate}::"));
            assert!(!names_it || layers.contains(&layer(&name)), "src/{name} may not name {krate}");
        }
    }
}

#[test]
fn only_storage_can_prove_that_something_is_kept() {
    for (name, text) in sources() {
        let makes_proof = code(&text).contains("Kept::after_commit(");
        assert!(
            !makes_proof || layer(&name) == "storage",
            "src/{name} claims that something is committed"
        );
    }
}

#[test]
fn files_say_what_lives_in_them_and_stay_short() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "src/{name} does not open with //!");
        let program = text.split("#[cfg(test)]").next().unwrap().lines().count();
        assert!(program <= 360, "src/{name} has {program} lines: is it one thing?");
    }
}

#[test]
fn nothing_is_marked_safe_for_html_by_hand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut folders = vec![root];
    let mut n_templates = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            n_templates += 1;
            let text = fs::read_to_string(&path).unwrap();
            for forbidden in
                ["|safe", "| safe", " style=", " onclick=", "<style", "http://", "//cdn"]
            {
                assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
            }
        }
    }
    assert!(n_templates > 10);
}

/// Files of the storage that hold what members make, and who they are.
const FILES_OF_THE_TEAM: [&str; 18] = [
    "alerts",
    "api_tokens",
    "groups",
    "history",
    "invitations",
    "listener_changes",
    "listeners",
    "results",
    "runs",
    "saved_queries",
    "query_lists",
    "selections",
    "sharing",
    "target_lists",
    "target_saves",
    "targets",
    "team",
    "unreadable",
];

/// Public functions of those files that take no scope, and why none is needed.
const WITHOUT_A_SCOPE: [(&str, &str); 5] = [
    ("tell_of", "tells of somebody who is not in"),
    ("bearer_of", "finds out who asks"),
    ("find_invitation", "is asked before sign-in, by whoever has the link"),
    ("prune_alerts", "nobody asks for it: it tidies up"),
    ("list_sources", "an alert is the survey's: its address is no secret in the team"),
];

/// Functions that take a scope and look at nothing of it: that somebody is in is enough.
const FOR_WHOEVER_IS_IN: [&str; 3] = ["list_groups", "find_group", "list_members"];

fn storage_file(name: &str) -> String {
    let files = sources();
    code(files.get(&format!("storage/{name}.rs")).unwrap_or_else(|| panic!("no storage/{name}.rs")))
}

/// Name and parameters of every public function of a file.
fn public_functions(code: &str) -> Vec<(&str, &str)> {
    let functions = code.split("pub async fn ").skip(1);
    functions
        .map(|text| {
            let (name, rest) = text.split_once('(').unwrap();
            (name, rest.split_once(')').unwrap().0)
        })
        .collect()
}

#[test]
fn whatever_the_storage_shows_or_changes_of_the_team_is_asked_for_by_somebody() {
    let mut excused = BTreeMap::new();
    let mut n_functions = 0;
    for file in FILES_OF_THE_TEAM {
        for (name, parameters) in public_functions(&storage_file(file)) {
            n_functions += 1;
            let is_unused = parameters.contains("_: &TeamScope");
            if let Some((name, why)) = WITHOUT_A_SCOPE.iter().find(|(it, _)| *it == name) {
                assert!(!parameters.contains("&TeamScope"), "{name} needs no excuse ({why})");
                excused.insert(*name, why);
                continue;
            }
            assert!(
                parameters.contains("scope: &TeamScope") || is_unused,
                "storage/{file}.rs: {name} does not ask who wants it"
            );
            assert_eq!(
                is_unused,
                FOR_WHOEVER_IS_IN.contains(&name),
                "storage/{file}.rs: {name} does not look at who asks"
            );
        }
    }
    assert_eq!(excused.len(), WITHOUT_A_SCOPE.len(), "an excuse that nobody needs: {excused:?}");
    assert!(n_functions >= 50, "{n_functions}");
}

/// Tables of what members make.
const TABLES_OF_THE_TEAM: [&str; 10] = [
    "saved_query",
    "listener",
    "run",
    "run_alert",
    "run_log",
    "run_selection",
    "unreadable",
    "target",
    "target_name",
    "target_alert",
];

/// Macros whose own text asks who may read; what is given to them is part of it.
const MACROS_THAT_ASK: [&str; 5] =
    ["select_queries!(", "select_runs!(", "select_targets!(", "page!(", "in_cone!(),"];

/// Statements that name such a table and ask for no right, by file and beginning, and why they need none.
const STATEMENTS_WITHOUT_A_RIGHT: &[(&str, &str, &str)] = &[
    ("alerts", "select a.id from alert a where a.received <", "alerts that are pruned"),
    (
        "alerts",
        "delete from alert a where a.id = any(",
        "tidies up: what a run of today found stays",
    ),
    (
        "groups",
        "update saved_query set owner_id = $2",
        "its owner has left, who asks leads the group",
    ),
    ("groups", "update target set created_by = $2", "its owner has left, who asks leads the group"),
    ("groups", "update saved_query set readers = array_remove", "takes a group away that is gone"),
    ("groups", "update run set readers = array_remove", "takes a group away that is gone"),
    ("groups", "update target set readers = array_remove", "takes a group away that is gone"),
    (
        "listener_changes",
        "insert into listener (",
        "of a query that they may change, which is locked",
    ),
    (
        "listener_changes",
        "update listener set state = 'paused'",
        "of a query that they may change, which is locked",
    ),
    (
        "listener_changes",
        "delete from listener where saved_query_id",
        "of a query that they may change, which is locked",
    ),
    (
        "listener_changes",
        "update listener set next_try = null where saved_query_id",
        "of a query that they may change, which is locked",
    ),
    ("listener_changes", "select count(*) from listener where started_by = $1", "one's own"),
    (
        "listener_changes",
        "update listener l set state = 'paused'",
        "of a run that they may change, in the same transaction",
    ),
    (
        "listener_changes",
        "update listener set next_try = null where started_by",
        "of one who has just mended what they lacked",
    ),
    ("runs", "insert into run (", "makes one's own"),
    ("saved_queries", "insert into saved_query (", "makes one's own"),
    (
        "selections",
        "delete from run_selection where run_id = $1 and member_id = $2",
        "one's own ticks",
    ),
    (
        "selections",
        "select count(*) from run_selection where run_id = $1 and member_id = $2",
        "one's own ticks",
    ),
    ("selections", "analyze run_selection", "tells the planner"),
    (
        "sharing",
        "update saved_query set readers = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "sharing",
        "update run set readers = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "sharing",
        "update target set readers = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "target_names",
        "select name_key, is_primary from target_name where target_id = $1",
        "of a target that is locked",
    ),
    ("target_names", "delete from target_name where target_id = $1", "of a target that is locked"),
    (
        "target_names",
        "select exists ( select from target t join target_name n",
        "of a target that is locked",
    ),
    ("target_saves", "insert into target_alert (", "of a target that was just made, or asked for"),
    ("targets", "insert into target (", "makes one's own"),
    (
        "targets",
        "update target set ra = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "team",
        "update run set cancel_requested = true where started_by = $1",
        "the runs of one who is out",
    ),
    ("unreadable", "insert into unreadable (", "the run that is being worked on"),
];

/// Files whose statements nobody at a browser or with a token reaches: the work of runs and listeners, the turn of a run, and
/// what it costs. (Only `runs_ahead` is asked for a page: how many runs stand before one that the reader has found.)
const FILES_OF_THE_WORK: [&str; 5] =
    ["batches", "budget", "listener_work", "run_queue", "run_work"];

/// Texts of a file, each with what stands before it; those that a macro puts together count as one.
fn texts(code: &str) -> Vec<(String, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' || (at > 0 && bytes[at - 1] == b'\'') {
            at += 1;
            continue;
        }
        let begin = at;
        at += 1;
        while bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at += 1;
        let text = &code[begin + 1..at - 1];
        match found.last_mut() {
            Some((first, end, before))
                if code[..*first].trim_end().ends_with("!(") && is_glue(&code[*end..begin]) =>
            {
                before.push_str(text);
                *end = at;
            }
            _ => found.push((begin, at, text.to_owned())),
        }
    }
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    found
        .into_iter()
        .map(|(begin, _, text)| (code[..begin].trim_end().to_owned(), spaced(&text)))
        .collect()
}

/// Whether only commas, names of a macro's arguments and the like stand between two texts.
fn is_glue(between: &str) -> bool {
    between.contains(',')
        && between.split([',', ' ', '\n', '(', ')']).all(|word| {
            word.is_empty()
                || word == "+"
                || word == "$"
                || word.starts_with('$')
                || word == "concat!"
        })
}

/// Whether a statement reads or changes one of these tables.
fn names_a_table(text: &str, tables: &[&str]) -> bool {
    let words: Vec<&str> =
        text.split([' ', '(', ')', ',', ';']).filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| {
        ["from", "join", "update", "into", "using", "analyze"].contains(&pair[0])
            && tables.contains(&pair[1])
    })
}

#[test]
fn no_statement_goes_around_the_question_who_may() {
    let mut excused = std::collections::BTreeSet::new();
    let mut n_that_ask = 0;
    for (name, text) in sources() {
        let Some(file) = name.strip_prefix("storage/").and_then(|name| name.strip_suffix(".rs"))
        else {
            continue;
        };
        if FILES_OF_THE_WORK.contains(&file) {
            continue;
        }
        for (before, text) in texts(&code(&text)) {
            if !names_a_table(&text, &TABLES_OF_THE_TEAM) {
                continue;
            }
            let given_to = before.trim_end_matches("concat!(").trim_end();
            let asks = text.contains("may_read(") || text.contains("may_change(");
            if asks || MACROS_THAT_ASK.iter().any(|it| given_to.ends_with(it)) {
                n_that_ask += 1;
                continue;
            }
            let excuse = STATEMENTS_WITHOUT_A_RIGHT
                .iter()
                .position(|(of, begins, _)| *of == file && text.starts_with(begins));
            let excuse = excuse.unwrap_or_else(|| panic!("{name} asks nobody's right: {text}"));
            excused.insert(excuse);
        }
    }
    assert_eq!(
        excused.len(),
        STATEMENTS_WITHOUT_A_RIGHT.len(),
        "excuses that nobody needs: {excused:?}"
    );
    assert!(n_that_ask >= 25, "{n_that_ask}");
}

#[test]
fn the_macros_that_ask_do_ask() {
    for (file, name) in [
        ("saved_queries", "select_queries"),
        ("runs", "select_runs"),
        ("targets", "select_targets"),
        ("target_lists", "in_cone"),
        ("results", "page"),
    ] {
        let code = storage_file(file);
        let (_, definition) = code.split_once(&format!("macro_rules! {name} {{")).unwrap();
        let definition = definition.split("\n}\n").next().unwrap();
        assert!(definition.contains("may_read("), "{name} of storage/{file}.rs does not ask");
    }
}

#[test]
fn transactions_are_begun_where_no_request_can_go_away_half_way() {
    let begin: Vec<_> = sources()
        .into_iter()
        .flat_map(|(name, text)| {
            let code = code(&text);
            let n = [".begin()", ".begin_with(", ".try_begin("]
                .iter()
                .map(|call| code.matches(call).count())
                .sum();
            vec![name; n]
        })
        .collect();
    assert_eq!(begin, ["storage/mod.rs"], "`Storage::in_transaction` is there for it");
}

#[test]
fn only_the_storage_says_who_somebody_is() {
    for (name, text) in sources() {
        let code = code(&text);
        for words in ["TeamScope::of_rows(", ".by_token("] {
            assert!(!code.contains(words) || layer(&name) == "storage", "src/{name} makes a scope");
        }
    }
}

#[test]
fn only_the_work_of_a_run_writes_to_a_run_without_being_asked_who_it_is() {
    let mut functions = vec!["keep_batch".to_owned(), "keep_batch_in_turn".to_owned()];
    for file in ["run_work", "listener_work"] {
        let work = storage_file(file);
        let names = public_functions(&work).into_iter().map(|(name, _)| name.to_owned());
        // The command line finds queries by name.
        functions.extend(names.filter(|name| name != "queries_named"));
    }
    let queue = storage_file("run_queue");
    let queue = public_functions(&queue).into_iter().map(|(name, _)| name.to_owned());
    // What a run waits for is told of a run that somebody has found.
    functions.extend(queue.filter(|name| name != "runs_ahead"));
    assert!(functions.len() >= 13, "{functions:?}");
    let workers =
        ["listen", "run_keeping", "run_log", "run_query", "run_queue", "run_watch", "run_work"];
    for (name, text) in sources() {
        let is_worker = workers.iter().any(|file| name == format!("actions/{file}.rs"));
        if layer(&name) == "storage" || is_worker {
            continue;
        }
        let code = code(&text);
        for function in &functions {
            assert!(!code.contains(&format!(".{function}(")), "src/{name} calls {function}");
        }
    }
}

/// Names of variables of ours in a text.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let ours = ["TOM_ALERTS_", "PITTGOOGLE_", "GOOGLE_", "PUBSUB_", "BIGQUERY_"];
    text.split(|c| !is_part(c))
        .filter(|word| ours.iter().any(|one| word.starts_with(one)))
        .collect()
}

#[test]
fn the_deployment_names_only_settings_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let settings: String = sources()
        .into_iter()
        .filter(|(name, _)| layer(name) == "config")
        .map(|(_, text)| text)
        .collect();
    // What the example and the tests read themselves.
    let others = ["TOM_ALERTS_ARCHIVE_FOLDER", "TOM_ALERTS_RESTARTS"];
    let mut n_named = 0;
    for file in ["compose.yaml", "Caddyfile", "README.md"] {
        let text = read(&format!("docs/deployment/{file}"));
        for variable in variables(&text) {
            n_named += 1;
            let is_setting = settings.contains(&format!("env = \"{variable}\""));
            assert!(is_setting || others.contains(&variable), "{file} names {variable}");
        }
    }
    assert!(n_named > 15, "{n_named}");
}
