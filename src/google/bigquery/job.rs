//! A query job: its name, what is asked, and what it would read. None can be made without a cap, a time-out and labels.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::parameter::Parameter;
use crate::google::names::encoded;

/// The name of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPath {
    /// The project that runs it and is billed.
    pub project: String,
    /// Its id, which is ours: letters, digits, `_` and `-`.
    pub id: String,
    /// Where it runs, once BigQuery has said so: other calls have to repeat that, or outside of the US and the EU they do
    /// not find it. The dry run says it, before there is a job.
    pub location: Option<String>,
}

impl JobPath {
    /// For sentences.
    pub fn what(&self) -> String {
        format!("the query job {} of project {}", self.id, self.project)
    }

    pub(super) fn encoded(&self, collection: &str) -> String {
        format!("projects/{}/{collection}/{}", encoded(&self.project), encoded(&self.id))
    }

    pub(super) fn location_query(&self) -> String {
        let Some(location) = &self.location else { return String::new() };
        let mut query = url::form_urlencoded::Serializer::new("?".to_owned());
        query.append_pair("location", location).finish()
    }

    /// The same job with the location that an answer names.
    pub(super) fn located(&self, answer: &[u8]) -> Option<Self> {
        let job: Value = serde_json::from_slice(answer).ok()?;
        let reference = job.get("jobReference")?;
        let location = reference.get("location").and_then(Value::as_str).map(str::to_owned);
        Some(Self { location: location.or_else(|| self.location.clone()), ..self.clone() })
    }
}

/// A query to be run.
#[derive(Clone, Debug)]
pub struct QueryJob<'a> {
    /// Its name.
    pub job: JobPath,
    /// The statement, in BigQuery's own SQL.
    pub statement: &'a str,
    /// Its parameters.
    pub parameters: &'a [Parameter],
    /// The query fails, unbilled, where it would be billed for more than this, bytes.
    pub maximum_bytes_billed: u64,
    /// BigQuery gives up after this long.
    pub timeout: Duration,
    /// Who the bill is told it was: lower-case letters, digits, `_` and `-`.
    pub labels: &'static [(&'static str, &'static str)],
}

impl QueryJob<'_> {
    pub(super) fn what(&self) -> String {
        format!("a query in the project {}", self.job.project)
    }

    /// <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#jobconfiguration>
    pub(super) fn to_json(&self) -> Value {
        let JobPath { project, id, location } = &self.job;
        let mut body = json!({
            "jobReference": {"projectId": project, "jobId": id},
            "configuration": self.configuration(),
        });
        if let (Some(location), Some(reference)) = (location, body.get_mut("jobReference")) {
            reference["location"] = json!(location);
        }
        body
    }

    pub(super) fn dry_run(&self) -> Value {
        let mut configuration = self.configuration();
        configuration["dryRun"] = json!(true);
        // The estimate is wanted also where it is above the limit.
        if let Some(query) = configuration.get_mut("query").and_then(Value::as_object_mut) {
            query.remove("maximumBytesBilled");
        }
        json!({"configuration": configuration})
    }

    fn configuration(&self) -> Value {
        let labels: Map<String, Value> =
            self.labels.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({
            "labels": labels,
            "jobTimeoutMs": self.timeout.as_millis().to_string(),
            "query": {
                "query": self.statement,
                "useLegacySql": false,
                "parameterMode": "NAMED",
                "queryParameters": self.parameters.iter().map(Parameter::to_json).collect::<Vec<_>>(),
                "maximumBytesBilled": self.maximum_bytes_billed.to_string(),
            },
        })
    }
}

/// What a dry run says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Bytes that the query would read.
    pub bytes: u64,
    /// How good that is.
    pub accuracy: Accuracy,
    /// Where the job would run.
    pub location: Option<String>,
}

/// How good an estimate is.
/// <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2.FIELDS.total_bytes_processed_accuracy>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accuracy {
    /// So much will be read.
    Exact,
    /// It may be less: blocks of a clustered table that are skipped are known only when the query runs.
    AtMost,
    /// It may be more: `LOWER_BOUND`, or `UNKNOWN`, as for tables that lie outside of BigQuery.
    AtLeast,
}

impl Accuracy {
    fn read(word: Option<&str>) -> Self {
        match word {
            None | Some("PRECISE") => Self::Exact,
            Some("UPPER_BOUND") => Self::AtMost,
            Some(_) => Self::AtLeast,
        }
    }

    /// Said before the number, with a space behind it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::AtMost => "at most ",
            Self::AtLeast => "at least ",
        }
    }
}

impl Estimate {
    pub(super) fn read(answer: &[u8]) -> Option<Self> {
        let job: Value = serde_json::from_slice(answer).ok()?;
        let statistics = job.get("statistics")?;
        let bytes = statistics.get("totalBytesProcessed")?.as_str()?.parse().ok()?;
        let accuracy = statistics.pointer("/query/totalBytesProcessedAccuracy");
        let accuracy = Accuracy::read(accuracy.and_then(Value::as_str));
        let location = job.pointer("/jobReference/location").and_then(Value::as_str);
        Some(Self { bytes, accuracy, location: location.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> QueryJob<'static> {
        QueryJob {
            job: JobPath { project: "my-proj".into(), id: "j-1".into(), location: None },
            statement: "SELECT @x",
            parameters: &[],
            maximum_bytes_billed: 10 << 20,
            timeout: Duration::from_mins(1),
            labels: &[("application", "tom-alerts")],
        }
    }

    #[test]
    fn every_job_is_capped_timed_and_labelled() {
        let sent = query().to_json();
        let configuration = &sent["configuration"];
        assert_eq!(configuration["query"]["maximumBytesBilled"], "10485760");
        assert_eq!(configuration["query"]["useLegacySql"], false);
        assert_eq!(configuration["jobTimeoutMs"], "60000");
        assert_eq!(configuration["labels"]["application"], "tom-alerts");
        assert_eq!(sent["jobReference"]["jobId"], "j-1");
        assert!(configuration.get("dryRun").is_none());
    }

    #[test]
    fn a_dry_run_has_no_id_and_no_cap() {
        let sent = query().dry_run();
        assert_eq!(sent["configuration"]["dryRun"], true);
        assert!(sent["configuration"]["query"].get("maximumBytesBilled").is_none());
        assert!(sent.get("jobReference").is_none());
    }

    #[test]
    fn an_estimate_is_read_or_refused() {
        for (word, told) in [
            ("UPPER_BOUND", "at most "),
            ("LOWER_BOUND", "at least "),
            ("UNKNOWN", "at least "),
            ("PRECISE", ""),
        ] {
            let answer = json!({"jobReference": {"projectId": "my-proj", "location": "europe-west2"},
                "statistics": {"totalBytesProcessed": "44238061568", "query": {"totalBytesProcessedAccuracy": word}}});
            let found = Estimate::read(answer.to_string().as_bytes()).unwrap();
            assert_eq!((found.bytes, found.accuracy.words()), (44_238_061_568, told));
            assert_eq!(found.location.as_deref(), Some("europe-west2"));
        }
        let plain = Estimate::read(br#"{"statistics":{"totalBytesProcessed":"1"}}"#).unwrap();
        assert_eq!((plain.accuracy, plain.location), (Accuracy::Exact, None));
        for odd in [&b"{}"[..], b"", b"{\"statistics\":{\"totalBytesProcessed\":\"-1\"}}"] {
            assert_eq!(Estimate::read(odd), None);
        }
    }
}
