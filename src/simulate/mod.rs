//! A simulated night of the ZTF survey: alert packets of schema v4.02 with history and image stamps, from a seed.
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

pub use night::{Night, default_night};
pub use packets::SimulatedPacket;
pub use publish::Stream;
pub use source::SourceKind;
pub use write::{SimulateError, write_folder, write_tar_gz};
