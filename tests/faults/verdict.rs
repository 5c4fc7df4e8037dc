//! The verdict: what was published against what the database holds.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    time::Duration,
};

use sqlx::{Connection, PgConnection};

use crate::{
    ledger::{Figures, Ledger},
    messages::Message,
    plan::Blow,
    runs::Ends,
    trap::Point,
};

/// A run's message that is stored more often than once: alerts, alerts of one run, junk of one run. A message that comes
/// again to another run is that run's too.
const COUNT_TWICE: &str = "
    select (
        select count(*) from (select from alert group by survey, source_id having count(*) > 1) as again
    ) + (
        select count(*) from (
            select from run_alert l join alert a on a.id = l.alert_id
            group by l.run_id, a.survey, a.source_id having count(*) > 1
        ) as again
    ) + (
        select count(*) from (select from unreadable group by run_id, message_id having count(*) > 1) as again
    )";

/// What a message has brought to more than one run of a listener.
const COUNT_LINKED_AGAIN: &str = "
    select (
        select count(*) from (
            select from run_alert l join run r on r.id = l.run_id where r.day is not null
            group by l.alert_id, l.attributes->>'message_id' having count(*) > 1
        ) as again
    ) + (
        select count(*) from (
            select from unreadable u join run r on r.id = u.run_id where r.day is not null
            group by u.message_id having count(*) > 1
        ) as again
    )";

/// What a campaign has found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) published: usize,
    pub(crate) lost: usize,
    /// Stored with other bytes than were sent.
    pub(crate) altered: usize,
    pub(crate) stored_twice: usize,
    /// Of a listener, whose runs share what a message brings.
    pub(crate) linked_again: usize,
    pub(crate) unexpected: usize,
    pub(crate) junk: usize,
    pub(crate) quarantined: usize,
    /// What the relay counted.
    pub(crate) figures: Figures,
    /// Faults that happened, by what and where.
    pub(crate) blows: BTreeMap<(&'static str, Point), usize>,
    /// SIGKILLs of each program.
    pub(crate) killed: BTreeMap<usize, usize>,
    /// Times that every connection to Pub/Sub was reset, and streams that were opened.
    pub(crate) resets: usize,
    pub(crate) opened: usize,
    /// Faults for which no message was left.
    pub(crate) missed: usize,
    pub(crate) ends: Ends,
    /// Faults of the software that the program itself tells of.
    pub(crate) complaints: Vec<String>,
    pub(crate) duration: Duration,
}

impl Verdict {
    /// Compares the tables with the book.
    pub(crate) async fn judge(database_url: &str, ledger: &Ledger) -> Self {
        let mut database = PgConnection::connect(database_url).await.unwrap();
        let packets = stored_packets(&mut database).await;
        let quarantine = stored_junk(&mut database).await;
        let twice: i64 = sqlx::query_scalar(COUNT_TWICE).fetch_one(&mut database).await.unwrap();
        let again: i64 =
            sqlx::query_scalar(COUNT_LINKED_AGAIN).fetch_one(&mut database).await.unwrap();
        let messages = ledger.messages();
        let kept = |(id, message): &(String, Message)| match message.candid {
            Some(candid) => packets.get(&candid).map(|bytes| message.bytes == *bytes),
            None => quarantine.get(id).map(|bytes| message.bytes == *bytes),
        };
        let fates: Vec<Option<bool>> = messages.iter().map(kept).collect();
        let count = |fate| fates.iter().filter(|found| **found == fate).count();
        let candids: HashSet<i64> = messages.iter().filter_map(|(_, m)| m.candid).collect();
        let junk: HashSet<&String> =
            messages.iter().filter(|(_, m)| m.candid.is_none()).map(|(id, _)| id).collect();
        let quarantined = quarantine.keys().filter(|id| junk.contains(id)).count();
        let strangers = packets.keys().filter(|candid| !candids.contains(candid)).count();
        Self {
            published: messages.len(),
            lost: count(None),
            altered: count(Some(false)),
            stored_twice: usize::try_from(twice).unwrap(),
            linked_again: usize::try_from(again).unwrap(),
            unexpected: strangers + quarantine.len() - quarantined,
            junk: junk.len(),
            quarantined,
            figures: ledger.figures(),
            ..Self::default()
        }
    }

    /// How many faults of a kind happened.
    pub(crate) fn n(&self, blow: Blow) -> usize {
        let of_kind = |((kind, _), _): &(&(&str, Point), &usize)| *kind == blow.name();
        self.blows.iter().filter(of_kind).map(|(_, n)| n).sum()
    }
}

/// The packets of the alerts, by the alert's id.
async fn stored_packets(database: &mut PgConnection) -> HashMap<i64, Vec<u8>> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select a.source_id, coalesce(h.bytes, '') || p.bytes
         from alert a
         join alert_packet p on p.alert_id = a.id
         left join packet_head h on h.id = p.head_id",
    )
    .fetch_all(database)
    .await
    .unwrap();
    rows.into_iter().collect()
}

/// The quarantine, by message id.
async fn stored_junk(database: &mut PgConnection) -> HashMap<String, Vec<u8>> {
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("select coalesce(message_id, ''), bytes from unreadable")
            .fetch_all(database)
            .await
            .unwrap();
    rows.into_iter().collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "published {}", self.published)?;
        writeln!(f, "lost {}", self.lost)?;
        writeln!(f, "altered {}", self.altered)?;
        writeln!(f, "stored twice {}", self.stored_twice)?;
        writeln!(f, "linked to more than one run of a listener {}", self.linked_again)?;
        writeln!(f, "unexpected {}", self.unexpected)?;
        writeln!(f, "acknowledged before committed {}", self.figures.acknowledged_early)?;
        writeln!(f, "junk quarantined {} of {}", self.quarantined, self.junk)?;
        writeln!(f, "redeliveries {}", self.figures.redeliveries)?;
        let Figures { extended, given_back, longest_extension, .. } = self.figures;
        writeln!(
            f,
            "leases extended {extended} (by {longest_extension:?} at most), given back {given_back}"
        )?;
        for ((blow, point), n) in &self.blows {
            writeln!(f, "{blow} at {point:?}: {n}")?;
        }
        writeln!(f, "SIGKILLs of each program {:?}", self.killed)?;
        writeln!(f, "resets {}, streams opened {}", self.resets, self.opened)?;
        writeln!(f, "faults that found no message {}", self.missed)?;
        writeln!(f, "runs {:?}", self.ends.states)?;
        for (feedback, n) in &self.ends.feedback {
            writeln!(f, "{n} x {feedback}")?;
        }
        for complaint in &self.complaints {
            writeln!(f, "the program says: {complaint}")?;
        }
        write!(f, "duration {:.0} s", self.duration.as_secs_f64())
    }
}
