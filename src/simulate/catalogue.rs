//! Neighbours that the packet quotes from reference images and from the Pan-STARRS and Gaia catalogues.

use super::{
    draw::Draw,
    field::galactic_latitude_deg,
    light_curve::{BandMags, in_band},
    night::Night,
    source::{Source, SourceKind, seven_decimals},
};

/// How packets write a value that is not there.
pub(super) const ABSENT: f64 = -999.0;

/// The nearest source of the reference image.
pub(super) struct Nearest {
    pub(super) distnr: f64,
    pub(super) magnr: f64,
    pub(super) sigmagnr: f64,
    pub(super) chinr: f64,
    pub(super) sharpnr: f64,
    pub(super) ranr: f64,
    pub(super) decnr: f64,
}

impl Nearest {
    /// The neighbour as seen from a detection that lies this far (east, north; arcsec) from the source's true place.
    pub(super) fn of(night: &Night, source: &Source, fid: i32, (east, north): (f64, f64)) -> Self {
        let mut draw = Draw::seeded(&[night.seed, 5, source.serial, u64::from(fid.unsigned_abs())]);
        let (west_arcsec, south_arcsec, mag, is_extended) =
            match (source.template_mags, &source.galaxy) {
                (Some(mags), galaxy) => (
                    0.1 * draw.normal(),
                    0.1 * draw.normal(),
                    in_band(&mags, fid),
                    galaxy.is_some(),
                ),
                (None, Some(galaxy)) => (
                    galaxy.west_arcsec,
                    galaxy.south_arcsec,
                    in_band(&galaxy.mags, fid) + 0.4,
                    true,
                ),
                (None, None) => {
                    let (distance, angle) = (draw.between(2.0, 22.0), draw.angle_rad());
                    (
                        distance * angle.cos(),
                        distance * angle.sin(),
                        draw.magnitude(16.0, 21.8, 0.2),
                        false,
                    )
                }
            };
        let ra = source.ra - west_arcsec / 3600.0 / source.dec.to_radians().cos();
        Self {
            distnr: (west_arcsec + east).hypot(south_arcsec + north),
            magnr: mag,
            sigmagnr: 0.015 + 0.02 * 10f64.powf(0.3 * (mag - 18.0)).min(8.0),
            chinr: if is_extended { draw.between(1.2, 6.0) } else { draw.between(0.3, 1.2) },
            sharpnr: if is_extended { draw.between(0.1, 0.9) } else { 0.03 * draw.normal() },
            ranr: seven_decimals(ra.rem_euclid(360.0)),
            decnr: seven_decimals(source.dec - south_arcsec / 3600.0),
        }
    }
}

/// A row of the Pan-STARRS catalogue.
pub(super) struct PanStarrs {
    pub(super) objectid: i64,
    /// g, r, i, z.
    pub(super) mags: [f64; 4],
    pub(super) sgscore: f64,
    pub(super) distance_arcsec: f64,
}

impl PanStarrs {
    const NONE: Self =
        Self { objectid: -999, mags: [ABSENT; 4], sgscore: ABSENT, distance_arcsec: ABSENT };
}

/// Gaia's nearest source and nearest bright source: distance in arcsec, magnitude.
pub(super) struct Gaia {
    pub(super) near: (f64, f64),
    pub(super) bright: (f64, f64),
}

/// The neighbours of a source: its three nearest in Pan-STARRS, how many within 30 arcsec, Gaia's.
pub(super) struct Neighbours {
    pub(super) panstarrs: [PanStarrs; 3],
    pub(super) nmtchps: i32,
    pub(super) gaia: Gaia,
}

impl Neighbours {
    /// The catalogues' view of a source, the same in every packet of it.
    pub(super) fn of(night: &Night, source: &Source) -> Self {
        let mut draw = Draw::seeded(&[night.seed, 6, source.serial]);
        let b = galactic_latitude_deg(source.ra, source.dec).abs();
        let first = first_neighbour(source, &mut draw);
        let n_field = (3.0 + 40.0 * (-b / 14.0).exp() + 2.0 * draw.normal()).max(0.0) as i32;
        let step = 30.0 / f64::from(n_field + 1);
        let inner = first.as_ref().map_or(0.0, |row| row.distance_arcsec);
        let mut outer = inner.max(1.5);
        let mut rows = Vec::with_capacity(3);
        rows.extend(first);
        while rows.len() < 3 {
            outer += draw.exponential(step).max(0.4);
            rows.push(if outer < 30.0 { background(outer, &mut draw) } else { PanStarrs::NONE });
        }
        let nmtchps = (rows.iter().filter(|row| row.objectid > 0).count() as i32).max(n_field);
        let gaia = gaia(source, &mut draw);
        let mut rows = rows.into_iter();
        let panstarrs = std::array::from_fn(|_| rows.next().unwrap_or(PanStarrs::NONE));
        for_ids(panstarrs, source, nmtchps, gaia)
    }
}

/// Pan-STARRS numbers its objects by place: zone of declination, then right ascension.
fn for_ids(mut panstarrs: [PanStarrs; 3], source: &Source, nmtchps: i32, gaia: Gaia) -> Neighbours {
    let zone = ((source.dec + 90.0) / 0.008_333) as i64;
    for (nth, row) in (0_i64..).zip(&mut panstarrs) {
        if row.objectid >= 0 {
            row.objectid = zone * 10_000_000_000_000 + (source.ra * 1e10) as i64 + 4_211 * nth;
        }
    }
    Neighbours { panstarrs, nmtchps, gaia }
}

fn first_neighbour(source: &Source, draw: &mut Draw) -> Option<PanStarrs> {
    let sgscore = match source.kind {
        SourceKind::Supernova => draw.exponential(0.05).min(0.35),
        SourceKind::VariableStar => 1.0 - draw.exponential(0.02).min(0.2),
        SourceKind::ActiveGalaxy => draw.near(0.5, 0.22, 0.02, 0.97),
        SourceKind::Asteroid => return None,
        SourceKind::Bogus => 1.0 - draw.exponential(0.03).min(0.3),
    };
    let (mags, distance_arcsec) = match (source.template_mags, &source.galaxy) {
        (Some(mags), _) => (mags, 0.04 + draw.exponential(0.13).min(0.42)),
        (None, Some(galaxy)) => (galaxy.mags, galaxy.distance_arcsec().max(0.05)),
        (None, None) => return None,
    };
    Some(PanStarrs { objectid: 0, mags: with_z(mags), sgscore, distance_arcsec })
}

fn background(distance_arcsec: f64, draw: &mut Draw) -> PanStarrs {
    let r = draw.magnitude(17.0, 22.6, 0.25);
    let g_r = draw.between(0.3, 1.4);
    let sgscore =
        if draw.chance(0.35) { draw.between(0.0, 0.2) } else { draw.near(0.85, 0.2, 0.3, 1.0) };
    let mut mags = with_z([r + g_r, r, r - 0.35 * g_r]);
    for mag in &mut mags {
        if *mag > 22.4 {
            *mag = ABSENT;
        }
    }
    PanStarrs { objectid: 0, mags, sgscore, distance_arcsec }
}

fn with_z([g, r, i]: BandMags) -> [f64; 4] {
    [g, r, i, i - 0.4 * (r - i)]
}

fn gaia(source: &Source, draw: &mut Draw) -> Gaia {
    let bright = if draw.chance(0.3) {
        (draw.between(25.0, 90.0), draw.between(9.5, 13.9))
    } else {
        (ABSENT, ABSENT)
    };
    match source.template_mags {
        Some([_, r, _]) => Gaia { near: (0.05 + draw.exponential(0.2), r - 0.1), bright },
        None => Gaia { near: (draw.between(3.0, 60.0), draw.magnitude(15.0, 20.7, 0.2)), bright },
    }
}
