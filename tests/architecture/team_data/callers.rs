//! What the storage does for nobody in particular is called by the work of the service alone.

use super::{Callers, Complaints, Lists};
use crate::{functions::functions, tree::Tree};

/// Calls of the service's functions from elsewhere than where their work is done.
pub(super) fn uncalled_for(tree: &Tree, lists: &Lists) -> Complaints {
    let mut complaints = Vec::new();
    let others: Vec<(&str, &str)> = tree
        .programs
        .iter()
        .filter(|(file, _)| !file.starts_with("storage/"))
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    for service in &lists.service_files {
        let Some((_, text)) = tree.storage().find(|(name, _)| *name == service.name) else {
            continue;
        };
        for function in functions(text) {
            let is_for_nobody = function.is_public && function.asked_by().is_none();
            if !is_for_nobody || function.of != "Storage" {
                continue;
            }
            let exceptions = lists.called_by_others.iter();
            let callers = exceptions
                .filter(|(file, name, ..)| *file == service.name && *name == function.name)
                .map(|(_, _, callers, _)| Callers::Only(callers))
                .next()
                .unwrap_or(service.callers);
            let Callers::Only(callers) = callers else { continue };
            for caller in callers_of(&others, &function.name) {
                if !callers.iter().any(|it| is_at_or_below(caller, it)) {
                    complaints
                        .push(format!("src/{caller} calls {}, which asks nobody", function.name));
                }
            }
        }
    }
    for (file, name, ..) in &lists.called_by_others {
        let is_there = |text: &str| functions(text).iter().any(|it| it.name == *name);
        if !tree.storage().any(|(it, text)| it == *file && is_there(text)) {
            complaints.push(format!("storage/{file}.rs has no {name} that others could call"));
        }
    }
    complaints
}

fn is_at_or_below(file: &str, place: &str) -> bool {
    let rest = file.strip_suffix(".rs").and_then(|file| file.strip_prefix(place));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Files that call a method of this name.
fn callers_of<'a>(files: &'a [(&'a str, &'a str)], name: &str) -> impl Iterator<Item = &'a str> {
    let calls = [format!(".{name}("), format!("Storage::{name}")];
    files
        .iter()
        .filter(move |(_, code)| calls.iter().any(|call| code.contains(call)))
        .map(|(file, _)| *file)
}
