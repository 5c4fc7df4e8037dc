//! The typed query that a checked form is, and what one should know of it.

use chrono::{DateTime, Duration, Utc};

use super::tables::{Shape, Table};
use crate::{
    brokers::{BrokerError, filter_form::filter_from},
    domain::filter::Filter,
    forms::Parameters,
};

/// How far back a table that is partitioned by day is searched when nothing says otherwise, days.
const DEFAULT_PUBLISHED_D: i64 = 30;

/// How much later than its observation an alert may be published and still be found by its time, days.
const PUBLISHED_LATE_D: i64 = 2;

/// Seconds that a query may take, when the form does not say.
const TIMEOUT_S: i64 = 60;

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// ZTF's names.
    Named(String),
    /// LSST's numbers.
    Numbered(i64),
}

/// Which columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    Summary,
    History,
    All,
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Newest,
    Oldest,
    Brightest,
    Faintest,
}

/// What a checked form asks.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// Full name of the table that is read.
    pub(super) table: String,
    /// The published table whose columns it has.
    pub(super) like: &'static Table,
    /// Whether the table is one of the user's own: nobody here knows how that is partitioned.
    pub(super) is_own: bool,
    pub(super) columns: Columns,
    pub(super) object: Option<Object>,
    pub(super) candid: Option<i64>,
    pub(super) max_results: i64,
    pub(super) order: Order,
    pub(super) filter: Filter,
    /// From when to when an alert was published, for a table that is partitioned by that.
    pub(super) published: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(super) timeout_s: u64,
}

impl Query {
    /// What a checked form asks at a time.
    pub(super) fn of(parameters: &Parameters, now: DateTime<Utc>) -> Result<Self, BrokerError> {
        let bad = |what: &str| BrokerError::BadQuery(what.to_owned());
        let name = parameters.text("table").ok_or_else(|| bad("it names no table"))?;
        let like = Table::find(name).ok_or_else(|| bad("its table is not published any more"))?;
        let filter = filter_from(parameters, now).map_err(|error| bad(&error.to_string()))?;
        let object = match (parameters.text("objectId"), like.shape) {
            (None, _) => None,
            (Some(text), Shape::Ztf { .. }) => Some(Object::Named(text.to_owned())),
            (Some(text), Shape::Lsst) => Some(Object::Numbered(
                text.parse().map_err(|_| bad("its objectId is not a number"))?,
            )),
        };
        let own = parameters.text("own_table");
        Ok(Self {
            table: own.unwrap_or(name).to_owned(),
            like,
            is_own: own.is_some(),
            columns: match parameters.text("columns") {
                Some("history") => Columns::History,
                Some("all") => Columns::All,
                _ => Columns::Summary,
            },
            object,
            candid: candid(parameters)?,
            max_results: parameters.integer("max_results").ok_or_else(|| bad("it has no limit"))?,
            order: match parameters.text("order") {
                Some("oldest") => Order::Oldest,
                Some("brightest") => Order::Brightest,
                Some("faintest") => Order::Faintest,
                _ => Order::Newest,
            },
            published: (like.shape == Shape::Lsst).then(|| published(&filter, now)),
            filter,
            timeout_s: parameters
                .integer("timeout")
                .and_then(|seconds| u64::try_from(seconds).ok())
                .unwrap_or_else(|| TIMEOUT_S.unsigned_abs()),
        })
    }

    /// Where a table is searched for a part of time that the form does not say: which one, and how to change that.
    pub(super) fn unasked_span(&self) -> Option<String> {
        let (after, _) = self.published.filter(|_| self.filter.observed_after.is_none())?;
        Some(format!(
            "Searched alerts published since {}; set \"Observed after\" to search further back",
            after.format("%Y-%m-%d")
        ))
    }

    /// What one should know of the query, as sentences.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some((after, before)) = self.published {
            let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M");
            let why = if self.filter.observed_after.is_some() {
                format!(
                    "an alert that was published more than {PUBLISHED_LATE_D} days after the time asked for is not found"
                )
            } else {
                format!("\"Observed after\" searches further back than {DEFAULT_PUBLISHED_D} days")
            };
            let searched = if self.is_own {
                "Alerts are searched"
            } else {
                "The table is partitioned by day: it is read"
            };
            remarks.push(format!(
                "{searched} from {} to {} UTC of publication; {why}",
                day(after),
                day(before)
            ));
        } else if !self.is_own {
            remarks.push("The table is not partitioned: every query scans whole columns".into());
        }
        if self.is_own {
            remarks.push("How much of your own table is read depends on how it is partitioned and clustered; without either, every query scans whole columns".to_owned());
        }
        remarks
    }
}

fn candid(parameters: &Parameters) -> Result<Option<i64>, BrokerError> {
    let Some(text) = parameters.text("candid") else { return Ok(None) };
    let number = text.parse();
    number.map(Some).map_err(|_| BrokerError::BadQuery("its candid is not a number".to_owned()))
}

/// An alert is published after it was observed, mostly within minutes.
fn published(filter: &Filter, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let before = match filter.observed_before {
        Some(before) => before + Duration::days(PUBLISHED_LATE_D),
        None => now + Duration::hours(1),
    };
    let after = filter.observed_after.unwrap_or_else(|| {
        filter.observed_before.unwrap_or(now).min(now) - Duration::days(DEFAULT_PUBLISHED_D)
    });
    (after, before)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::{form::FORM, tables::FIRST},
        *,
    };
    use crate::forms::{Choices, Context, RawForm};

    const LSST: &str = "pitt-alert-broker.lsst.alerts_v11_1";

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    /// What a form asks in which this is typed.
    fn query(more: &Value) -> Query {
        let mut sent = json!({"table": FIRST, "max_results": 100});
        sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let context = Context { now: now(), choices: Choices::new() };
        let parameters = FORM.validate(&RawForm::from_json(&sent), &context).unwrap();
        Query::of(&parameters, now()).unwrap()
    }

    #[test]
    fn only_of_a_published_table_is_it_said_how_it_is_partitioned() {
        let remarks = |sent: Value| query(&sent).remarks().join("\n");
        for table in [LSST, FIRST] {
            let published = remarks(json!({"table": table, "candid": 7}));
            assert!(published.contains("The table is "), "{published}");
            assert_eq!(published.contains("is partitioned by day"), table == LSST, "{published}");
            assert!(!published.contains("your own table"), "{published}");
            let own = json!({"table": table, "own_table": "my-proj.d.t", "candid": 7});
            let own = remarks(own);
            assert!(!own.contains("The table is "), "{own}");
            assert!(
                own.contains("your own table is read depends on how it is partitioned"),
                "{own}"
            );
            assert_eq!(own.contains("of publication"), table == LSST, "{own}");
        }
    }

    #[test]
    fn an_lsst_table_always_has_a_time_of_publication() {
        let published = |more: Value| {
            let mut all = json!({"table": LSST});
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            query(&all).published.unwrap()
        };
        let (after, before) = published(json!({"candid": 7}));
        assert_eq!((after, before), (now() - Duration::days(30), now() + Duration::hours(1)));
        let window = json!({"observed_after": "2026-11-01", "observed_before": "2026-11-03"});
        let (after, before) = published(window);
        assert_eq!(after, "2026-11-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(before, "2026-11-05T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(query(&json!({"candid": 7})).published, None);
    }
}
