//! What is told of a thing and not changed with it, where it is sent back: who changes a member of an answer can send all of it.
//!
//! What stays is to be as it is told; what changes by itself is not looked at, or an alert that came meanwhile would be in the way.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::lenient::as_sent;

/// What is told of a target.
#[derive(Deserialize, ToSchema)]
pub(super) struct ToldOfTarget {
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = i64)]
    id: Option<Value>,
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = String)]
    created_by: Option<Value>,
    /// As it is, if it is sent at all; `/api/targets/{id}/sharing/` changes it.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = Object)]
    sharing: Option<Value>,
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = String)]
    created: Option<Value>,
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = String)]
    url: Option<Value>,
    /// Not looked at: `version` says which state was read.
    #[serde(default, rename = "modified")]
    #[schema(read_only, value_type = String)]
    _modified: Option<Value>,
    /// Not looked at.
    #[serde(default, rename = "n_alerts")]
    #[schema(read_only, value_type = u64)]
    _n_alerts: Option<Value>,
    /// Not looked at.
    #[serde(default, rename = "alerts")]
    #[schema(read_only, value_type = Vec<Object>)]
    _alerts: Option<Value>,
    /// Not looked at.
    #[serde(default, rename = "alerts_next")]
    #[schema(read_only, value_type = Option<String>)]
    _alerts_next: Option<Value>,
}

/// What is told of a saved query.
#[derive(Deserialize, ToSchema)]
pub(super) struct ToldOfQuery {
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = i64)]
    id: Option<Value>,
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = String)]
    owner: Option<Value>,
    /// As it is, if it is sent at all; `/api/queries/{id}/sharing/` changes it.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = Object)]
    sharing: Option<Value>,
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = String)]
    created: Option<Value>,
    /// As it is, if it is sent at all.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(read_only, value_type = String)]
    url: Option<Value>,
    /// Not looked at: `version` says which state was read.
    #[serde(default, rename = "modified")]
    #[schema(read_only, value_type = String)]
    _modified: Option<Value>,
    /// Not looked at.
    #[serde(default, rename = "last_run")]
    #[schema(read_only, value_type = Option<Object>)]
    _last_run: Option<Value>,
}

impl ToldOfTarget {
    /// What was sent back otherwise than it is told, by its name.
    pub(super) fn differing(self, told: &impl Serialize) -> Map<String, Value> {
        let Self { id, created_by, sharing, created, url, .. } = self;
        let sent = [
            ("id", id),
            ("created_by", created_by),
            ("sharing", sharing),
            ("created", created),
            ("url", url),
        ];
        differing(sent, told)
    }
}

impl ToldOfQuery {
    /// What was sent back otherwise than it is told, by its name.
    pub(super) fn differing(self, told: &impl Serialize) -> Map<String, Value> {
        let Self { id, owner, sharing, created, url, .. } = self;
        let sent = [
            ("id", id),
            ("owner", owner),
            ("sharing", sharing),
            ("created", created),
            ("url", url),
        ];
        differing(sent, told)
    }
}

fn differing<const N: usize>(
    sent: [(&'static str, Option<Value>); N],
    told: &impl Serialize,
) -> Map<String, Value> {
    let told = serde_json::to_value(told).unwrap_or_default();
    let differs = |(name, value): &(&str, Value)| told[*name] != *value;
    let sent = sent.into_iter().filter_map(|(name, value)| Some((name, value?)));
    sent.filter(differs).map(|(name, _)| (name.to_owned(), json!([message(name)]))).collect()
}

fn message(name: &str) -> &'static str {
    if name == "sharing" {
        "This request does not change it: send what is told, or leave it out. It is changed at its own address, …/sharing/."
    } else {
        "This cannot be changed: send what is told, or leave it out."
    }
}
