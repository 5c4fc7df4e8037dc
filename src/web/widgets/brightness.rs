//! How bright: bands with colour, shape and letter, and magnitudes with their error.

use askama::Template;

use crate::domain::alert::Band;

/// A band, drawn as a chip with its letter, its colour and its symbol; `None` is one that the packet does not tell.
///
/// Symbols follow Rubin's RTN-045, in the order of wavelength; the colours (style sheet) keep a contrast of 4.5 to the
/// page in every theme, so that neither colour nor shape is the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(path = "widgets/band.html")]
pub(crate) struct BandChip(pub(crate) Option<Band>);

impl BandChip {
    /// Every chip, by wavelength.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Band::ALL.into_iter().map(Some).chain([None]).map(Self)
    }

    /// What stands for the band.
    pub(crate) fn letter(self) -> &'static str {
        self.0.map_or("?", Band::letter)
    }

    /// CSS class that gives the colour; also the id of the legend's switch.
    pub(crate) fn class(self) -> &'static str {
        match self.0 {
            Some(Band::U) => "b-u",
            Some(Band::G) => "b-g",
            Some(Band::R) => "b-r",
            Some(Band::I) => "b-i",
            Some(Band::Z) => "b-z",
            Some(Band::Y) => "b-y",
            None => "b-x",
        }
    }

    /// SVG path of its symbol around the origin, within a radius of 5.
    pub(crate) fn symbol(self) -> &'static str {
        match self.0 {
            Some(Band::U) => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
            Some(Band::G) => "M0-5 4.6 3.4H-4.6z",
            Some(Band::R) => "M0 5-4.6-3.4H4.6z",
            Some(Band::I) => "M-3.7-3.7h7.4v7.4h-7.4z",
            Some(Band::Z) => "M0-5 1.4-1.6 5-1.5 2.2.7 3.1 4.2 0 2.2-3.1 4.2-2.2.7-5-1.5-1.4-1.6z",
            Some(Band::Y) => "M0-4.8 4.2-2.4V2.4L0 4.8-4.2 2.4V-2.4z",
            None => "M0-5 4 0 0 5-4 0z",
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
    pub(crate) band: BandChip,
    /// Whether the source is fainter than in the template.
    pub(crate) is_negative: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_negative_subtraction_stands_behind_the_band() {
        let drawn = |is_negative| {
            let (value, error, band) = ("18.42".to_owned(), None, BandChip(Some(Band::R)));
            Magnitude { value, error, band, is_negative }.render().unwrap()
        };
        let (before, behind) =
            drawn(true).split_once("b-r").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert!(!before.contains('−') && behind.contains('−'), "{before}{behind}");
        assert!(!drawn(false).contains("neg"));
    }

    #[test]
    fn every_band_has_a_colour_and_a_symbol_of_its_own() {
        let distinct = |of: fn(BandChip) -> &'static str| {
            BandChip::all().map(of).collect::<std::collections::BTreeSet<_>>().len()
        };
        let n_bands = Band::ALL.len() + 1;
        for of in [BandChip::letter, BandChip::class, BandChip::symbol] {
            assert_eq!(distinct(of), n_bands);
        }
        assert_eq!(BandChip(None).letter(), "?");
    }
}
