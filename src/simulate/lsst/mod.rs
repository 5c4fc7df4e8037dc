//! A simulated night of LSST: alert packets of schema 11.1 with history, forced photometry and image stamps.

mod encode;
mod measure;
mod night;
mod object;
mod orbit;
mod packets;
mod pointing;
mod record;
mod schema;
mod sky;
mod stamp;
mod stamp_fits;
#[cfg(test)]
mod tests;

pub use encode::Format;
pub use night::LsstNight;
pub use packets::LsstPacket;
pub(super) use schema::text as schema_text;
