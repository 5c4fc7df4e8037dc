//! Which statement of a connection is which: the transactions that keep alerts, read off the wire protocol.

use std::collections::HashMap;

use crate::trap::Point;

/// A message of `PostgreSQL`'s protocol, version 3: its kind, then its length, then its text.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The byte that says what it is.
    pub(crate) kind: u8,
    /// All of it, ready to be handed on.
    pub(crate) bytes: Vec<u8>,
}

impl Frame {
    /// What follows kind and length.
    fn body(&self) -> &[u8] {
        &self.bytes[5..]
    }

    fn first_word(&self) -> String {
        let is_end = |byte: &u8| !byte.is_ascii_alphabetic();
        let word = self.body().split(is_end).next().unwrap_or_default();
        String::from_utf8_lossy(word).to_ascii_uppercase()
    }
}

/// How far a transaction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// There is none.
    #[default]
    None,
    /// It has begun.
    Begun,
    /// Alerts are on their way into it.
    Keeps,
    /// Alerts are in it.
    Kept,
}

/// Where a connection stands.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Prepared statements: whether they insert alerts.
    inserts: HashMap<Vec<u8>, bool>,
    /// Whether the statement that was bound last inserts alerts.
    is_insert: bool,
    stage: Stage,
}

impl Watch {
    /// Takes note of what the program sends; the point that this is, before it is handed on.
    pub(crate) fn sent(&mut self, frame: &Frame) -> Option<Point> {
        match frame.kind {
            b'Q' => return self.sent_query(&frame.first_word()),
            b'P' => {
                let mut parts = frame.body().split(|byte| *byte == 0);
                let name = parts.next().unwrap_or_default().to_vec();
                let text = parts.next().unwrap_or_default().trim_ascii_start();
                self.inserts.insert(name, text.starts_with(b"insert into alert "));
            }
            b'B' => {
                let name = frame.body().split(|byte| *byte == 0).nth(1).unwrap_or_default();
                self.is_insert = self.inserts.get(name).copied().unwrap_or(false);
            }
            b'E' if self.is_insert && self.stage == Stage::Begun => self.stage = Stage::Keeps,
            _ => {}
        }
        None
    }

    fn sent_query(&mut self, word: &str) -> Option<Point> {
        match word {
            "BEGIN" => {
                self.stage = Stage::Begun;
                Some(Point::Decoded)
            }
            "COMMIT" if self.keeps() => Some(Point::BeforeCommit),
            "ROLLBACK" => {
                self.stage = Stage::None;
                None
            }
            _ => None,
        }
    }

    /// Takes note of what the server answers; the point that this is.
    pub(crate) fn answered(&mut self, frame: &Frame) -> Option<Point> {
        if frame.kind != b'C' {
            return None;
        }
        match frame.first_word().as_str() {
            "BEGIN" => Some(Point::Begun),
            "INSERT" if self.stage == Stage::Keeps => {
                self.stage = Stage::Kept;
                Some(Point::Inserted)
            }
            "COMMIT" if self.keeps() => {
                self.stage = Stage::None;
                Some(Point::AfterCommit)
            }
            _ => None,
        }
    }

    fn keeps(&self) -> bool {
        matches!(self.stage, Stage::Keeps | Stage::Kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, body: &str) -> Frame {
        let mut bytes = vec![kind, 0, 0, 0, 0];
        bytes.extend_from_slice(body.as_bytes());
        Frame { kind, bytes }
    }

    #[test]
    fn a_keeping_transaction_passes_its_points_in_order() {
        let mut watch = Watch::default();
        assert_eq!(watch.sent(&frame(b'Q', "BEGIN\0")), Some(Point::Decoded));
        assert_eq!(watch.answered(&frame(b'C', "BEGIN\0")), Some(Point::Begun));
        assert_eq!(watch.sent(&frame(b'P', "s1\0insert into alert (survey) …\0")), None);
        assert_eq!(watch.sent(&frame(b'B', "\0s1\0")), None);
        assert_eq!(watch.sent(&frame(b'E', "\0")), None);
        assert_eq!(watch.answered(&frame(b'C', "INSERT 0 3\0")), Some(Point::Inserted));
        assert_eq!(watch.answered(&frame(b'C', "INSERT 0 3\0")), None);
        assert_eq!(watch.sent(&frame(b'Q', "COMMIT\0")), Some(Point::BeforeCommit));
        assert_eq!(watch.answered(&frame(b'C', "COMMIT\0")), Some(Point::AfterCommit));
    }

    #[test]
    fn a_transaction_that_inserts_no_alert_has_nothing_to_commit() {
        let mut watch = Watch::default();
        watch.sent(&frame(b'Q', "BEGIN\0"));
        watch.sent(&frame(b'P', "s1\0insert into alert_packet …\0"));
        watch.sent(&frame(b'B', "\0s1\0"));
        watch.sent(&frame(b'E', "\0"));
        assert_eq!(watch.sent(&frame(b'Q', "COMMIT\0")), None);
    }
}
