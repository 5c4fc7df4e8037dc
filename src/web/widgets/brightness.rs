//! How bright: bands with colour, shape and letter, and magnitudes with their error.

use askama::Template;

/// A band, drawn as a chip with its letter, its colour and its symbol.
///
/// Symbols follow Rubin's RTN-045, in the order of wavelength; the colours (style sheet) keep a contrast of 4.5 to the
/// page in every theme, so that neither colour nor shape is the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Template)]
#[template(path = "widgets/band.html")]
pub(crate) enum Band {
    U,
    G,
    R,
    I,
    /// Infrared, 900 nm.
    Z,
    /// Infrared, 1000 nm.
    Y,
    /// A band that the packet does not tell.
    Unknown,
}

impl Band {
    /// Every band, by wavelength.
    pub(crate) const ALL: [Self; 7] =
        [Self::U, Self::G, Self::R, Self::I, Self::Z, Self::Y, Self::Unknown];

    /// The band of a letter in either case; anything else is [`Band::Unknown`].
    pub(crate) fn from_letter(letter: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|band| band.letter().eq_ignore_ascii_case(letter))
            .unwrap_or(Self::Unknown)
    }

    /// Its letter.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::U => "u",
            Self::G => "g",
            Self::R => "r",
            Self::I => "i",
            Self::Z => "z",
            Self::Y => "y",
            Self::Unknown => "?",
        }
    }

    /// CSS class that gives the colour; also the id of the legend's switch.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::U => "b-u",
            Self::G => "b-g",
            Self::R => "b-r",
            Self::I => "b-i",
            Self::Z => "b-z",
            Self::Y => "b-y",
            Self::Unknown => "b-x",
        }
    }

    /// SVG path of its symbol around the origin, within a radius of 5.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::U => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
            Self::G => "M0-5 4.6 3.4H-4.6z",
            Self::R => "M0 5-4.6-3.4H4.6z",
            Self::I => "M-3.7-3.7h7.4v7.4h-7.4z",
            Self::Z => "M0-5 1.4-1.6 5-1.5 2.2.7 3.1 4.2 0 2.2-3.1 4.2-2.2.7-5-1.5-1.4-1.6z",
            Self::Y => "M0-4.8 4.2-2.4V2.4L0 4.8-4.2 2.4V-2.4z",
            Self::Unknown => "M0-5 4 0 0 5-4 0z",
        }
    }
}

/// A magnitude in the difference image, AB.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/magnitude.html")]
pub(crate) struct Magnitude {
    /// Two decimals or as many as its error: `18.42`; a limit carries its sign: `> 20.51`.
    pub(crate) value: String,
    /// One-sigma error, two significant digits.
    pub(crate) error: Option<String>,
    pub(crate) band: Band,
    /// Whether the source is fainter than in the template.
    pub(crate) is_negative: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_negative_subtraction_stands_behind_the_band() {
        let drawn = |is_negative| {
            let (value, error, band) = ("18.42".to_owned(), None, Band::R);
            Magnitude { value, error, band, is_negative }.render().unwrap()
        };
        let (before, behind) =
            drawn(true).split_once("b-r").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert!(!before.contains('−') && behind.contains('−'), "{before}{behind}");
        assert!(!drawn(false).contains("neg"));
    }

    #[test]
    fn letters_name_bands_in_either_case() {
        assert_eq!(Band::from_letter("r"), Band::R);
        assert_eq!(Band::from_letter("Y"), Band::Y);
        assert_eq!(Band::from_letter("<b>"), Band::Unknown);
    }
}
