//! The toy: a form, what it says of itself, and fetching through the client that tries again.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde::Deserialize;
use tom_alerts::{
    brokers::{
        AlertBatch, AlertStream, Broker, BrokerError, Check, Cost, DailyBudget, Delivery,
        EstimatedCost, FILTER_FIELDS, FILTER_RULES, FirstStep, Preview, Receipt, RunContext,
    },
    domain::run::Unreadable,
    forms::{Field, FormSpec, Parameters},
    google::{Access, bigquery::Accuracy},
    http_api::{ApiSettings, Call, HttpApi, Token, connections},
    packets,
};
use url::Url;

use super::service::{SERVICE, TOKEN, ToyService};
use crate::timing;

static FORM: FormSpec = FormSpec { groups: &[TOY_FIELDS, FILTER_FIELDS], rules: FILTER_RULES };

const TOY_FIELDS: &[Field] = &[
    Field::text("night", "Which night of the toy", 20).required().section("Toy"),
    Field::integer("max_results", "Maximum results", 1, 1_000).initial("100").section("Toy"),
];

/// A backend of a service that is not Google's.
pub(super) struct Toy {
    pub(super) base: Url,
    pub(super) token: &'static str,
    /// Largest answer that it takes, bytes.
    pub(super) limit: usize,
    pub(super) acknowledges: bool,
    pub(super) has_preview: bool,
}

/// What the service answers.
#[derive(Deserialize)]
struct Night {
    /// Each in base64.
    packets: Vec<String>,
}

impl Toy {
    /// The toy of a service.
    pub(super) fn of(service: &ToyService) -> Self {
        let base = service.base();
        Self { base, token: TOKEN, limit: 8 << 20, acknowledges: false, has_preview: false }
    }

    /// The service as a run sees it.
    fn client(&self, context: &RunContext) -> HttpApi {
        let (log, timing) = (context.clone(), timing::short().calls);
        HttpApi::new(ApiSettings {
            http: connections(true, timing.connect).unwrap(),
            service: SERVICE,
            base: self.base.clone(),
            root: "toys/",
            token: Some(Token::new(self.token.to_owned())),
            timing,
            listener: Arc::new(move |level, sentence| log.log(level, sentence)),
        })
    }
}

#[async_trait]
impl Broker for Toy {
    fn id(&self) -> &'static str {
        "toy"
    }

    fn name(&self) -> &'static str {
        "Toy alerts"
    }

    fn summary(&self) -> &'static str {
        "Alerts to play with."
    }

    fn notes(&self) -> &'static [&'static str] {
        &["Toys keep no secrets."]
    }

    fn form(&self) -> &'static FormSpec {
        &FORM
    }

    async fn first_step(&self) -> Option<FirstStep> {
        let values = [("night", "tonight"), ("max_results", "100"), ("rb_min", "0.65")];
        Some(FirstStep {
            text: "The toy has a night for you.",
            label: "Query the toy",
            values: values.map(|(name, value)| (name, value.to_owned())).to_vec(),
        })
    }

    fn preview(&self) -> Option<&dyn Preview> {
        self.has_preview.then_some(self)
    }

    fn acknowledges(&self) -> bool {
        self.acknowledges
    }

    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError> {
        let name = query.text("night").unwrap_or_default();
        let what = format!("the night {name}");
        let call = Call::get(format!("nights/{name}/"), &what);
        let call = Call { limit: self.limit, ..call };
        let night: Night = self.client(&context).json(&call).await?;
        let deliveries = night.packets.iter().map(|packet| unpack(packet)).collect();
        context.ends_because("Tonight is all there is.");
        let batch = AlertBatch { deliveries, receipt: Receipt::none() };
        Ok(futures::stream::iter([Ok(batch)]).boxed())
    }
}

fn unpack(packet: &str) -> Delivery {
    let bytes = Bytes::from(STANDARD.decode(packet).unwrap());
    let n_bytes = bytes.len() as u64;
    let content = packets::decode(&bytes).map(Box::new).map_err(|error| Unreadable {
        origin: "a toy".to_owned(),
        error: error.to_string(),
        attributes: None,
        message_id: None,
        bytes,
    });
    Delivery { content, attributes: None, n_bytes }
}

#[async_trait]
impl Preview for Toy {
    async fn check(
        &self,
        _: &Parameters,
        _: DateTime<Utc>,
        _: &Access,
    ) -> Result<Check, BrokerError> {
        Ok(Check {
            statement: "GET /toys/".to_owned(),
            parameters: Vec::new(),
            remarks: vec!["Toys are cheap".to_owned()],
            python: "print('toys')".to_owned(),
            curl: "curl /toys/".to_owned(),
            billed_by: SERVICE,
            project: "toys".to_owned(),
            left: None,
            estimate: Ok(EstimatedCost {
                cost: Cost(1 << 20),
                accuracy: Accuracy::Exact,
                cap: Cost(2 << 20),
                limit: Cost(1 << 30),
            }),
        })
    }

    fn daily(&self) -> DailyBudget {
        DailyBudget { user: Cost(1 << 30), team: Cost(1 << 30), user_jobs: 1, team_jobs: 1 }
    }
}
