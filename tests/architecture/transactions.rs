//! Transactions are begun at one place, committed by whoever begins them, and never within a request that may go away:
//! what may change something is answered in a task of its own, and nothing else begins one.

use std::collections::BTreeSet;

use crate::{
    calls::Code,
    functions::{Function, functions},
    reader::is_part_of_word,
    tree::Tree,
};

/// How a transaction of ours is begun.
const BEGINNINGS: [&str; 2] = ["begin_on(", ".begin_as("];

/// The layer that answers what may change something in a task of its own.
const OWN_TASK: &str = "from_fn(own_task::finish_changes)";

/// The only GET that changes something: the way back from the provider. The layer knows it.
const CHANGING_GET: &str = "callback::get";

/// Everything that is wrong, in sentences.
fn complaints(tree: &Tree) -> Vec<String> {
    [begun_elsewhere, not_committed, not_in_own_task, begun_by_get]
        .into_iter()
        .flat_map(|rule| rule(tree))
        .collect()
}

/// sqlx's own `begin` is not safe to cancel: only `begin_on` calls it.
fn begun_elsewhere(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut n_allowed = 0;
    for (file, code) in &tree.programs {
        let calls = [".begin()", ".begin_with(", ".try_begin(", "Transaction::begin("];
        for call in calls {
            for (at, _) in code.match_indices(call) {
                let is_place = file == "storage/mod.rs"
                    && code[..at].rsplit("fn ").next().unwrap_or_default().starts_with("begin_on(");
                n_allowed += usize::from(is_place);
                if !is_place || n_allowed > 1 {
                    complaints.push(format!("src/{file}: `begin_on` is there to begin one"));
                }
            }
        }
    }
    if n_allowed == 0 {
        complaints.push("storage/mod.rs: `begin_on` begins none".to_owned());
    }
    complaints
}

/// A transaction that nobody commits is rolled back without a word.
fn not_committed(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (file, code) in tree.storage() {
        for function in functions(code) {
            let hands_it_out = ["begin_on", "begin_as"].contains(&function.name.as_str());
            let commits = function.body.contains(".commit().await?");
            if begins(&function) && !hands_it_out && !commits {
                complaints.push(format!("storage/{file}.rs: {} commits nothing", function.name));
            }
        }
    }
    complaints
}

fn begins(function: &Function) -> bool {
    BEGINNINGS.iter().any(|begin| function.body.contains(begin))
}

/// Every route is below the layer, and the limit of time, which drops what it stops, is above it.
fn not_in_own_task(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    let with_routes: Vec<&str> = tree
        .programs
        .iter()
        .filter(|(_, code)| code.contains(".route("))
        .map(|(file, _)| file.as_str())
        .collect();
    if with_routes != ["web/api/mod.rs", "web/routes.rs"] {
        complaints.push(format!("routes are made in {with_routes:?}: are they all in `router`?"));
    }
    let code = tree.programs.get("web/routes.rs").map_or("", String::as_str);
    let router = functions(code).into_iter().find(|it| it.name == "router" && it.is_public);
    let body = router.map(|it| it.body).unwrap_or_default();
    let (below, above) = body.split_once(&format!(".layer({OWN_TASK})")).unwrap_or(("", &body));
    if below.is_empty() {
        return vec!["web/routes.rs: `router` answers nothing in a task of its own".to_owned()];
    }
    for routes in [".route(", ".merge(", ".nest(", ".fallback(", "_service("] {
        if above.contains(routes) {
            complaints.push(format!("web/routes.rs: `{routes}` stands above the own tasks"));
        }
    }
    let limits = code.matches("limit_time)").count();
    if !above.contains("limit_time)") || limits != 1 {
        complaints.push("web/routes.rs: the limit of time stands once, above the own tasks".into());
    }
    complaints
}

/// A GET is dropped where its client goes away: it begins no transaction.
fn begun_by_get(tree: &Tree) -> Vec<String> {
    let code = Code::of(tree);
    let beginning = code.leading_to(begins);
    let mut complaints = Vec::new();
    let mut handlers = BTreeSet::new();
    for file in ["web/routes.rs", "web/api/mod.rs"] {
        let routes = tree.programs.get(file).map_or("", String::as_str);
        let routes: String = routes.split_whitespace().collect();
        for (at, _) in routes.match_indices("get(") {
            if routes[..at].ends_with(is_part_of_word) {
                continue;
            }
            let path = routes[at + "get(".len()..].split(')').next().unwrap();
            handlers.insert((file, path.to_owned()));
        }
    }
    for (file, path) in handlers {
        let Some(handler) = code.handler(file, &path) else {
            complaints.push(format!("src/{file}: there is no {path}"));
            continue;
        };
        match (beginning.contains(&handler), path.ends_with(CHANGING_GET)) {
            (true, false) => {
                complaints.push(format!("src/{file}: {path} begins a transaction within a GET"));
            }
            (false, true) => complaints.push(format!("src/{file}: {path} changes nothing")),
            _ => {}
        }
    }
    complaints
}

#[test]
fn transactions_are_begun_where_no_request_can_go_away_half_way() {
    let complaints = complaints(&Tree::read());
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// The tree with a text of one file replaced.
fn with(file: &str, old: &str, new: &str) -> Tree {
    let mut tree = Tree::read();
    let source = tree.programs[file].clone();
    assert!(source.contains(old), "{file} has no {old}");
    tree.put(file, &source.replacen(old, new, 1));
    tree
}

/// A rule.
type Rule = fn(&Tree) -> Vec<String>;

#[test]
fn a_fault_in_how_transactions_are_begun_is_found() {
    let layered = ".layer(from_fn(own_task::finish_changes))";
    let late = &format!("{layered}.route(\"/late/\", post(late))");
    let limited = ".layer(from_fn_with_state(state.timing(), limit_time))";
    let machines = "fn machines() -> Router<AppState> {";
    let seeded = &format!("{machines} Router::new().route(\"/seeded/\", get(seeded::get));");
    let saves = "storage/target_saves.rs";
    let faults: [(Rule, &str, &str, &str, &str); 8] = [
        (begun_elsewhere, saves, "self.begin_as(by)", "self.pool.begin()", "src/storage/target_s"),
        (begun_elsewhere, "storage/mod.rs", "pool.begin()", "pool.acquire()", "storage/mod.rs: "),
        (not_committed, saves, "tx.commit().await?;", "", "storage/target_saves.rs: try_to_save"),
        (not_in_own_task, "web/routes.rs", layered, "", "web/routes.rs: `router` answers nothing"),
        (not_in_own_task, "web/routes.rs", layered, late, "web/routes.rs: `.route(` stands above"),
        (not_in_own_task, "web/routes.rs", limited, "", "web/routes.rs: the limit of time stands"),
        (not_in_own_task, "web/health.rs", "use ", "fn a() { b.route(c) } use ", "routes are made"),
        (begun_by_get, "web/routes.rs", machines, seeded, "src/web/routes.rs: seeded::get begins"),
    ];
    for (rule, file, old, new, expected) in faults {
        let mut tree = with(file, old, new);
        let page =
            "async fn get(it: &Storage) { show(it) } fn show(it: &Storage) { save_targets(it) }";
        tree.put("web/seeded.rs", page);
        let found = rule(&tree);
        let is_found = found.len() == 1 && found[0].starts_with(expected);
        assert!(is_found, "{found:#?}, and not {expected}");
    }
}
