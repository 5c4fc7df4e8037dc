//! Simulated nights of ZTF (schema v4.02) and LSST (schema 11.1): alert packets with history and image stamps, from a
//! seed.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "measured values are rounded to the wire's types, pixels and counts are small"
)]

mod catalogue;
mod container;
mod detection;
mod draw;
mod exposure;
mod field;
mod forced;
mod light_curve;
mod lsst;
mod measured;
mod night;
mod packets;
mod population;
mod publish;
mod record;
mod scene;
mod sightings;
mod source;
mod stamp;
#[cfg(test)]
mod tests;
mod visit;
mod write;
mod ztf_lite;

pub use lsst::{Format, LsstNight, LsstPacket};
pub use night::{Night, default_night};
pub use packets::SimulatedPacket;
pub use publish::Stream;
pub use source::SourceKind;
pub use write::{NightFile, NightFiles, SimulateError, ZtfLite, write_folder, write_tar_gz};
