//! Each file of the storage stands in one list, and each public function of the team's files asks who wants it.

use std::collections::BTreeSet;

use super::{Complaints, Lists, not_in_one_list};
use crate::{
    functions::{Function, functions},
    tree::Tree,
};

/// Files of the storage that are not in exactly one list.
pub(super) fn unlisted(tree: &Tree, lists: &Lists) -> Complaints {
    let mut complaints = not_in_one_list(
        "file storage/",
        tree.storage().map(|(file, _)| file),
        lists.team_files.iter().copied(),
        lists.service_files.iter().map(|file| file.name),
    );
    for file in &lists.files_of_the_work {
        if !lists.service_files.iter().any(|it| it.name == *file) {
            complaints.push(format!("storage/{file}.rs is called work and is not the service's"));
        }
    }
    complaints
}

/// Public functions of the team's files that do not ask who wants it, and excuses that nobody needs.
pub(super) fn unasked(tree: &Tree, lists: &Lists) -> Complaints {
    let mut complaints = Vec::new();
    let mut needed = BTreeSet::new();
    for (file, text) in tree.storage() {
        let is_the_teams = lists.team_files.contains(&file);
        for function in functions(text) {
            if function.of.ends_with(" for Storage") {
                complaints.push(format!(
                    "storage/{file}.rs: {} is public without `pub`, by a trait",
                    function.name
                ));
            }
            if is_the_teams && function.is_public {
                let excuse = excuse(lists, file, &function);
                needed.extend(excuse);
                complaints.extend(complaint(lists, file, &function, excuse.is_some()));
            }
        }
    }
    for (file, name, _) in &lists.without_an_asker {
        if !needed.contains(&(*file, *name)) {
            complaints.push(format!("storage/{file}.rs: {name} needs no excuse, or is not there"));
        }
    }
    complaints
}

fn excuse<'a>(lists: &Lists, file: &str, function: &Function) -> Option<(&'a str, &'a str)> {
    let mut excuses = lists.without_an_asker.iter();
    let found = excuses.find(|(of, name, _)| *of == file && *name == function.name);
    found.filter(|_| function.asked_by().is_none()).map(|(of, name, _)| (*of, *name))
}

fn complaint(lists: &Lists, file: &str, function: &Function, is_excused: bool) -> Option<String> {
    let name = &function.name;
    let Some(by) = function.asked_by() else {
        return (!is_excused).then(|| {
            format!(
                "storage/{file}.rs: {name} does not ask who wants it: give it an `Asker`, or say in excuses.rs why not"
            )
        });
    };
    let is_for_all = lists.for_whoever_is_in.iter().any(|(of, it)| *of == file && it == name);
    match (by.starts_with('_'), is_for_all) {
        (true, false) => Some(format!("storage/{file}.rs: {name} does not look at who asks")),
        (false, true) => Some(format!("storage/{file}.rs: {name} does look at who asks")),
        _ => None,
    }
}
