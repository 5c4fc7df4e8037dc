//! Who calls whom, as far as names tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    functions::{Function, functions},
    reader::is_part_of_word,
    tree::{Tree, layer},
};

/// The functions of the layers from the pages to the database, each with its file and whom it calls.
pub(crate) struct Code<'t>(Vec<(&'t str, Function, Vec<Call>)>);

/// A call, as far as its text tells.
struct Call {
    name: String,
    receiver: Receiver,
}

/// What stands before the name of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    Nothing,
    /// The storage, or whatever calls itself.
    Storage,
    /// Something else, and a dot.
    Value,
    /// A module or type.
    Path,
}

impl<'t> Code<'t> {
    pub(crate) fn of(tree: &'t Tree) -> Self {
        let leads = |file: &str| ["web", "actions", "storage"].contains(&layer(file));
        let files = tree.programs.iter().filter(|(file, _)| leads(file));
        let functions = files.flat_map(|(file, code)| {
            functions(code).into_iter().map(move |function| {
                let calls = calls(&function.body);
                (file.as_str(), function, calls)
            })
        });
        Self(functions.collect())
    }

    /// The function that a route names, from the file of the route.
    pub(crate) fn handler(&self, file: &str, path: &str) -> Option<usize> {
        let (modules, name) = path.rsplit_once("::").unwrap_or(("", path));
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let files: Vec<String> = ["", "screens/", "frame/"]
            .iter()
            .map(|below| format!("{folder}/{below}{}", modules.replace("::", "/")))
            .flat_map(|at| [format!("{}.rs", at.trim_end_matches('/')), format!("{at}/mod.rs")])
            .collect();
        self.0.iter().position(|(it, function, _)| {
            // `$get` of a macro may be called `get_query`.
            let given = function.name.strip_prefix('$');
            let is_named =
                function.name == name || given.is_some_and(|given| name.starts_with(given));
            files.iter().any(|file| file == it) && is_named && function.of.is_empty()
        })
    }

    /// All that do something, themselves or by whom they call.
    pub(crate) fn leading_to(&self, does: fn(&Function) -> bool) -> BTreeSet<usize> {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, (_, function, _)) in self.0.iter().enumerate() {
            by_name.entry(&function.name).or_default().push(at);
        }
        let mut callers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (from, (_, _, calls)) in self.0.iter().enumerate() {
            for call in calls {
                let named = by_name.get(call.name.as_str()).map_or(&[][..], Vec::as_slice);
                for to in named.iter().filter(|to| self.is_meant(from, call, **to)) {
                    callers.entry(*to).or_default().push(from);
                }
            }
        }
        let mut found = BTreeSet::new();
        let mut next: Vec<usize> = (0..self.0.len()).filter(|at| does(&self.0[*at].1)).collect();
        while let Some(at) = next.pop() {
            if found.insert(at) {
                next.extend(callers.get(&at).into_iter().flatten());
            }
        }
        found
    }

    /// Whether a call from one place means the function at another, as far as names tell.
    fn is_meant(&self, from: usize, call: &Call, to: usize) -> bool {
        let ((from, ..), (to, function, _)) = (&self.0[from], &self.0[to]);
        let is_down = layer(from) == layer(to) || layer(from) == "web" || layer(to) == "storage";
        // What another layer cannot call is called within its own.
        let is_reached = layer(from) == layer(to) || function.is_public;
        let is_like = match function.of.as_str() {
            "" => {
                [Receiver::Nothing, Receiver::Path].contains(&call.receiver)
                    && !self.is_another(from, to, &call.name)
            }
            "Storage" => call.receiver == Receiver::Storage,
            _ => call.receiver != Receiver::Nothing,
        };
        is_down && is_reached && is_like
    }

    /// Whether a file has a function of this name itself.
    fn is_another(&self, from: &str, to: &str, name: &str) -> bool {
        let is_its_own = |(file, it, _): &(&str, Function, Vec<Call>)| {
            *file == from && it.of.is_empty() && it.name == name
        };
        from != to && self.0.iter().any(is_its_own)
    }
}

/// Every call in a block.
fn calls(body: &str) -> Vec<Call> {
    let call = |(at, _)| {
        let before: &str = &body[..at];
        let path = before.trim_end_matches(is_part_of_word);
        let receiver = if ["storage.", "storage().", "self."].iter().any(|it| path.ends_with(it)) {
            Receiver::Storage
        } else if path.ends_with('.') {
            Receiver::Value
        } else if path.ends_with("::") {
            Receiver::Path
        } else {
            Receiver::Nothing
        };
        Call { name: before[path.len()..].to_owned(), receiver }
    };
    body.match_indices('(').map(call).filter(|call| !call.name.is_empty()).collect()
}
