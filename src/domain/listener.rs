//! A listener: a saved query that is kept running, one run after the other, a run a day.

use chrono::{DateTime, NaiveDate, Utc};

use super::{grant::GoogleRight, run::RunId};

/// Days of which is told how much came on each.
pub const DAYS_SHOWN: u64 = 30;

/// A listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its id.
    pub id: i64,
    /// The saved query.
    pub saved_query_id: i64,
    /// Id of the member as whom its runs act.
    pub started_by: i64,
    /// Their name.
    pub started_by_name: String,
    /// Whether it is to go on; else it is paused.
    pub is_on: bool,
    /// Since when it is on, or paused.
    pub since: DateTime<Utc>,
    /// What stands in its way, as sentences; of a paused one, why the service paused it.
    pub trouble: Option<String>,
    /// The right at Google whose lack that is.
    pub lacks: Option<GoogleRight>,
    /// Runs that have failed one after the other.
    pub failures: u32,
    /// When the next run may begin, if not at once.
    pub next_try: Option<DateTime<Utc>>,
    /// The run that goes on.
    pub live: Option<LiveRun>,
    /// When messages were last kept.
    pub last_received: Option<DateTime<Utc>>,
}

/// The run of a listener that goes on, and who works on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRun {
    /// Its id.
    pub id: RunId,
    /// Name of the process.
    pub instance: String,
    /// Since when.
    pub started: DateTime<Utc>,
}

/// How a listener stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerState {
    /// A run goes on.
    Listening,
    /// No process has taken it yet.
    Starting,
    /// The last run failed; the next one tries again.
    InTrouble,
    /// By hand.
    Paused,
    /// By the service, which says why.
    PausedByService,
}

impl ListenerState {
    /// The word in the API.
    pub fn id(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Starting => "starting",
            Self::InTrouble => "in trouble",
            Self::Paused | Self::PausedByService => "paused",
        }
    }
}

impl Listener {
    /// How it stands.
    pub fn standing(&self) -> ListenerState {
        match (self.is_on, &self.trouble, &self.live) {
            (false, None, _) => ListenerState::Paused,
            (false, Some(_), _) => ListenerState::PausedByService,
            (true, Some(_), _) => ListenerState::InTrouble,
            (true, None, Some(_)) => ListenerState::Listening,
            (true, None, None) => ListenerState::Starting,
        }
    }
}

/// What became of the messages of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerDay {
    /// The day (UTC).
    pub day: NaiveDate,
    /// Messages read.
    pub received: u64,
    /// Alerts that were stored.
    pub stored: u64,
    /// Alerts that passed the filter and were there already: messages that came again.
    pub duplicates: u64,
    /// Alerts that the filter rejected.
    pub rejected: u64,
    /// Messages that could not be read.
    pub unreadable: u64,
    /// Messages that were acknowledged.
    pub acknowledged: u64,
}

/// Who goes on with a listener acts as themselves.
const GO_ON: &str = "Anybody who may edit the query can resume it; it then acts as them.";

/// Why a listener is paused whose query somebody else has changed: it acts as who started it, and they have not asked
/// for what it says now.
pub fn changed_by(name: &str) -> String {
    format!(
        "{name} changed the query, which was running with somebody else's account. Check what it asks for now. {GO_ON}"
    )
}

/// Why a listener is paused whose member has left the team.
pub fn has_left(name: &str) -> String {
    format!("It acted as {name}, who is no longer in the team. {GO_ON}")
}

/// Why a listener is paused whose member may look only.
pub fn looks_only(name: &str) -> String {
    format!("It acted as {name}, who is a viewer now. {GO_ON}")
}

/// Why a listener is paused whose member may no longer change the query.
pub fn may_not_change(name: &str) -> String {
    format!("It acted as {name}, who may no longer edit this query. {GO_ON}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_before_that_it_goes_on() {
        let live = LiveRun { id: 1, instance: String::new(), started: DateTime::UNIX_EPOCH };
        let listener = |is_on, trouble: Option<&str>, live: Option<&LiveRun>| Listener {
            id: 1,
            saved_query_id: 1,
            started_by: 1,
            started_by_name: "Ada".to_owned(),
            is_on,
            since: DateTime::UNIX_EPOCH,
            trouble: trouble.map(str::to_owned),
            lacks: None,
            failures: 0,
            next_try: None,
            live: live.cloned(),
            last_received: None,
        };
        let standings = [
            (listener(true, None, Some(&live)), ListenerState::Listening),
            (listener(true, None, None), ListenerState::Starting),
            (listener(true, Some("x"), Some(&live)), ListenerState::InTrouble),
            (listener(true, Some("x"), None), ListenerState::InTrouble),
            (listener(false, None, Some(&live)), ListenerState::Paused),
            (listener(false, Some("x"), None), ListenerState::PausedByService),
        ];
        for (listener, standing) in standings {
            assert_eq!(listener.standing(), standing, "{listener:?}");
        }
    }
}
