//! Variables of the environment beside the settings that there are.

use std::collections::BTreeSet;

use clap::CommandFactory;

use super::Cli;

/// How the names of our own variables begin. Others (`GOOGLE_…`) are not ours alone.
const OURS: [&str; 2] = ["TOM_ALERTS_", "PITTGOOGLE_"];

/// Variables of this process that are named like settings of ours and are none: misspelt, most likely.
pub fn unknown_variables() -> Vec<String> {
    unknown_among(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()))
}

fn unknown_among(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = known_variables(&Cli::command());
    let mut unknown: Vec<String> = names
        .filter(|name| OURS.iter().any(|ours| name.starts_with(ours)) && !known.contains(name))
        .collect();
    unknown.sort();
    unknown
}

fn known_variables(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(clap::Arg::get_env);
    let own = own.map(|name| name.to_string_lossy().into_owned());
    own.chain(command.get_subcommands().flat_map(known_variables)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_found() {
        let names = [
            "TOM_ALERTS_LISTEN",
            "TOM_ALERTS_LISTN",
            "PITTGOOGLE_OAUTH_CLIENT_ID",
            "PITTGOOGLE_OAUTH_CLIENTID",
            "TOM_ALERTS_RUNS_AT_ONCE",
            "DATABASE_URL",
            "PATH",
        ];
        let unknown = unknown_among(names.into_iter().map(str::to_owned));
        assert_eq!(unknown, ["PITTGOOGLE_OAUTH_CLIENTID", "TOM_ALERTS_LISTN"]);
    }
}
