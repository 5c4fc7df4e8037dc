//! A target: a place in the sky with names that the team follows.

use chrono::{DateTime, Utc};

use super::{sharing::Sharing, sky::Position, text_input::plain};

/// A name as names are compared: lower case, one kind of every dash, quote and letter, without spaces, `-`, `_`, `(` and
/// `)`, so that "SN 2026-abc" and "sn2026abc" are one name.
///
/// Between two digits such a mark counts, whichever it is: "M 3-1" is not M 31, nor Hen 2-10 Hen 210.
pub fn name_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut is_parted = false;
    for c in plain(name).chars() {
        if is_mark(c) {
            is_parted = true;
            continue;
        }
        if is_parted && c.is_ascii_digit() && key.ends_with(|last: char| last.is_ascii_digit()) {
            key.push('-');
        }
        is_parted = false;
        key.extend(c.to_lowercase());
    }
    key
}

/// What names are compared without.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | '(' | ')')
}

/// A target to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTarget {
    /// Its first name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Where it is; `None` where that is not known.
    pub position: Option<Position>,
    /// Free text.
    pub note: String,
}

/// A stored target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Id in URLs.
    pub id: i64,
    /// Its first name.
    pub name: String,
    /// Other names, oldest first.
    pub aliases: Vec<String>,
    /// Where it is.
    pub position: Option<Position>,
    /// Free text.
    pub note: String,
    /// Id of the member who saved it.
    pub created_by: i64,
    /// Name of that member.
    pub created_by_name: String,
    /// Who else sees and changes it.
    pub sharing: Sharing,
    /// When.
    pub created: DateTime<Utc>,
    /// When it was last changed.
    pub modified: DateTime<Utc>,
    /// Rises with each change.
    pub version: i64,
    /// Number of alerts it was saved from or that were added since.
    pub n_alerts: u64,
}

/// Why a name cannot be given to a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameClash {
    /// The very name is a target's first name.
    #[error("Target with this Name already exists.")]
    SameName {
        /// The target that has it.
        target_id: i64,
    },
    /// The name is like a name or alias of another target.
    #[error("A Target matching {name} already exists. ({other})")]
    LikeName {
        /// The name asked for.
        name: String,
        /// First name of the target that has one like it.
        other: String,
        /// That target.
        target_id: i64,
    },
    /// The very alias is another target's alias.
    #[error("Target name with this Alias already exists.")]
    SameAlias {
        /// The alias asked for.
        alias: String,
        /// The target that has it.
        target_id: i64,
    },
    /// The alias is like a name or alias of another target.
    #[error("Target with Name or alias similar to {alias} already exists. ({other})")]
    LikeAlias {
        /// The alias asked for.
        alias: String,
        /// First name of the target that has one like it.
        other: String,
        /// That target.
        target_id: i64,
    },
    /// The alias is like the target's own first name.
    #[error("Alias {alias} has a conflict with the primary name of the target.")]
    OwnName {
        /// The alias asked for.
        alias: String,
    },
    /// Two aliases of the form are alike.
    #[error("Alias {alias} is given twice.")]
    Twice {
        /// The alias asked for.
        alias: String,
    },
    /// Others who see this target know another one like it, which is hidden from whoever writes this.
    #[error(
        "Others who see this target already see one with the name {name}, which you do not. Choose another name, or share this target with other groups."
    )]
    Hidden {
        /// The name asked for.
        name: String,
        /// Whether it was to be an alias.
        is_alias: bool,
    },
    /// The new first name is one of the target's own aliases.
    #[error("Target name and target aliases must be different")]
    RenamedOntoAlias,
}

impl NameClash {
    /// The alias that clashes; `None` when it is the first name.
    pub fn alias(&self) -> Option<&str> {
        match self {
            Self::SameAlias { alias, .. }
            | Self::LikeAlias { alias, .. }
            | Self::OwnName { alias }
            | Self::Twice { alias }
            | Self::Hidden { name: alias, is_alias: true } => Some(alias),
            Self::SameName { .. }
            | Self::LikeName { .. }
            | Self::Hidden { .. }
            | Self::RenamedOntoAlias => None,
        }
    }
}

/// What is to be done with an alert whose object is a target already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExisting {
    /// Add the alert to that target as evidence.
    #[default]
    AddAlert,
    /// Leave that target as it is.
    Skip,
}

impl OnExisting {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::AddAlert, Self::Skip];

    /// The word in forms and in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::AddAlert => "update",
            Self::Skip => "skip",
        }
    }

    /// The choice with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.id() == id)
    }
}

/// What became of one alert that was to be saved as a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveOutcome {
    /// Id of the alert in the database.
    pub alert_id: i64,
    /// Its object's name.
    pub object_id: String,
    /// What happened.
    pub result: SaveResult,
}

/// What happened to one alert that was to be saved as a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveResult {
    /// A new target.
    Created {
        /// Its id.
        target_id: i64,
    },
    /// A target with this name was there.
    Existing {
        /// Its id.
        target_id: i64,
        /// Its first name.
        name: String,
        /// Whether the alert is among its alerts now.
        is_added: bool,
    },
    /// Nothing was saved.
    Failed {
        /// Why, as a sentence.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_space_and_brackets_have_one_key() {
        for name in [
            "FuzzyNameTarget",
            "Fuzzy name target",
            "FUZZY_NAME-TARGET",
            "fuzzynametarget",
            "(Fuzzy) Name-Target",
        ] {
            assert_eq!(name_key(name), name_key("fuzzy_name_Target"), "{name}");
        }
        assert_ne!(name_key("ZTF26aaaaaaa"), name_key("ZTF26aaaaaab"));
    }

    #[test]
    fn names_that_look_alike_have_one_key_and_names_that_mean_two_things_have_two() {
        for (one, other) in [
            ("2MASS J11123099-7653342", "2MASS J11123099\u{2013}7653342"),
            ("2MASS J11123099-7653342", "2MASS J11123099\u{2212}7653342"),
            ("2MASS J11123099-7653342", "2MASSJ11123099\u{2011}7653342"),
            ("\u{b5} Cep", "\u{3bc} Cep"),
            ("Caf\u{e9} 1", "Cafe\u{301} 1"),
            ("Barnard's star", "Barnard\u{2019}s star"),
            ("ＺＴＦ２６ａａａａａａａ", "ZTF26aaaaaaa"),
            ("PS1_1", "PS1-1"),
            ("Hen 2-10", "Hen 2 10"),
            ("SN 2026-abc", "sn2026abc"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one}, {other}");
        }
        for (one, other) in [("M 3-1", "M31"), ("Hen 2-10", "Hen 210"), ("PS1_1", "PS11")] {
            assert_ne!(name_key(one), name_key(other), "{one}, {other}");
        }
        assert_eq!(name_key("()"), "");
    }
}
