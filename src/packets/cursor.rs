//! Avro's primitive values, read from bytes that may be anything. Encoding: Avro specification, "Binary encoding".

use super::limits::{DEPTH, VALUES};

/// Why a value could not be read. Small, since it stands in the result of every read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Truncated,
    TooDeep,
    TooManyValues,
    Number,
    Length,
    Boolean,
    Text,
    Choice,
}

/// The bytes still to be read, and how many more values may be read from them.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    values_left: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, values_left: VALUES }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Counts `values` against the budget of this record.
    #[inline]
    pub(super) fn charge(&mut self, values: usize) -> Result<(), Fault> {
        self.values_left = self.values_left.checked_sub(values).ok_or(Fault::TooManyValues)?;
        Ok(())
    }

    /// The next `length` bytes.
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A zig-zag variable-length integer of up to 64 bits.
    #[inline]
    pub(super) fn long(&mut self) -> Result<i64, Fault> {
        let (&first, rest) = self.rest.split_first().ok_or(Fault::Truncated)?;
        if first < 0x80 {
            self.rest = rest;
            return Ok(zigzag(u64::from(first)));
        }
        self.long_of_many_bytes()
    }

    fn long_of_many_bytes(&mut self) -> Result<i64, Fault> {
        let mut value = 0_u64;
        for (index, &byte) in self.rest.iter().enumerate().take(10) {
            if index == 9 && byte > 1 {
                return Err(Fault::Number);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.take(index + 1)?;
                return Ok(zigzag(value));
            }
        }
        Err(if self.rest.len() < 10 { Fault::Truncated } else { Fault::Number })
    }

    /// An integer that its schema bounds to 32 bits.
    #[inline]
    pub(super) fn int(&mut self) -> Result<i32, Fault> {
        i32::try_from(self.long()?).map_err(|_| Fault::Number)
    }

    #[inline]
    pub(super) fn float(&mut self) -> Result<f32, Fault> {
        self.array().map(f32::from_le_bytes)
    }

    #[inline]
    pub(super) fn double(&mut self) -> Result<f64, Fault> {
        self.array().map(f64::from_le_bytes)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Fault> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [_] => Err(Fault::Boolean),
        }
    }

    /// A length or an index: an integer that is not negative.
    #[inline]
    pub(super) fn length(&mut self) -> Result<usize, Fault> {
        usize::try_from(self.long()?).map_err(|_| Fault::Length)
    }

    /// A byte string behind its length.
    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.length()?;
        self.take(length)
    }

    #[inline]
    pub(super) fn text(&mut self) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Fault::Text)
    }

    /// The index of a union branch or of an enum symbol, of which there are `choices`.
    #[inline]
    pub(super) fn choice(&mut self, choices: usize) -> Result<usize, Fault> {
        let index = usize::try_from(self.long()?).map_err(|_| Fault::Choice)?;
        if index < choices { Ok(index) } else { Err(Fault::Choice) }
    }

    /// The number of items in the next block of an array or a map; 0 ends it.
    pub(super) fn items(&mut self) -> Result<usize, Fault> {
        let count = self.long()?;
        if count >= 0 {
            return usize::try_from(count).map_err(|_| Fault::Length);
        }
        self.length()?; // the block's size in bytes, for readers that skip it unread
        usize::try_from(count.unsigned_abs()).map_err(|_| Fault::Length)
    }
}

/// The nesting level below `depth`.
#[inline]
pub(super) fn deeper(depth: usize) -> Result<usize, Fault> {
    if depth < DEPTH { Ok(depth + 1) } else { Err(Fault::TooDeep) }
}

#[inline]
fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(bytes: &[u8]) -> Result<i64, Fault> {
        Cursor::new(bytes).long()
    }

    #[test]
    fn long_reads_the_examples_of_the_specification_and_the_extremes() {
        assert_eq!(long(&[0]), Ok(0));
        assert_eq!(long(&[1]), Ok(-1));
        assert_eq!(long(&[2]), Ok(1));
        assert_eq!(long(&[0x7f]), Ok(-64));
        assert_eq!(long(&[0x80, 0x01]), Ok(64));
        let ten = |last| [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, last];
        assert_eq!(long(&ten(1)), Ok(i64::MIN));
        assert_eq!(long(&[&[0xfe], &ten(1)[1..]].concat()), Ok(i64::MAX));
    }

    #[test]
    fn long_refuses_what_is_cut_short_or_wider_than_64_bits() {
        assert_eq!(long(&[]), Err(Fault::Truncated));
        assert_eq!(long(&[0x80]), Err(Fault::Truncated));
        assert_eq!(long(&[[0xff; 9].as_slice(), &[2]].concat()), Err(Fault::Number));
        assert_eq!(long(&[0xff; 20]), Err(Fault::Number));
    }

    #[test]
    fn int_refuses_what_needs_more_than_32_bits() {
        assert_eq!(Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0x0f]).int(), Ok(i32::MIN));
        assert_eq!(Cursor::new(&[0x80, 0x80, 0x80, 0x80, 0x10]).int(), Err(Fault::Number));
    }

    #[test]
    fn text_boolean_and_choice_refuse_what_their_type_cannot_hold() {
        assert_eq!(Cursor::new(&[4, b'o', b'k']).text(), Ok("ok"));
        assert_eq!(Cursor::new(&[2, 0xff]).text(), Err(Fault::Text));
        assert_eq!(Cursor::new(&[1]).bytes(), Err(Fault::Length));
        assert_eq!(Cursor::new(&[2]).boolean(), Err(Fault::Boolean));
        assert_eq!(Cursor::new(&[4]).choice(2), Err(Fault::Choice));
        assert_eq!(Cursor::new(&[1]).choice(2), Err(Fault::Choice));
    }

    #[test]
    fn an_array_block_may_tell_its_size_behind_a_negative_count() {
        let mut cursor = Cursor::new(&[5, 6, 9]);
        assert_eq!(cursor.items(), Ok(3));
        assert_eq!(cursor.rest(), [9]);
    }
}
