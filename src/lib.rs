//! tom-alerts: the alerts page of a TOM (Target and Observation Manager) for the Pitt-Google broker.
//!
//! The map of the crate and the rule of its layers stand in `docs/ARCHITECTURE.md`;
//! `tests/architecture` holds the rule.

pub mod actions;
pub mod app;
pub mod brokers;
pub mod clock;
pub mod config;
pub mod domain;
pub mod forms;
pub mod google;
pub mod http_api;
pub mod local_postgres;
pub mod packets;
pub mod simulate;
pub mod storage;
pub mod telemetry;
pub mod web;
