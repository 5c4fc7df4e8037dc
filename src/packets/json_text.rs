//! From JSON's text to its tree: bounded in depth and in number, exact in its numbers, and nothing copied that can stand where
//! it is. A message's stamps are texts of 40 kB, so that texts are looked through many bytes at a time.

use std::borrow::Cow;

use super::PacketError;
use super::cursor::{Fault, deeper};
use super::json_tree::{Member, Node};
use super::limits::{MESSAGE_BYTES, VALUES};

impl<'a> Node<'a> {
    /// Reads one value, of which all of `text` has to be used.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, PacketError> {
        if text.len() > MESSAGE_BYTES {
            return Err(PacketError::TooLarge { bytes: text.len(), limit: MESSAGE_BYTES });
        }
        let wrong =
            |what: &str, at: usize| PacketError::Json { reason: format!("{what} at byte {at}") };
        let text = std::str::from_utf8(text)
            .map_err(|error| wrong("it is not UTF-8", error.valid_up_to()))?;
        let mut reader = Reader { text, at: 0, values_left: VALUES, n_members: 0 };
        let mut node = Node::Null;
        let read = reader.value(0, &mut node).and_then(|()| match reader.next_byte() {
            None => Ok(()),
            Some(_) => Err(Stop::Wrong("more follows")),
        });
        read.map(|()| node).map_err(|stop| match stop {
            Stop::Bound(fault) => fault.into(),
            Stop::Wrong(what) => wrong(what, reader.at),
        })
    }
}

/// Why a text is read no further.
enum Stop {
    /// It holds more than is read.
    Bound(Fault),
    /// It is no JSON.
    Wrong(&'static str),
}

const CUT: Stop = Stop::Wrong("it ends");
const NO_NUMBER: Stop = Stop::Wrong("no number");
const NO_ESCAPE: Stop = Stop::Wrong("no escape of a text");

/// How many bytes of a text are looked at together.
const TOGETHER: usize = 64;

/// Most members for which there is room in advance. A source of LSST has some 100.
const ROOM: usize = 128;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values_left: usize,
    /// Of the record that was read last.
    n_members: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space; it is not passed over.
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Reads a value into its place: handed from hand to hand it would be copied at every level.
    fn value(&mut self, depth: usize, place: &mut Node<'a>) -> Result<(), Stop> {
        let left = self.values_left.checked_sub(1);
        self.values_left = left.ok_or(Stop::Bound(Fault::TooManyValues))?;
        *place = match self.next_byte().ok_or(CUT)? {
            b'{' => Node::Record(self.record(deeper(depth).map_err(Stop::Bound)?)?),
            b'[' => Node::List(self.list(deeper(depth).map_err(Stop::Bound)?)?),
            b'"' => Node::Text(self.string()?),
            b'-' | b'0'..=b'9' => Node::Number(self.number()?),
            b't' => self.word("true", Node::Bool(true))?,
            b'f' => self.word("false", Node::Bool(false))?,
            b'n' => self.word("null", Node::Null)?,
            _ => return Err(Stop::Wrong("no value")),
        };
        Ok(())
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, Stop> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(Stop::Wrong("no value"));
        }
        self.at += word.len();
        Ok(node)
    }

    fn list(&mut self, inside: usize) -> Result<Vec<Node<'a>>, Stop> {
        self.at += 1;
        let mut items = Vec::new();
        if self.passes(b']') {
            return Ok(items);
        }
        loop {
            items.push(Node::Null);
            if let Some(place) = items.last_mut() {
                self.value(inside, place)?;
            }
            if self.ends(b']')? {
                return Ok(items);
            }
        }
    }

    fn record(&mut self, inside: usize) -> Result<Vec<Member<'a>>, Stop> {
        self.at += 1;
        if self.passes(b'}') {
            return Ok(Vec::new());
        }
        // A history is a list of records that are alike.
        let mut members = Vec::with_capacity(self.n_members.min(ROOM));
        loop {
            if self.next_byte().ok_or(CUT)? != b'"' {
                return Err(Stop::Wrong("no name"));
            }
            members.push((self.string()?, Node::Null));
            if !self.passes(b':') {
                return Err(Stop::Wrong("no colon"));
            }
            if let Some((_, place)) = members.last_mut() {
                self.value(inside, place)?;
            }
            if self.ends(b'}')? {
                self.n_members = members.len();
                return Ok(members);
            }
        }
    }

    /// Passes over this byte, if it is the next.
    fn passes(&mut self, byte: u8) -> bool {
        let is_next = self.next_byte() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes over the comma between two items, or over the end of them.
    fn ends(&mut self, end: u8) -> Result<bool, Stop> {
        let byte = self.next_byte().ok_or(CUT)?;
        if byte != b',' && byte != end {
            return Err(Stop::Wrong("neither a comma nor an end"));
        }
        self.at += 1;
        Ok(byte == end)
    }

    /// A text, whose first quote is the next byte.
    fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        self.at += 1;
        let plain = self.plain_text();
        if self.rest().first() == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        loop {
            match self.rest().first().ok_or(CUT)? {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return Err(Stop::Wrong("a control character in a text")),
            }
            text.push_str(self.plain_text());
        }
        self.at += 1;
        Ok(Cow::Owned(text))
    }

    /// Passes over what stands for itself in a text.
    fn plain_text(&mut self) -> &'a str {
        let (begin, rest) = (self.at, self.rest());
        let (together, _) = rest.as_chunks::<TOGETHER>();
        let n_clean = together.iter().take_while(|some| !holds_special(some)).count() * TOGETHER;
        let left = rest.get(n_clean..).unwrap_or_default();
        let end = left.iter().position(|byte| is_special(*byte)).unwrap_or(left.len());
        self.at += n_clean + end;
        self.text.get(begin..self.at).unwrap_or_default()
    }

    /// The character of an escape, whose backslash is the next byte.
    fn escape(&mut self) -> Result<char, Stop> {
        let kind = *self.rest().get(1).ok_or(CUT)?;
        self.at += 2;
        Ok(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(NO_ESCAPE),
        })
    }

    /// The character of `\u` and four digits, or of two of them: a pair of surrogates.
    fn code_point(&mut self) -> Result<char, Stop> {
        let first = self.four_digits()?;
        let code = if (0xd800..0xdc00).contains(&first) && self.rest().starts_with(b"\\u") {
            self.at += 2;
            let second = self.four_digits()?;
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(NO_ESCAPE)?;
            0x1_0000 + ((first - 0xd800) << 10) + low
        } else {
            first
        };
        char::from_u32(code).ok_or(NO_ESCAPE)
    }

    fn four_digits(&mut self) -> Result<u32, Stop> {
        let digits = self.rest().get(..4).ok_or(CUT)?;
        self.at += 4;
        digits.iter().try_fold(0, |code, digit| {
            let value = char::from(*digit).to_digit(16).ok_or(NO_ESCAPE)?;
            Ok(code << 4 | value)
        })
    }

    fn number(&mut self) -> Result<&'a str, Stop> {
        let bytes = self.rest();
        let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
        let begin = usize::from(at(0) == b'-');
        let mut end = digits(bytes, begin)?;
        if at(begin) == b'0' && end > begin + 1 {
            return Err(NO_NUMBER);
        }
        if at(end) == b'.' {
            end = digits(bytes, end + 1)?;
        }
        if matches!(at(end), b'e' | b'E') {
            let has_sign = matches!(at(end + 1), b'+' | b'-');
            end = digits(bytes, end + 1 + usize::from(has_sign))?;
        }
        let written = self.text.get(self.at..self.at + end).unwrap_or_default();
        self.at += end;
        Ok(written)
    }
}

/// Where the digits end that begin here, of which there is one at least.
fn digits(bytes: &[u8], begin: usize) -> Result<usize, Stop> {
    let rest = bytes.get(begin..).unwrap_or_default();
    match rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len()) {
        0 => Err(NO_NUMBER),
        count => Ok(begin + count),
    }
}

/// Whether a byte of a text does not stand for itself.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "branches would keep many bytes from being compared at once"
)]
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// Whether one of them does not. There is no early end, so that the processor compares many at once.
fn holds_special(bytes: &[u8; TOGETHER]) -> bool {
    bytes.iter().fold(false, |any, byte| any | is_special(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::super::limits::DEPTH;
    use super::super::program::Scalar;
    use super::*;

    /// What another reader of JSON makes of the text.
    fn other(text: &[u8]) -> Option<Json> {
        serde_json::from_slice(text).ok()
    }

    fn is_the_same(node: &Node<'_>, json: &Json) -> bool {
        match (node, json) {
            (Node::Null, Json::Null) => true,
            (Node::Bool(one), Json::Bool(other)) => one == other,
            (Node::Number(_), Json::Number(other)) => match node.scalar() {
                Scalar::Int(one) => other.as_i64() == Some(one),
                Scalar::Float(one) => {
                    other.as_f64().is_some_and(|other| other.to_bits() == one.to_bits())
                }
                _ => false,
            },
            (Node::Text(one), Json::String(other)) => one == other,
            (Node::List(one), Json::Array(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| is_the_same(one, other))
            }
            (Node::Record(one), Json::Object(other)) => {
                let last = |name: &str| one.iter().rev().find(|(key, _)| key == name);
                one.iter().all(|(name, _)| other.contains_key(name.as_ref()))
                    && other.iter().all(|(name, value)| {
                        last(name).is_some_and(|(_, node)| is_the_same(node, value))
                    })
            }
            _ => false,
        }
    }

    /// Whether there is a number that no double can hold, which others refuse at once.
    fn is_beyond_doubles(node: &Node<'_>) -> bool {
        match node {
            Node::Number(_) => node.scalar() == Scalar::Absent,
            Node::List(items) => items.iter().any(is_beyond_doubles),
            Node::Record(members) => members.iter().any(|(_, node)| is_beyond_doubles(node)),
            _ => false,
        }
    }

    fn agrees(text: &[u8]) {
        match (Node::parse(text), other(text)) {
            (Ok(node), Some(json)) => {
                assert!(is_the_same(&node, &json), "{node:?} {json:?}");
            }
            (Err(PacketError::Json { .. }), None) => {}
            (Ok(node), None) if is_beyond_doubles(&node) => {}
            (ours, theirs) => {
                panic!("{:?}: {ours:?} {theirs:?}", String::from_utf8_lossy(text));
            }
        }
    }

    #[test]
    fn every_text_is_what_another_reader_takes_it_for() {
        let long = format!("\"{}\\u00e9{}\"", "x".repeat(200), "y".repeat(63));
        for text in [
            "",
            " ",
            "null",
            "nul",
            "nulls",
            "true",
            "false",
            "tru",
            "0",
            "-0",
            "-",
            "01",
            "-01",
            "1.",
            ".5",
            "1.5",
            "1e",
            "1e5",
            "1E+5",
            "1e-5",
            "1.5e300",
            "1e309",
            "-1e309",
            "1e-400",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "2461295.8234567",
            "18.632339477539062",
            "\"\"",
            "\"a\"",
            "\"a",
            "\"\\\"\"",
            "\"\\n\\t\\/\\b\\f\\r\\\\\"",
            "\"\\x\"",
            "\"\\u0041\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\\ud83dx\"",
            "\"\\u00g0\"",
            "\"\\u00\"",
            "\"\\",
            "\"\n\"",
            "\"\u{e9}\u{1f600}\"",
            "\"\u{7f}\"",
            "[]",
            "[ ]",
            "[1]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "[",
            "]",
            "{}",
            "{ }",
            "{\"a\":1}",
            "{\"a\" : 1 , \"b\":[]}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{",
            "{\"a\":1,\"a\":2}",
            "{} {}",
            "[[[[1]]]]",
            "NaN",
            "Infinity",
            "\u{feff}1",
            "\r\n\t 1 \r\n\t",
            "\u{b}1",
            long.as_str(),
        ] {
            agrees(text.as_bytes());
        }
        agrees(b"\"\xff\"");
        agrees(b"\"\xed\xa0\x80\"");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, what) in [
            ("{\"a\": nothing}", "no value at byte 6"),
            ("{\"a\": 1", "it ends at byte 7"),
            ("[1] x", "more follows at byte 4"),
        ] {
            let error = Node::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.ends_with(what), "{error}");
        }
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_refused() {
        for depth in [DEPTH + 1, 100_000, 1_000_000] {
            for open in ["[", "{\"a\":"] {
                let text = open.repeat(depth);
                let error = Node::parse(text.as_bytes()).unwrap_err();
                assert_eq!(error, PacketError::TooDeep { limit: DEPTH }, "{depth} {open}");
            }
        }
        let deep = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        assert!(Node::parse(deep.as_bytes()).is_ok());
        let many = format!("[{}0]", "0,".repeat(VALUES));
        let error = Node::parse(many.as_bytes()).unwrap_err();
        assert!(matches!(error, PacketError::TooMuch { .. }), "{error}");
        let long = vec![b' '; MESSAGE_BYTES + 1];
        assert!(matches!(Node::parse(&long), Err(PacketError::TooLarge { .. })));
    }

    #[test]
    fn ten_megabytes_of_one_field_stand_where_they_are() {
        let text = format!("{{\"cutoutScience\": \"{}\"}}", "A".repeat(MESSAGE_BYTES - 24));
        let node = Node::parse(text.as_bytes()).unwrap();
        assert!(matches!(&node.members()[0].1, Node::Text(Cow::Borrowed(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn random_texts_are_what_another_reader_takes_them_for(text in "[\\[\\]{}\",:0-9eE+\\-.\\\\untrfalse \u{e9}\u{1}]{0,24}") {
            agrees(text.as_bytes());
        }

        #[test]
        fn random_numbers_are_read_to_their_last_digit(number in any::<f64>().prop_filter("finite", |number| number.is_finite()), integer in any::<i64>()) {
            agrees(serde_json::to_string(&number).unwrap().as_bytes());
            agrees(format!("{number:e}").as_bytes());
            agrees(integer.to_string().as_bytes());
        }

        #[test]
        fn random_words_come_through(word in ".{0,80}") {
            agrees(serde_json::to_string(&word).unwrap().as_bytes());
        }
    }
}
