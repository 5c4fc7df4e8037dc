//! Whatever the storage shows or changes of the team is asked for by somebody. Each table and each file of the storage
//! stands in one list; a rule takes a tree and the lists and says what it has against them.

mod callers;
mod excuses;
mod functions;
mod lists;
mod seeded;
mod statements;
mod tables;

use std::collections::BTreeMap;

use crate::tree::Tree;

/// How a statement asks whether somebody may read or change the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// By `may_read` or `may_change`: rows are shared.
    Shared,
    /// By whose it is: rows are one member's own (`member_id = $`).
    Own,
    /// Whoever is in may read it: it is no secret in the team, because …; whoever changes it says why they may.
    ReadByAll(&'static str),
    /// Not in the statement: each says why it may.
    Excused,
}

/// Who may call a file's public functions that take no `Asker`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callers {
    /// These files, and files below folders of their names.
    Only(&'static [&'static str]),
    /// Anybody: they show and change nothing of anybody's.
    Anybody,
}

/// A file of the storage that is the service's, because …
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceFile {
    pub(crate) name: &'static str,
    pub(crate) because: &'static str,
    pub(crate) callers: Callers,
}

/// What is the team's, what is the service's, and who is excused from which rule.
#[derive(Clone, Debug)]
pub(crate) struct Lists {
    /// Tables of what members make and who they are.
    pub(crate) team_tables: Vec<(&'static str, Right)>,
    /// All others, each because …
    pub(crate) service_tables: Vec<(&'static str, &'static str)>,
    /// Files of the storage whose public functions ask who wants it.
    pub(crate) team_files: Vec<&'static str>,
    /// All others.
    pub(crate) service_files: Vec<ServiceFile>,
    /// Files of the service whose statements ask for no right: nobody at a browser or with a token reaches them.
    pub(crate) files_of_the_work: Vec<&'static str>,
    /// Public functions of the team's files that take no `Asker`: file, name, and why none is needed.
    pub(crate) without_an_asker: Vec<(&'static str, &'static str, &'static str)>,
    /// Functions that take an `Asker` and look at nothing of it: that somebody is in is enough.
    pub(crate) for_whoever_is_in: Vec<(&'static str, &'static str)>,
    /// Functions of the service's files that others call than the rest of the file: file, name, callers, and why they may.
    pub(crate) called_by_others:
        Vec<(&'static str, &'static str, &'static [&'static str], &'static str)>,
    /// Macros whose own text asks who may read; what is given to them is part of it: file, name.
    pub(crate) macros_that_ask: Vec<(&'static str, &'static str)>,
    /// Statements that ask for no right: file, how they begin, and why they need none.
    pub(crate) without_a_right: Vec<(&'static str, &'static str, &'static str)>,
}

/// What is wrong, in sentences.
type Complaints = Vec<String>;

/// Every rule.
fn complaints(tree: &Tree, lists: &Lists) -> Complaints {
    [
        unexplained,
        tables::unlisted,
        functions::unlisted,
        functions::unasked,
        callers::uncalled_for,
        statements::unasked,
    ]
    .into_iter()
    .flat_map(|rule| rule(tree, lists))
    .collect()
}

/// Reasons that say nothing.
fn unexplained(_: &Tree, lists: &Lists) -> Complaints {
    let of_tables = lists.team_tables.iter().filter_map(|(name, right)| match right {
        Right::ReadByAll(because) => Some((*name, *because)),
        _ => None,
    });
    let reasons = lists
        .service_tables
        .iter()
        .copied()
        .chain(of_tables)
        .chain(lists.service_files.iter().map(|file| (file.name, file.because)))
        .chain(lists.without_an_asker.iter().map(|(_, name, because)| (*name, *because)))
        .chain(lists.called_by_others.iter().map(|(_, name, _, because)| (*name, *because)))
        .chain(lists.without_a_right.iter().map(|(_, begins, because)| (*begins, *because)));
    reasons
        .filter(|(_, because)| because.split_whitespace().count() < 2)
        .map(|(what, _)| format!("{what}: because of what?"))
        .collect()
}

/// What is not in exactly one of two lists, and what is listed and is not there.
fn not_in_one_list<'a>(
    what: &str,
    there: impl Iterator<Item = &'a str>,
    team: impl Iterator<Item = &'a str>,
    service: impl Iterator<Item = &'a str>,
) -> Complaints {
    let mut counts: BTreeMap<&str, (bool, u32)> = BTreeMap::new();
    for name in there {
        counts.entry(name).or_default().0 = true;
    }
    for name in team.chain(service) {
        counts.entry(name).or_default().1 += 1;
    }
    let complaint = |(name, (is_there, n_lists))| match (is_there, n_lists) {
        (true, 1) => None,
        (true, 0) => {
            Some(format!("{what} {name} is in no list: is it the team's or the service's?"))
        }
        (true, _) => Some(format!("{what} {name} is listed {n_lists} times")),
        (false, _) => Some(format!("{what} {name} is listed and is not there")),
    };
    counts.into_iter().filter_map(complaint).collect()
}

#[test]
fn whatever_the_storage_shows_or_changes_of_the_team_is_asked_for_by_somebody() {
    let complaints = complaints(&Tree::read(), &Lists::of_this_tree());
    assert!(complaints.is_empty(), "{complaints:#?}");
}
