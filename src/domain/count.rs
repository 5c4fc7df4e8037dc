//! How many rows a list has, counted as far as that is worth the wait.

use super::wording::grouped;

/// A number of rows that is known up to [`Count::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
}

impl Count {
    /// Rows up to which a long list is counted.
    pub const MOST: u64 = 10_000;

    /// Of rows that were counted up to one more than [`Self::MOST`].
    pub fn up_to_most(counted: u64) -> Self {
        if counted > Self::MOST { Self::MoreThan(Self::MOST) } else { Self::Exactly(counted) }
    }

    /// "412", "more than 10,000".
    pub fn in_words(self) -> String {
        match self {
            Self::Exactly(n) => grouped(n),
            Self::MoreThan(n) => format!("more than {}", grouped(n)),
        }
    }
}

impl From<u64> for Count {
    fn from(n: u64) -> Self {
        Self::Exactly(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_no_further_is_more_than_that() {
        assert_eq!(Count::up_to_most(10_000).in_words(), "10,000");
        assert_eq!(Count::up_to_most(10_001).in_words(), "more than 10,000");
    }
}
