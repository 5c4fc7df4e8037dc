//! The way back: which list an alert or a target was opened from, and from which page of it. An address carries the parts
//! that the list's own address has, each of which is read; it carries no address to go to.

use super::{results_request::ResultsRequest, targets_request::TargetsRequest};
use crate::{
    domain::{
        run::{Run, RunId},
        sharing::Asker,
    },
    storage::{EvidencePlace, Storage, StorageError},
    web::{
        frame::{
            error::Error,
            extract::Pairs,
            page_query::{Query, refused},
            parameters::Parameter,
        },
        paths,
        widgets::{
            controls::Link,
            words::{link, run_title},
        },
    },
};

/// Where an alert was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) enum AlertFrom {
    /// Nobody says.
    Nowhere,
    /// In the results of a run.
    Results(RunId, ResultsRequest),
    /// On the page of a target.
    Target(i64, TargetRequest),
}

impl AlertFrom {
    /// What the address of an alert takes of the way back, by where it says that it was opened.
    pub(in crate::web) fn parameters(query: &Query) -> Vec<Parameter> {
        let mut taken = match (query.choice("target"), query.choice("run")) {
            (Some(_), _) => TargetRequest::parameters(query),
            (None, Some(_)) => parameters_of_results(),
            (None, None) => vec![Parameter::any_whole("run")],
        };
        taken.push(Parameter::any_whole("target"));
        taken
    }

    /// Reads the address of an alert.
    pub(in crate::web) fn parse(query: &Pairs) -> Result<Self, Error> {
        Ok(match (query.number("target"), query.number("run")) {
            (Some(id), _) => Self::Target(id, TargetRequest::parse(query)?),
            (None, Some(id)) => Self::Results(id, ResultsRequest::parse(query)?),
            (None, None) => Self::Nowhere,
        })
    }

    /// The parts of the address of an alert that is opened there.
    pub(in crate::web) fn pairs(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Nowhere => Vec::new(),
            Self::Results(id, request) => of_results(*id, request),
            Self::Target(id, request) => {
                std::iter::once(("target", id.to_string())).chain(request.pairs()).collect()
            }
        }
    }

    /// Where a target is opened by whoever came this way to an alert.
    pub(in crate::web) fn to_target(&self) -> TargetRequest {
        match self {
            Self::Nowhere => TargetRequest::default(),
            Self::Results(id, request) => TargetRequest {
                from: TargetFrom::Results(*id, request.clone()),
                ..TargetRequest::default()
            },
            Self::Target(_, request) => request.clone(),
        }
    }
}

/// What the address of a target asks for: which of its alerts are shown, and where it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct TargetRequest {
    pub(in crate::web) alerts: EvidencePlace,
    pub(in crate::web) from: TargetFrom,
}

/// Where a target was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) enum TargetFrom {
    /// In the list of targets.
    List(TargetsRequest),
    /// In the results of a run.
    Results(RunId, ResultsRequest),
}

impl Default for TargetFrom {
    fn default() -> Self {
        Self::List(TargetsRequest::default())
    }
}

impl TargetRequest {
    /// The request of an address that asks for nothing else.
    pub(in crate::web) fn of(query: Query) -> Result<Self, Error> {
        let taken = Self::parameters(&query);
        Self::parse(&query.taking(&taken)?)
    }

    /// What the address of a target takes, by where it says that it was opened: `before` is a place in results, or a target in
    /// their list.
    fn parameters(query: &Query) -> Vec<Parameter> {
        let mut taken = if query.choice("run").is_some() {
            parameters_of_results()
        } else {
            // The list itself is asked by this word too, and writes the other.
            let of_list = TargetsRequest::parameters().into_iter();
            let carried = of_list.filter(|parameter| parameter.name() != "cone");
            carried.chain([Parameter::any_whole("run")]).collect()
        };
        taken.extend(["alerts_before", "alerts_after"].map(Parameter::any_whole));
        taken
    }

    /// Reads the address of a target, or of an alert that was opened there.
    pub(in crate::web) fn parse(query: &Pairs) -> Result<Self, Error> {
        let alerts = match (query.number("alerts_before"), query.number("alerts_after")) {
            (Some(_), Some(_)) => {
                return Err(refused("alerts_before", "Give it without “alerts_after”."));
            }
            (Some(id), None) => EvidencePlace::Before(id),
            (None, Some(id)) => EvidencePlace::After(id),
            (None, None) => EvidencePlace::Latest,
        };
        let from = match query.number("run") {
            Some(id) => TargetFrom::Results(id, ResultsRequest::parse(query)?),
            None => TargetFrom::List(TargetsRequest::parse(query)),
        };
        Ok(Self { alerts, from })
    }

    /// The parts of its address.
    pub(in crate::web) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = match self.alerts {
            EvidencePlace::Latest => Vec::new(),
            EvidencePlace::Before(id) => vec![("alerts_before", id.to_string())],
            EvidencePlace::After(id) => vec![("alerts_after", id.to_string())],
        };
        pairs.extend(match &self.from {
            TargetFrom::List(request) => request.pairs(),
            TargetFrom::Results(id, request) => of_results(*id, request),
        });
        pairs
    }

    /// The address that asks for just this.
    pub(in crate::web) fn href(&self, target_id: i64) -> String {
        paths::target_page(target_id, &paths::query_string_of(&self.pairs()))
    }

    /// The address of a page about the target, which leads back to it: "update/".
    pub(in crate::web) fn href_of_part(&self, target_id: i64, end: &str) -> String {
        paths::target_page(target_id, end) + &paths::query_string_of(&self.pairs())
    }

    /// The address of another page of its alerts.
    pub(in crate::web) fn href_of_alerts(&self, target_id: i64, alerts: EvidencePlace) -> String {
        format!("{}#alerts", Self { alerts, ..self.clone() }.href(target_id))
    }

    /// The way back from a target. To a run that they do not see there is none: then it leads to all targets.
    pub(in crate::web) async fn way_back(
        &self,
        storage: &Storage,
        asker: &Asker,
    ) -> Result<Link, StorageError> {
        Ok(match &self.from {
            TargetFrom::List(request) => link("Targets", request.href()),
            TargetFrom::Results(id, request) => match storage.find_run(asker, *id).await? {
                Some(run) => link(format!("‹ {}", run_words(&run)), request.href(run.id)),
                None => link("Targets", paths::TARGETS),
            },
        })
    }
}

/// What is opened in the results of a run carries them.
pub(in crate::web) fn of_results(
    run_id: RunId,
    request: &ResultsRequest,
) -> Vec<(&'static str, String)> {
    std::iter::once(("run", run_id.to_string())).chain(request.pairs()).collect()
}

fn parameters_of_results() -> Vec<Parameter> {
    let mut taken = ResultsRequest::parameters();
    taken.push(Parameter::any_whole("run"));
    taken
}

/// "Run 318: young in g".
pub(in crate::web) fn run_words(run: &Run) -> String {
    format!("Run {}: {}", run.id, run_title(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> (AlertFrom, String) {
        let from = AlertFrom::parse(&Pairs::parse(address.as_bytes())).unwrap();
        let written = paths::query_string_of(&from.pairs());
        (from, written)
    }

    #[test]
    fn what_an_address_carries_is_written_as_it_was_read() {
        for address in [
            "",
            "?run=1",
            "?run=1&order=-mag&page_size=25&after=25%7E196%7E18.5",
            "?run=1&before=50%7E196%7E2461295.97&runs_state=finished&runs_whose=mine&runs_before=40",
            "?target=7&alerts_before=12&name=sn+2026&cone_search=10%2C20%2C30&whose=groups&before=9",
            "?target=7&alerts_after=12&run=3&order=name",
        ] {
            let (_, written) = read(address.trim_start_matches('?'));
            assert_eq!(written, address);
        }
    }

    #[test]
    fn what_is_no_part_of_a_way_back_is_left_out() {
        for address in
            ["run=//evil.example/", "run=", "next=//evil.example/", "target=../..", "run=1%2F..%2F"]
        {
            assert_eq!(read(address), (AlertFrom::Nowhere, String::new()), "{address}");
        }
        let odd = Pairs::parse(b"run=1&after=//evil.example/");
        assert!(AlertFrom::parse(&odd).is_err(), "no place in a list");
    }
}
