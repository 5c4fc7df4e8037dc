//! tom-alerts: the alerts page of a TOM (Target and Observation Manager) for the Pitt-Google broker.
//!
//! The map of the crate and the rule of its layers stand in `docs/ARCHITECTURE.md`;
//! `tests/architecture.rs` holds the rule.

pub mod domain;
