//! Photometric bands.

use std::fmt;

/// A photometric band, ordered by wavelength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// 365 nm.
    U,
    /// 475 nm (ZTF `fid` 1).
    G,
    /// 640 nm (ZTF `fid` 2).
    R,
    /// 790 nm (ZTF `fid` 3).
    I,
    /// 870 nm.
    Z,
    /// 1000 nm.
    Y,
}

impl Band {
    /// Every band, by wavelength.
    pub const ALL: [Self; 6] = [Self::U, Self::G, Self::R, Self::I, Self::Z, Self::Y];

    /// The lower-case letter that stands for the band everywhere.
    pub fn letter(self) -> &'static str {
        match self {
            Self::U => "u",
            Self::G => "g",
            Self::R => "r",
            Self::I => "i",
            Self::Z => "z",
            Self::Y => "y",
        }
    }

    /// The band of a letter in either case (ELAsTiCC writes `Y`).
    pub fn from_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.letter().eq_ignore_ascii_case(letter))
    }

    /// The band of a ZTF filter id: 1 g, 2 r, 3 i.
    pub fn from_ztf_fid(fid: i64) -> Option<Self> {
        match fid {
            1 => Some(Self::G),
            2 => Some(Self::R),
            3 => Some(Self::I),
            _ => None,
        }
    }

    /// ZTF's filter id of the band, if ZTF has it.
    pub fn ztf_fid(self) -> Option<i64> {
        (1..=3).find(|fid| Self::from_ztf_fid(*fid) == Some(self))
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}
