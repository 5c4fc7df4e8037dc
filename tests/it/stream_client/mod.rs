//! Streams over an open connection, on the real emulator: what is kept is acknowledged, and a line that breaks is told of
//! and mended.

mod ending;
mod form;
mod keeping;
mod listening;
mod opening;
mod refusals;
mod supervising;

/// The backend under test.
const BACKEND: &str = "stream-client";
