//! Pages elsewhere about a place in the sky.

use super::{controls::Link, words::link};
use crate::domain::sky::{Position, format_ra_degrees};

/// Pages elsewhere about a place in the sky.
pub(crate) fn links_out(position: Position) -> Vec<Link> {
    let (ra, dec) = (format_ra_degrees(position.ra_deg()), format!("{:.6}", position.dec_deg()));
    // A plus sign as such is a space in an address.
    let signed = if dec.starts_with('-') { dec.clone() } else { format!("%2B{dec}") };
    vec![
        link(
            "SIMBAD",
            format!(
                "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}%20{signed}&Radius=10&Radius.unit=arcsec"
            ),
        ),
        link(
            "NED",
            format!(
                "https://ned.ipac.caltech.edu/conesearch?search_type=Near%20Position%20Search&coordinates={ra}d%20{dec}d&radius=0.5"
            ),
        ),
        link(
            "TNS",
            format!(
                "https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=5&coords_unit=arcsec"
            ),
        ),
        link(
            "Legacy Survey",
            format!("https://www.legacysurvey.org/viewer?ra={ra}&dec={dec}&layer=ls-dr10&zoom=16"),
        ),
        link(
            "Pan-STARRS 1",
            format!(
                "https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos={ra}%20{signed}&filter=color"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_has_a_plus_that_would_be_a_space() {
        for (ra, dec, signed) in [(359.999_999_99, 2.5, "%2B2.500000"), (10.0, -2.5, "-2.500000")] {
            let links = links_out(Position::new(ra, dec).unwrap());
            assert!(links.iter().all(|link| !link.href.contains(['+', ' '])), "{links:?}");
            assert!(links[0].href.contains(&format!("%20{signed}&")), "{links:?}");
            assert!(links.iter().all(|link| !link.href.contains("360.0")), "{links:?}");
        }
    }
}
