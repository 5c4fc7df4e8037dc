//! A form as data: declared once, it draws the page, checks what is sent, and keeps what a saved query was
//! made of.
//!
//! A stored form is the text that was typed. It is validated again whenever it is used, so "24h" in a saved query is
//! the last day whenever it runs, and a form that no longer fits comes back as a form with messages.

mod choices;
mod field;
mod field_reading;
mod parameters;
mod raw;
mod reading;
mod rule;
mod state;

use chrono::{DateTime, Utc};

pub use self::{
    choices::{Choice, Choices},
    field::{Field, Kind, Understand},
    parameters::Parameters,
    raw::RawForm,
    reading::has_tricks,
    rule::{OwnCheck, Rule},
    state::{FORM_ERRORS, FormState},
};

/// A form: its fields in groups (so that several forms can share one), and the rules between fields.
#[derive(Debug)]
pub struct FormSpec {
    /// Fields, in the order in which a page shows them.
    pub groups: &'static [&'static [Field]],
    /// What must hold between fields.
    pub rules: &'static [Rule],
}

/// What validation needs to know besides the form.
#[derive(Clone, Debug)]
pub struct Context {
    /// Relative times count from here.
    pub now: DateTime<Utc>,
    /// Options that depend on the deployment.
    pub choices: Choices,
}

impl FormSpec {
    /// Every field.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.name == name)
    }

    /// The form as it is first shown.
    pub fn blank(&self) -> FormState {
        let mut state = FormState::default();
        for field in self.fields() {
            state.put_all(field.name, field.initial.map(str::to_owned).into_iter().collect());
        }
        state
    }

    /// The form as it was filled in before; nothing is checked.
    pub fn filled(&self, raw: &RawForm) -> FormState {
        let mut state = FormState::default();
        for field in self.fields() {
            state.put_all(field.name, raw.values(field.name).to_vec());
        }
        state
    }

    /// A form that was stored, as it is shown: a choice that it leaves out stands where a new form has it.
    pub fn reopened(&self, mut state: FormState) -> FormState {
        for field in self.fields() {
            let is_choice = matches!(field.kind, Kind::Choice(_) | Kind::DynamicChoice);
            if let Some(initial) = field.initial
                && is_choice
                && state.values(field.name).is_empty()
            {
                state.put(field.name, initial.to_owned());
            }
        }
        state
    }

    /// The choice of signs that stands before a number.
    pub fn sign_of(&self, number: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.only_with == Some(number))
    }

    /// Checks what was sent: the parameters, or the form with what is wrong by each field. Nothing typed is lost.
    pub fn validate(&self, raw: &RawForm, context: &Context) -> Result<Parameters, FormState> {
        let mut state = self.filled(raw);
        let mut parameters = Parameters::default();
        for field in self.fields() {
            let values: Vec<String> = raw
                .values(field.name)
                .iter()
                .map(|value| field.tidied(value))
                .filter(|value| !value.is_empty())
                .collect();
            if let Some(problem) = raw.problem(field.name) {
                state.add_error(field.name, problem.to_owned());
                continue;
            }
            match field.read(&values, context) {
                Ok(read) => {
                    if let Some(echo) = read.echo {
                        state.put_echo(field.name, echo);
                    }
                    if let Some(value) = read.value {
                        parameters.insert(field.name, value);
                    }
                }
                Err(message) => state.add_error(field.name, message),
            }
        }
        for unknown in raw.unknown_names(|name| self.field(name).is_some()) {
            state.add_error(unknown, "This form has no such field.".to_owned());
        }
        for rule in self.rules {
            rule.check(&parameters, context, &mut state);
        }
        if state.has_errors() { Err(state) } else { Ok(parameters) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shout(text: &str, _: DateTime<Utc>) -> Result<String, String> {
        if text.contains('!') { Ok(format!("read as {text}")) } else { Err("Louder.".to_owned()) }
    }

    static FORM: FormSpec = FormSpec {
        groups: &[
            &[
                Field::text("name", "Name", 5).required(),
                Field::integer("n", "Number", 1, 10).initial("3"),
            ],
            &[
                Field::number("low", "Low", 0.0, 1.0),
                Field::number("high", "High", 0.0, 1.0),
                Field::choice("side", "Side", &[("lt", "less"), ("gt", "more")]).initial("lt"),
                Field::flags("bands", "Bands", &[("g", "g"), ("r", "r")]),
                Field::checkbox("only", "Only"),
                Field::parsed("cry", "Cry", shout),
                Field::dynamic_choice("folder", "Folder"),
            ],
        ],
        rules: &[Rule::Ascending { low: "low", high: "high", message: "Low is above high." }],
    };

    fn context() -> Context {
        Context {
            now: "2026-11-23T12:00:00Z".parse().unwrap(),
            choices: Choices::new().with("folder", [("a".to_owned(), "A".to_owned())]),
        }
    }

    fn form(pairs: &[(&str, &str)]) -> RawForm {
        RawForm::from_pairs(pairs.iter().copied())
    }

    #[test]
    fn a_good_form_becomes_parameters() {
        let sent = form(&[
            ("name", "  ab "),
            ("n", "7"),
            ("low", "0.25"),
            ("high", ""),
            ("side", "gt"),
            ("bands", "g"),
            ("bands", "r"),
            ("only", "on"),
            ("cry", "hey!"),
            ("folder", "a"),
        ]);
        let parameters = FORM.validate(&sent, &context()).unwrap();
        assert_eq!(
            parameters.to_json(),
            json!({"name": "ab", "n": 7, "low": 0.25, "side": "gt", "bands": ["g", "r"], "only": true, "cry": "hey!", "folder": "a"})
        );
        // What was kept is a form again.
        let again = FORM.validate(&RawForm::from_json(&parameters.to_json()), &context()).unwrap();
        assert_eq!(again, parameters);
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it_and_nothing_typed_is_lost() {
        let sent = form(&[
            ("name", ""),
            ("n", "7.5"),
            ("low", "2"),
            ("high", "x"),
            ("side", "up"),
            ("bands", "q"),
            ("cry", "hey"),
            ("folder", "/etc"),
        ]);
        let state = FORM.validate(&sent, &context()).unwrap_err();
        let errors = |name: &str| state.errors(name).join(" ");
        assert_eq!(errors("name"), "This field is required.");
        assert_eq!(errors("n"), "Enter a whole number from 1 to 10.");
        assert_eq!(errors("low"), "Enter a number from 0 to 1.");
        assert_eq!(errors("high"), "Enter a number from 0 to 1.");
        assert_eq!(
            errors("side"),
            "Select a valid choice. up is not one of the available choices."
        );
        assert_eq!(
            errors("bands"),
            "Select a valid choice. q is not one of the available choices."
        );
        assert_eq!(errors("cry"), "Louder.");
        assert_eq!(
            errors("folder"),
            "Select a valid choice. /etc is not one of the available choices."
        );
        assert_eq!(state.values("n"), ["7.5"]);
        assert_eq!(state.values("folder"), ["/etc"]);
    }

    #[test]
    fn limits_hold_at_their_ends() {
        let error = |pairs: &[(&str, &str)], name: &str| {
            let mut all = pairs.to_vec();
            if name != "name" {
                all.push(("name", "a"));
            }
            FORM.validate(&form(&all), &context()).err().map(|state| state.errors(name).join(" "))
        };
        assert_eq!(error(&[("n", "1")], "n"), None);
        assert_eq!(error(&[("n", "10")], "n"), None);
        assert_eq!(
            error(&[("n", "0")], "n").as_deref(),
            Some("Enter a whole number from 1 to 10.")
        );
        assert_eq!(
            error(&[("n", "99999999999999999999")], "n").as_deref(),
            Some("Enter a whole number from 1 to 10.")
        );
        for junk in ["nan", "inf", "1e400", "0x1"] {
            assert_eq!(
                error(&[("low", junk)], "low").as_deref(),
                Some("Enter a number from 0 to 1."),
                "{junk}"
            );
        }
        assert_eq!(
            error(&[("name", "abcdef")], "name").as_deref(),
            Some("Enter at most 5 characters; this has 6.")
        );
        assert_eq!(
            error(&[("name", "a\0")], "name").as_deref(),
            Some("Control characters are not allowed.")
        );
        assert_eq!(
            error(&[("n", "1"), ("n", "2")], "n").as_deref(),
            Some("Give this field only once.")
        );
        assert_eq!(
            error(&[("low", "0.9"), ("high", "0.1")], "high").as_deref(),
            Some("Low is above high.")
        );
    }

    #[test]
    fn json_may_hold_numbers_and_lists_but_no_fields_of_its_own() {
        let good =
            json!({"name": "a", "n": 4, "low": 0.5, "bands": ["g"], "only": false, "high": null});
        let parameters = FORM.validate(&RawForm::from_json(&good), &context()).unwrap();
        assert_eq!(parameters.to_json(), json!({"name": "a", "n": 4, "low": 0.5, "bands": ["g"]}));
        let bad = json!({"name": {"x": 1}, "stranger": 1});
        let state = FORM.validate(&RawForm::from_json(&bad), &context()).unwrap_err();
        assert_eq!(state.errors("name"), ["Enter a text, a number or a list of them."]);
        assert_eq!(state.errors("stranger"), ["This form has no such field."]);
    }

    #[test]
    fn a_blank_form_has_its_initial_values() {
        let state = FORM.blank();
        assert_eq!(state.values("n"), ["3"]);
        assert!(state.values("name").is_empty());
    }

    #[test]
    fn a_choice_that_a_stored_form_leaves_out_stands_where_a_new_form_has_it() {
        let shown = |stored| FORM.reopened(FORM.filled(&RawForm::from_json(&stored)));
        let state = shown(json!({"name": "a"}));
        assert_eq!(
            (state.values("side"), state.values("name")),
            (&["lt".into()][..], &["a".into()][..])
        );
        // A number that was left empty is a number that is not asked for.
        assert!(state.values("n").is_empty() && state.values("folder").is_empty());
        assert_eq!(shown(json!({"side": "gt"})).values("side"), ["gt"]);
        let sent = FORM.filled(&RawForm::from_pairs([("name", "a")]));
        assert!(sent.values("side").is_empty(), "nothing is invented in a form that was sent");
    }
}
