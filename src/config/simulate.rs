//! Settings of `tom-alerts simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::GoogleConfig;
use crate::google::check_resource_name;

/// Whose alerts are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimulatedSurvey {
    /// ZTF, schema 4.02.
    Ztf,
    /// LSST, schema 11.1.
    Lsst,
}

/// How packets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimulatedFormat {
    /// An Avro object container file with its schema.
    Container,
    /// Confluent wire format: the number of the schema, then the record.
    Wire,
    /// JSON of the whole alert, stamps in base64.
    Json,
    /// JSON of fewer fields, without stamps, as in the lite streams.
    Lite,
}

/// Settings of the simulated survey.
#[derive(Debug, Args)]
pub struct SimulateConfig {
    /// Whose alerts.
    #[arg(long, value_enum, default_value = "ztf")]
    pub survey: SimulatedSurvey,
    /// How packets are written; ZTF has container and lite [default: container for ztf, wire for lsst].
    #[arg(long, value_enum)]
    pub format: Option<SimulatedFormat>,
    /// Where to write: a folder, or a file that ends in .tar.gz.
    #[arg(long, required_unless_present = "publish", conflicts_with = "publish")]
    pub out: Option<PathBuf>,
    /// Topic to publish onto, such as ztf-loop; it and a subscription are made if they are not there.
    #[arg(long, value_name = "TOPIC", value_parser = parse_resource)]
    pub publish: Option<String>,
    /// Messages per second; 0: as fast as it goes.
    #[arg(long, default_value_t = 1.0, requires = "publish", value_parser = parse_rate)]
    pub rate: f64,
    /// The subscription that keeps the messages for a reader [default: the topic's name].
    #[arg(long, requires = "publish", value_parser = parse_resource)]
    pub subscription: Option<String>,
    /// Also create an Avro schema of this name in the schema service.
    #[arg(long, requires = "publish", value_name = "NAME", value_parser = parse_resource)]
    pub schema: Option<String>,
    /// Where to publish, and as whom.
    #[command(flatten)]
    pub google: GoogleConfig,
    /// Number of packets.
    #[arg(long, default_value_t = 1000)]
    pub packets: usize,
    /// The same seed gives the same packets.
    #[arg(long, default_value_t = 20_260_912)]
    pub seed: u64,
    /// The night, as the UTC date of its middle [default: the last night that is over].
    #[arg(long)]
    pub date: Option<chrono::NaiveDate>,
}

fn parse_resource(text: &str) -> Result<String, String> {
    check_resource_name(text).map(|()| text.to_owned())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.0..=100_000.0).contains(rate))
        .ok_or_else(|| "a number of messages per second".to_owned())
}
