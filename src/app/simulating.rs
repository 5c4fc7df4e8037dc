//! The command `simulate`: writes or publishes a night.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use chrono::Utc;
use tracing::info;

use super::{backends::pubsub_service, google_access};
use crate::{
    brokers::pubsub,
    config::{SimulateConfig, SimulatedFormat, SimulatedSurvey},
    domain::timing::Timing,
    google::pubsub::{PubSub, SchemaPath, SubscriptionPath, TopicPath},
    simulate::{self, Format, LsstNight, Night, NightFiles, SimulateError, Stream, ZtfLite},
};

/// Writes or publishes a simulated night; what was done, as a sentence.
pub async fn simulate(config: &SimulateConfig) -> anyhow::Result<String> {
    match config.survey {
        SimulatedSurvey::Ztf => ztf(config).await,
        SimulatedSurvey::Lsst => lsst(config).await,
    }
}

async fn ztf(config: &SimulateConfig) -> anyhow::Result<String> {
    let date = config.date.unwrap_or_else(|| Night::last(Utc::now()));
    let night = Night::on(date, config.seed, config.packets);
    let is_lite = match config.format {
        None | Some(SimulatedFormat::Container) => false,
        Some(SimulatedFormat::Lite) => true,
        Some(SimulatedFormat::Wire | SimulatedFormat::Json) => {
            anyhow::bail!("ZTF's packets are simulated as container or lite")
        }
    };
    if let Some(out) = &config.out {
        return Ok(if is_lite { written(&ZtfLite(&night), out)? } else { written(&night, out)? });
    }
    anyhow::ensure!(!is_lite, "ZTF's packets are published as container only");
    let (stream, pubsub) = opened(config)?;
    said(stream.prepare(&pubsub).await?);
    info!("Publishing {} packets onto {}", night.n_packets, stream.topic);
    Ok(published(stream.publish(&pubsub, &night).await?, &stream))
}

async fn lsst(config: &SimulateConfig) -> anyhow::Result<String> {
    let date = config.date.unwrap_or_else(|| LsstNight::last(Utc::now()));
    let night = LsstNight::on(date, config.seed, config.packets);
    let format = match config.format {
        None | Some(SimulatedFormat::Wire) => Format::Wire,
        Some(SimulatedFormat::Container) => Format::Container,
        Some(SimulatedFormat::Json) => Format::Json,
        Some(SimulatedFormat::Lite) => Format::Lite,
    };
    if let Some(out) = &config.out {
        return Ok(written(&(&night, format), out)?);
    }
    let (stream, pubsub) = opened(config)?;
    said(stream.prepare_lsst(&pubsub).await?);
    info!("Publishing {} packets onto {}", night.n_packets, stream.topic);
    Ok(published(stream.publish_lsst(&pubsub, &night, format).await?, &stream))
}

fn written(night: &impl NightFiles, out: &Path) -> Result<String, SimulateError> {
    let is_archive = out.to_string_lossy().ends_with(".tar.gz");
    let n_packets = if is_archive {
        simulate::write_tar_gz(night, out)?
    } else {
        simulate::write_folder(night, out)?
    };
    Ok(format!("Wrote {n_packets} packets to {}", out.display()))
}

fn published(n_packets: usize, stream: &Stream) -> String {
    format!("Published {n_packets} packets onto {}", stream.topic)
}

fn said(sentences: Vec<String>) {
    for sentence in sentences {
        info!("{sentence}");
    }
}

/// Where the night goes, and as whom.
fn opened(config: &SimulateConfig) -> anyhow::Result<(Stream, PubSub)> {
    let topic = config.publish.as_deref().context("neither --out nor --publish is given")?;
    let service = pubsub_service(&config.google, &Timing::default())?;
    let access = google_access(&config.google)?;
    let project = match &access.project {
        Some(project) => project.clone(),
        None if service.is_emulator => pubsub::publisher_of(topic).to_owned(),
        None => anyhow::bail!("give the project to publish in with --google-project"),
    };
    let subscription = config.subscription.as_deref().unwrap_or(topic);
    let stream = Stream {
        topic: TopicPath::new(&project, topic),
        subscription: SubscriptionPath::new(&project, subscription),
        schema: config.schema.as_deref().map(|name| SchemaPath::new(&project, name)),
        per_second: (config.rate > 0.0).then_some(config.rate),
    };
    let pubsub = service.client(access, Arc::new(|_, sentence: String| info!("{sentence}")));
    Ok((stream, pubsub))
}
