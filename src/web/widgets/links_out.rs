//! Pages elsewhere about a place in the sky.

use super::{controls::Link, words::link};
use crate::domain::sky::Position;

/// Pages elsewhere about a place in the sky.
pub(crate) fn links_out(position: Position) -> Vec<Link> {
    let (ra, dec) = (position.ra_deg(), position.dec_deg());
    vec![
        link(
            "SIMBAD",
            format!(
                "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra:.6}+{dec:+.6}&Radius=10&Radius.unit=arcsec"
            ),
        ),
        link(
            "NED",
            format!(
                "https://ned.ipac.caltech.edu/conesearch?search_type=Near%20Position%20Search&coordinates={ra:.6}d%20{dec:.6}d&radius=0.5"
            ),
        ),
        link(
            "TNS",
            format!(
                "https://www.wis-tns.org/search?ra={ra:.6}&decl={dec:.6}&radius=5&coords_unit=arcsec"
            ),
        ),
        link(
            "Legacy Survey",
            format!(
                "https://www.legacysurvey.org/viewer?ra={ra:.6}&dec={dec:.6}&layer=ls-dr10&zoom=16"
            ),
        ),
        link(
            "Pan-STARRS 1",
            format!(
                "https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos={ra:.6}+{dec:+.6}&filter=color"
            ),
        ),
    ]
}
