//! No statement on the team's tables goes around the question who may.

use std::collections::BTreeMap;

use super::{Complaints, Lists, Right};
use crate::{
    statements::{QUESTIONS, Text, Use, texts, uses},
    tree::Tree,
};

/// Functions of the database that say who may.
const RIGHTS: [&str; 2] = ["may_read(", "may_change("];

/// Statements that ask for no right and have no excuse, and excuses that not exactly one statement needs.
pub(super) fn unasked(tree: &Tree, lists: &Lists) -> Complaints {
    let mut complaints = Vec::new();
    let mut needed: BTreeMap<usize, u32> = BTreeMap::new();
    for (file, program) in tree.storage() {
        if program.contains("AssertSqlSafe") {
            complaints.push(format!("storage/{file}.rs puts a statement together as it runs"));
        }
        let defines = |name: &str| program.contains(&format!("macro_rules! {name} "));
        if file != "owned" && QUESTIONS.into_iter().any(defines) {
            complaints.push(format!("storage/{file}.rs asks another question by the same name"));
        }
        if lists.files_of_the_work.contains(&file) {
            continue;
        }
        for statement in texts(program) {
            if asks(lists, &statement) {
                continue;
            }
            let excuses = lists.without_a_right.iter();
            let excuse = excuses
                .clone()
                .position(|(of, begins, _)| *of == file && statement.text.starts_with(begins));
            match excuse {
                Some(excuse) => *needed.entry(excuse).or_default() += 1,
                None => complaints
                    .push(format!("storage/{file}.rs asks nobody's right: {}", statement.text)),
            }
        }
    }
    for (excuse, (file, begins, _)) in lists.without_a_right.iter().enumerate() {
        let n_statements = needed.get(&excuse).copied().unwrap_or_default();
        if n_statements != 1 {
            complaints
                .push(format!("{n_statements} statements need the excuse of {file}: {begins}"));
        }
    }
    let questions = QUESTIONS.map(|name| ("owned", name));
    let asking = lists.macros_that_ask.iter().chain(&questions);
    complaints.extend(asking.filter_map(|it| does_not_ask(tree, *it)));
    complaints
}

/// Whether a statement asks for each table of the team that it names.
fn asks(lists: &Lists, statement: &Text) -> bool {
    let given_to = statement.before.trim_end_matches("concat!(").trim_end().trim_end_matches(',');
    let is_part_of_one_that_asks = lists.macros_that_ask.iter().any(|(_, name)| {
        given_to.ends_with(&format!("{name}!(")) || given_to.ends_with(&format!("{name}!()"))
    });
    is_part_of_one_that_asks
        || uses(&statement.text).into_iter().all(|(does, table)| {
            let of_the_team = lists.team_tables.iter().find(|(name, _)| *name == table);
            match of_the_team.map(|(_, right)| right) {
                None => true,
                Some(Right::Shared) => {
                    RIGHTS.iter().any(|right| statement.text.contains(right))
                        || QUESTIONS.iter().any(|it| statement.text.contains(&format!("{it}(")))
                }
                Some(Right::Own) => statement.text.contains("member_id = $"),
                Some(Right::ReadByAll(_)) => does == Use::Reads,
                Some(Right::Excused) => false,
            }
        })
}

fn does_not_ask(tree: &Tree, (file, name): (&str, &str)) -> Option<String> {
    let code = tree.storage().find(|(it, _)| *it == file).map(|(_, code)| code);
    let asks = code
        .and_then(|code| code.split_once(&format!("macro_rules! {name} {{")))
        .map(|(_, rest)| rest.split("\n}\n").next().unwrap())
        .is_some_and(|text| RIGHTS.iter().any(|right| text.contains(right)));
    (!asks).then(|| format!("storage/{file}.rs: {name} does not ask"))
}
