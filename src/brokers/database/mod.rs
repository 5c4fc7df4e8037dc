//! Pitt-Google Database: the broker's tables in BigQuery, asked with parameters, a cap on every job and a budget.

mod check;
mod consumer;
mod dialect;
mod form;
mod lsst;
mod programs;
mod query;
mod running;
mod sql;
mod tables;
mod unpack;
mod ztf;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use url::Url;

pub use self::sql::Statement;
use self::{
    consumer::{Consumer, check_limit},
    form::FORM,
    query::Query,
    running::Running,
};
use super::{
    AlertStream, Broker, BrokerError, Check, Cost, DailyBudget, NO_PROJECT, PlannedJob, Preview,
    RunContext,
};
use crate::{
    domain::{
        grant::GoogleRight,
        run::LogLevel,
        timing::{CallTiming, QueryTiming, Timing},
    },
    forms::{FormSpec, Parameters},
    google::{
        self, Access, ApiClient,
        bigquery::{BigQuery, GOOGLE_ENDPOINT, ROOT},
    },
    http_api::{self, ApiSettings, HttpApi, Listener},
};

/// Batches that wait between fetching and storing.
const BATCHES_AHEAD: usize = 2;

/// What one query may read unless the deployment says otherwise, bytes: 100 GiB, $0.61.
const QUERY_LIMIT: u64 = 100 << 30;

/// What may be spent a day unless the deployment says otherwise: 200 GiB, $1.22, of a member; 500 GiB, $3.05, of all.
const DAILY: DailyBudget =
    DailyBudget { user: Cost(200 << 30), team: Cost(500 << 30), user_jobs: 2, team_jobs: 8 };

/// The project of a deployment that has none, in an emulator, which knows no users.
const EMULATOR_PROJECT: &str = "local";

/// Why there can be no client of BigQuery.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The emulator's address.
    #[error(
        "{0} is not an address of a BigQuery emulator: HOST:PORT is expected, such as localhost:9050"
    )]
    NotAHost(String),
    /// TLS cannot be set up.
    #[error("connections cannot be made: {0}")]
    Connections(#[from] reqwest::Error),
}

/// Where BigQuery is, and what it may cost.
#[derive(Clone, Debug)]
pub struct BigQueryService {
    /// Base of its URLs.
    pub endpoint: Url,
    /// An emulator asks for no credentials.
    pub is_emulator: bool,
    /// How patient we are.
    pub timing: Timing,
    /// What one query may read, bytes.
    pub query_limit: u64,
    /// What may be spent a day.
    pub daily: DailyBudget,
    /// Shared connections.
    pub http: reqwest::Client,
}

impl BigQueryService {
    /// Google's own service, or an emulator at `HOST:PORT`.
    pub fn at(emulator: Option<&str>, timing: &Timing) -> Result<Self, EndpointError> {
        let (endpoint, is_emulator) =
            google::endpoint(GOOGLE_ENDPOINT, emulator).map_err(EndpointError::NotAHost)?;
        Ok(Self {
            endpoint,
            is_emulator,
            timing: *timing,
            query_limit: QUERY_LIMIT,
            daily: DAILY,
            http: http_api::connections(is_emulator, timing.calls.connect)?,
        })
    }

    fn client(&self, access: Access, patience: Duration, listener: Listener) -> BigQuery {
        let brief = self.timing.queries.brief;
        let api = HttpApi::new(ApiSettings {
            http: self.http.clone(),
            service: "BigQuery",
            base: self.endpoint.clone(),
            root: ROOT,
            token: None,
            timing: CallTiming { patience, brief, ..self.timing.calls },
            listener,
        });
        BigQuery::new(ApiClient::new(api, access, !self.is_emulator))
    }

    fn project(&self, access: &Access) -> Result<String, BrokerError> {
        match &access.project {
            Some(project) => Ok(project.clone()),
            None if self.is_emulator => Ok(EMULATOR_PROJECT.to_owned()),
            None => Err(BrokerError::NoBilledProject),
        }
    }
}

/// The backend of a deployment.
#[derive(Debug)]
pub struct Database {
    service: BigQueryService,
}

impl Database {
    /// Queries of BigQuery at this service.
    pub fn new(service: BigQueryService) -> Self {
        Self { service }
    }

    fn consumer(
        &self,
        query: &Parameters,
        now: DateTime<Utc>,
        access: &Access,
        patience: Duration,
        listener: Listener,
    ) -> Result<Consumer, BrokerError> {
        let query = Query::of(query, now)?;
        let project = self.service.project(access)?;
        let bigquery = self.service.client(access.clone(), patience, listener);
        let BigQueryService { query_limit, timing, .. } = &self.service;
        Ok(Consumer::new(bigquery, query, project, *query_limit, timing.queries))
    }
}

/// The statement that a checked form is at a time: constant text and named, typed parameters.
pub fn create_sql_stmnt(query: &Parameters, now: DateTime<Utc>) -> Result<Statement, BrokerError> {
    Ok(sql::create_sql_stmnt(&Query::of(query, now)?))
}

#[async_trait]
impl Broker for Database {
    fn id(&self) -> &'static str {
        "database"
    }

    fn name(&self) -> &'static str {
        "Pitt-Google Database"
    }

    fn summary(&self) -> &'static str {
        "Alerts of past months and years, from Pitt-Google's tables in BigQuery."
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "Google bills your project for the bytes that a query reads, $6.25 a TiB beyond the first TiB of a month; a short answer can be expensive. Check says beforehand what a query will read.",
            "Every job is capped at 10% above its estimate and refused above the limits of this service. A query that is stopped may still be billed. You can run two queries at once.",
            "The tables have no images. An alert that also arrives by a stream keeps the stream's packet, with its images.",
        ]
    }

    fn form(&self) -> &'static FormSpec {
        &FORM
    }

    fn needed_right(&self) -> Option<GoogleRight> {
        // An emulator knows nobody.
        (!self.service.is_emulator).then_some(GoogleRight::BigQuery)
    }

    async fn test_access(&self, access: &Access) -> Option<Result<String, String>> {
        let Ok(project) = self.service.project(access) else {
            return Some(Err(NO_PROJECT.to_owned()));
        };
        let patience = self.service.timing.calls.quick;
        let client = self.service.client(access.clone(), patience, Arc::new(|_, _| {}));
        Some(match client.estimate(&consumer::test_job(&project)).await {
            Ok(_) => Ok(format!("BigQuery answers and accepts queries billed to {project}.")),
            Err(error) => Err(error.sentence()),
        })
    }

    fn preview(&self) -> Option<&dyn Preview> {
        Some(self)
    }

    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError> {
        let log = context.clone();
        let listener = Arc::new(move |level, sentence| log.log(level, sentence));
        let QueryTiming { patience, grace, .. } = self.service.timing.queries;
        let mut consumer =
            self.consumer(query, context.now, &context.access, patience, listener)?;
        context.log(LogLevel::Info, format!("Acting as {}", consumer.acts_as()));
        let estimated = tokio::select! {
            estimated = consumer.estimate() => estimated?,
            () = context.stop.cancelled() => return Ok(futures::stream::empty().boxed()),
        };
        for remark in consumer.query().remarks() {
            context.log(LogLevel::Info, remark);
        }
        context.log(
            LogLevel::Info,
            format!(
                "The query will read {}, billed to the project {}; BigQuery refuses it above {}",
                estimated.words(),
                consumer.job().project,
                estimated.cap
            ),
        );
        check_limit(&estimated)?;
        let budget = context.budget.clone().ok_or_else(|| {
            super::BudgetError::Unknown("there is no record of what was spent".to_owned())
        })?;
        // It may wait for its start as long as for its end.
        let lasts = Duration::from_secs(consumer.query().timeout_s) + patience + grace;
        let job = PlannedJob { estimated: estimated.cost, may_be_billed: estimated.cap, lasts };
        let reservation = budget.reserve(job, self.service.daily).await?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let consumer = Arc::new(consumer);
        let tasks = context.tasks.clone();
        let cap = estimated.cap;
        tasks.spawn(Running { consumer, cap, budget, reservation, context }.run(sender));
        Ok(ReceiverStream::new(receiver).boxed())
    }
}

#[async_trait]
impl Preview for Database {
    async fn check(
        &self,
        query: &Parameters,
        now: DateTime<Utc>,
        access: &Access,
    ) -> Result<Check, BrokerError> {
        let nobody = Arc::new(|_, _| {});
        let patience = self.service.timing.queries.check;
        let consumer = self.consumer(query, now, access, patience, nobody)?;
        Ok(check::check(consumer).await)
    }

    fn daily(&self) -> DailyBudget {
        self.service.daily
    }
}
