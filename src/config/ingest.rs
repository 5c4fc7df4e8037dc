//! Settings of `tom-alerts ingest`.

use std::path::PathBuf;

use clap::Args;

use super::{
    GoogleConfig, LimitsConfig, LogFormat, SignInConfig, TimingConfig, sign_in::parse_email,
};
use crate::local_postgres::default_data_dir;

/// Settings of `tom-alerts ingest`: which saved query, and where everything is, as for `serve`.
#[derive(Clone, Debug, Args)]
pub struct IngestConfig {
    /// Name of the saved query, exactly.
    #[arg(long, value_name = "NAME")]
    pub query: String,
    /// Address of its owner, where several have a query of this name.
    #[arg(long, value_name = "EMAIL", value_parser = parse_email)]
    pub member: Option<String>,
    /// Seconds from one line of counts to the next.
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Folder of the private database [default: the platform's data folder].
    #[arg(long, env = "TOM_ALERTS_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL to use instead of the private one, `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A folder of Avro schemas for packets that bring none, beside those built in: files named by their id, `1102.avsc`, or
    /// as Rubin names them, `lsst.v11_2.avsc`.
    #[arg(long, env = "TOM_ALERTS_SCHEMAS", value_name = "FOLDER")]
    pub schemas: Option<PathBuf>,
    /// Google's services, and as whom they are used.
    #[command(flatten)]
    pub google: GoogleConfig,
    /// How members' tokens are read and renewed.
    #[command(flatten)]
    pub sign_in: SignInConfig,
    /// What one member may take.
    #[command(flatten)]
    pub limits: LimitsConfig,
    /// How patient it is.
    #[command(flatten)]
    pub timing: TimingConfig,
    /// How log lines look.
    #[arg(long, env = "TOM_ALERTS_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

impl IngestConfig {
    /// The data folder, chosen or default.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }
}
