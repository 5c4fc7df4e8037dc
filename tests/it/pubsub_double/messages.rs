//! Topics, subscriptions and the messages in them, with the rules of Pub/Sub.

use std::collections::{BTreeMap, BTreeSet};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE},
};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::reply::Refusal;

/// Message ids of Google have so many digits that they do not fit into 32 bits.
const FIRST_MESSAGE_ID: u64 = 10_000_000_000_000_001;
/// 2026-01-01; each message is a millisecond later than the one before.
const FIRST_PUBLISH_TIME_MS: i64 = 1_767_225_600_000;
/// A pull gets no more, whatever it asks for.
const MOST_PER_PULL: u64 = 1000;

type Outcome = Result<Value, Refusal>;

#[derive(Default)]
pub(super) struct Messages {
    topics: BTreeSet<String>,
    subscriptions: BTreeMap<String, Subscription>,
    n_published: u64,
    n_leased: u64,
    pub(super) acknowledged: Vec<String>,
    pub(super) nacked: Vec<String>,
    pub(super) stale: Vec<String>,
}

struct Subscription {
    resource: Value,
    /// By message id, so in the order of publication.
    held: BTreeMap<u64, Held>,
    /// Which message an ack id stands for, by its number.
    leases: BTreeMap<u64, u64>,
}

struct Held {
    message: Value,
    n_deliveries: u64,
    is_out: bool,
}

impl Messages {
    pub(super) fn create_topic(&mut self, name: &str) -> Outcome {
        check_name(name, "topics")?;
        if !self.topics.insert(name.to_owned()) {
            return Err(Refusal::already_exists(name));
        }
        self.topic(name)
    }

    pub(super) fn topic(&self, name: &str) -> Outcome {
        let found = self.topics.contains(name).then(|| json!({"name": name}));
        found.ok_or_else(|| Refusal::not_found(name))
    }

    /// Its subscriptions stay, with the messages in them.
    pub(super) fn delete_topic(&mut self, name: &str) -> Outcome {
        self.topic(name)?;
        self.topics.remove(name);
        for subscription in self.subscriptions.values_mut() {
            if subscription.resource["topic"] == name {
                subscription.resource["topic"] = json!("_deleted-topic_");
            }
        }
        Ok(json!({}))
    }

    pub(super) fn create_subscription(&mut self, name: &str, body: &Value) -> Outcome {
        check_name(name, "subscriptions")?;
        let seconds = match body["ackDeadlineSeconds"].as_u64().unwrap_or(0) {
            0 => 10,
            seconds @ 10..=600 => seconds,
            _ => return Err(Refusal::invalid("Invalid ack deadline given.")),
        };
        self.topic(body["topic"].as_str().unwrap_or_default())?;
        if self.subscriptions.contains_key(name) {
            return Err(Refusal::already_exists(name));
        }
        let mut resource = json!({"name": name, "state": "ACTIVE", "pushConfig": {}});
        for (key, value) in body.as_object().into_iter().flatten() {
            resource[key] = value.clone();
        }
        resource["ackDeadlineSeconds"] = json!(seconds);
        let new = Subscription { resource, held: BTreeMap::new(), leases: BTreeMap::new() };
        self.subscriptions.insert(name.to_owned(), new);
        self.subscription(name)
    }

    pub(super) fn subscription(&self, name: &str) -> Outcome {
        self.find(name).map(|subscription| subscription.resource.clone())
    }

    pub(super) fn delete_subscription(&mut self, name: &str) -> Outcome {
        self.subscriptions.remove(name).ok_or_else(|| Refusal::not_found(name))?;
        Ok(json!({}))
    }

    pub(super) fn publish(&mut self, topic: &str, body: &Value) -> Outcome {
        self.topic(topic)?;
        let messages = list(body, "messages")?;
        let messages = messages.iter().map(published).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<_> =
            messages.into_iter().map(|message| self.deliver(topic, message)).collect();
        Ok(json!({"messageIds": ids}))
    }

    /// Puts a message into every subscription of a topic.
    pub(super) fn deliver(&mut self, topic: &str, mut message: Value) -> String {
        let id = FIRST_MESSAGE_ID + self.n_published;
        let time_ms = FIRST_PUBLISH_TIME_MS + i64::try_from(self.n_published).unwrap();
        let time = DateTime::from_timestamp_millis(time_ms).unwrap();
        self.n_published += 1;
        message["messageId"] = json!(id.to_string());
        message["publishTime"] = json!(time.to_rfc3339_opts(SecondsFormat::Millis, true));
        for subscription in self.subscriptions.values_mut() {
            if subscription.resource["topic"] == topic {
                let held = Held { message: message.clone(), n_deliveries: 0, is_out: false };
                subscription.held.insert(id, held);
            }
        }
        id.to_string()
    }

    pub(super) fn pull(&mut self, name: &str, body: &Value) -> Result<Vec<Value>, Refusal> {
        let most = body["maxMessages"].as_u64().unwrap_or(0).min(MOST_PER_PULL);
        let n_leased = &mut self.n_leased;
        let subscription =
            self.subscriptions.get_mut(name).ok_or_else(|| Refusal::not_found(name))?;
        if most == 0 {
            return Err(Refusal::invalid("No max_messages specified"));
        }
        let tells_attempts = subscription.resource.get("deadLetterPolicy").is_some();
        let free = subscription.held.iter_mut().filter(|(_, held)| !held.is_out);
        let mut received = Vec::new();
        for (id, held) in free.take(usize::try_from(most).unwrap()) {
            *n_leased += 1;
            held.is_out = true;
            held.n_deliveries += 1;
            subscription.leases.insert(*n_leased, *id);
            let ack_id = format!("{name}:{n_leased}");
            let mut one = json!({"ackId": ack_id, "message": held.message});
            if tells_attempts {
                one["deliveryAttempt"] = json!(held.n_deliveries);
            }
            received.push(one);
        }
        Ok(received)
    }

    /// Ids of the messages that an acknowledge is about.
    pub(super) fn leased(&self, name: &str, body: &Value) -> Result<Vec<String>, Refusal> {
        let subscription = self.find(name)?;
        let numbers = ack_numbers(name, body)?;
        let ids = numbers.iter().filter_map(|(_, number)| subscription.leases.get(number));
        Ok(ids.map(u64::to_string).collect())
    }

    pub(super) fn acknowledge(&mut self, name: &str, body: &Value) -> Outcome {
        for id in self.end_leases(name, body)? {
            if let Some(subscription) = self.subscriptions.get_mut(name) {
                subscription.held.remove(&id);
            }
            self.acknowledged.push(id.to_string());
        }
        Ok(json!({}))
    }

    pub(super) fn modify_ack_deadline(&mut self, name: &str, body: &Value) -> Outcome {
        match body["ackDeadlineSeconds"].as_u64().unwrap_or(0) {
            0 => {
                let given_back = self.end_leases(name, body)?;
                self.nacked.extend(given_back.iter().map(u64::to_string));
            }
            // A lease without a clock is as long as it is.
            1..=600 => drop(self.leased(name, body)?),
            _ => return Err(Refusal::invalid("Invalid ack deadline given.")),
        }
        Ok(json!({}))
    }

    /// Makes the messages of ack ids available again; their ids. An ack id of no lease is ignored.
    fn end_leases(&mut self, name: &str, body: &Value) -> Result<Vec<u64>, Refusal> {
        self.find(name)?;
        let numbers = ack_numbers(name, body)?;
        let mut ids = Vec::new();
        for (ack_id, number) in numbers {
            let Some(subscription) = self.subscriptions.get_mut(name) else { continue };
            let Some(id) = subscription.leases.remove(&number) else {
                self.stale.push(ack_id);
                continue;
            };
            if let Some(held) = subscription.held.get_mut(&id) {
                held.is_out = false;
            }
            ids.push(id);
        }
        Ok(ids)
    }

    pub(super) fn expire_leases(&mut self) {
        for subscription in self.subscriptions.values_mut() {
            subscription.leases.clear();
            subscription.held.values_mut().for_each(|held| held.is_out = false);
        }
    }

    /// Ids of the messages that are out, or of those that are not.
    pub(super) fn ids(&self, out: bool) -> Vec<String> {
        let held = self.subscriptions.values().flat_map(|subscription| &subscription.held);
        held.filter(|(_, held)| held.is_out == out).map(|(id, _)| id.to_string()).collect()
    }

    fn find(&self, name: &str) -> Result<&Subscription, Refusal> {
        self.subscriptions.get(name).ok_or_else(|| Refusal::not_found(name))
    }
}

/// A resource id has 3 to 255 characters and begins with a letter.
fn check_name(name: &str, kind: &str) -> Result<(), Refusal> {
    let id = name.rsplit('/').next().unwrap_or_default();
    let fits = (3..=255).contains(&id.len()) && id.starts_with(|c: char| c.is_ascii_alphabetic());
    fits.then_some(())
        .ok_or_else(|| Refusal::invalid(format!("Invalid [{kind}] name: (name={name})")))
}

/// A message as it is kept: with its data in standard base64.
fn published(message: &Value) -> Outcome {
    let data = message["data"].as_str().unwrap_or_default();
    let attributes = message["attributes"].as_object().filter(|it| !it.is_empty());
    if data.is_empty() && attributes.is_none() {
        return Err(Refusal::invalid("Some messages are empty"));
    }
    let bytes = BASE64_STANDARD.decode(data).or_else(|_| BASE64_URL_SAFE.decode(data));
    let bytes = bytes.map_err(|_| Refusal::invalid("Base64 decoding failed"))?;
    let mut kept = json!({});
    if !bytes.is_empty() {
        kept["data"] = json!(BASE64_STANDARD.encode(bytes));
    }
    if let Some(attributes) = attributes {
        kept["attributes"] = json!(attributes);
    }
    Ok(kept)
}

fn list<'a>(body: &'a Value, field: &str) -> Result<&'a Vec<Value>, Refusal> {
    let list = body[field].as_array().filter(|list| !list.is_empty());
    list.ok_or_else(|| Refusal::invalid(format!("No {field} specified.")))
}

/// Ack ids, each with its number.
fn ack_numbers(name: &str, body: &Value) -> Result<Vec<(String, u64)>, Refusal> {
    let number = |ack_id: &str| ack_id.strip_prefix(name)?.strip_prefix(':')?.parse().ok();
    let read = |value: &Value| {
        let ack_id = value.as_str().unwrap_or_default();
        number(ack_id)
            .map(|number| (ack_id.to_owned(), number))
            .ok_or_else(|| Refusal::invalid(format!("Invalid ack id (ack_id={ack_id})")))
    };
    list(body, "ackIds")?.iter().map(read).collect()
}
