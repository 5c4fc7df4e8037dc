//! Which lines of the history are shown: the filter's form and how its address is read.

use chrono::{Days, NaiveDate};

use crate::{
    domain::{
        history::{Action, Kind},
        sharing::Asker,
    },
    storage::{HistoryFilter, Storage},
    web::{
        frame::{error::Error, extract::Pairs, parameters::Parameter},
        widgets::field::Choice,
    },
};

/// Chooses lines of the history.
#[derive(Clone, Debug)]
pub(super) struct HistoryFilterForm {
    pub(super) members: Vec<Choice>,
    pub(super) member: String,
    pub(super) actions: Vec<Choice>,
    pub(super) action: String,
    pub(super) kinds: Vec<Choice>,
    pub(super) kind: String,
    pub(super) since: String,
    pub(super) until: String,
    pub(super) error: Option<String>,
}

impl HistoryFilterForm {
    /// Whether it leaves anything out.
    pub(super) fn is_set(&self) -> bool {
        [&self.member, &self.action, &self.kind, &self.since, &self.until]
            .iter()
            .any(|text| !text.is_empty())
    }
}

/// What the filter takes of an address. What cannot be read is told beside its fields.
pub(super) fn filter_parameters() -> Vec<Parameter> {
    ["who", "action", "kind", "object", "since", "until"].map(Parameter::text).to_vec()
}

pub(super) fn read_filter(query: &Pairs) -> Result<HistoryFilter, String> {
    let day = |name: &str| match query.text(name) {
        None => Ok(None),
        Some(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|day| (1_900..=2_200).contains(&chrono::Datelike::year(day)))
            .map(Some)
            .ok_or_else(|| "Enter days as 2026-11-25.".to_owned()),
    };
    let start_of = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let after = |day: NaiveDate| day.checked_add_days(Days::new(1)).map(start_of);
    Ok(HistoryFilter {
        actor_id: number(query, "who")?,
        action: known(query, "action", |word| Action::from_id(word).is_some())?,
        kind: known(query, "kind", |word| Kind::from_id(word).is_some())?,
        object_id: number(query, "object")?,
        since: day("since")?.map(start_of),
        until: day("until")?.and_then(after),
    })
}

/// A whole number, where one is given.
pub(super) fn number(query: &Pairs, name: &str) -> Result<Option<i64>, String> {
    let text = query.text(name);
    text.map(|text| text.parse().map_err(|_| not_known(name, text))).transpose()
}

/// One of our words, where one is given: a filter that cannot be read must not show everything.
fn known(query: &Pairs, name: &str, is_word: fn(&str) -> bool) -> Result<Option<String>, String> {
    match query.text(name) {
        Some(text) if !is_word(text) => Err(not_known(name, text)),
        text => Ok(text.map(str::to_owned)),
    }
}

fn not_known(name: &str, text: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("There is no such filter: {name} “{text}”.")
}

pub(super) async fn filter_form(
    storage: &Storage,
    asker: &Asker,
    query: &Pairs,
    error: Option<String>,
) -> Result<HistoryFilterForm, Error> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        help: None,
    };
    let text = |name| query.text(name).unwrap_or_default().to_owned();
    let actors = storage.list_actors(asker).await?;
    let name = |name: &str, is_out: bool| {
        if is_out { format!("{name} (has left)") } else { name.to_owned() }
    };
    Ok(HistoryFilterForm {
        members: actors
            .iter()
            .map(|(id, actor, is_out)| choice(&id.to_string(), &name(actor, *is_out)))
            .collect(),
        member: text("who"),
        actions: Action::ALL.iter().map(|(_, word)| choice(word, word)).collect(),
        action: text("action"),
        kinds: Kind::ALL.iter().map(|(_, word)| choice(word, word)).collect(),
        kind: text("kind"),
        since: text("since"),
        until: text("until"),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_whole_and_nonsense_is_told() {
        let read = |text: &str| read_filter(&Pairs::parse(text.as_bytes()));
        let filter = read("since=2026-11-25&until=2026-11-25&action=shared&who=7").unwrap();
        assert_eq!(filter.since.unwrap().to_rfc3339(), "2026-11-25T00:00:00+00:00");
        assert_eq!(filter.until.unwrap().to_rfc3339(), "2026-11-26T00:00:00+00:00");
        assert_eq!((filter.actor_id, filter.action.as_deref()), (Some(7), Some("shared")));
        for bad in ["since=yesterday", "until=2026-13-01", "since=99999-01-01"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for bad in ["action=nonsense", "kind=zzz", "who=abc", "object=1e3"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read("action=&who=").unwrap().action, None);
    }
}
