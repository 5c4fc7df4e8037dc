//! What the survey's pipeline reports of a source in one difference image.

use super::{
    catalogue::Nearest,
    draw::Draw,
    exposure::{Exposure, mag_of_ujy, nid_of},
    field::{QUADRANT_NX, QUADRANT_NY},
    measured::Measured,
    night::Night,
    source::{Source, SourceKind, seven_decimals, source_draw},
};

/// A detection; every field is the packet's own.
pub(super) struct Detection {
    pub(super) candid: i64,
    pub(super) tblid: i64,
    pub(super) isdiffpos: &'static str,
    pub(super) xpos: f64,
    pub(super) ypos: f64,
    pub(super) ra: f64,
    pub(super) dec: f64,
    pub(super) magpsf: f64,
    pub(super) sigmapsf: f64,
    pub(super) photometry: Photometry,
    pub(super) shape: Shape,
    pub(super) nearest: Nearest,
    pub(super) rb: f64,
    pub(super) drb: f64,
    pub(super) scorr: f64,
}

/// Apertures and their errors, magnitudes.
pub(super) struct Photometry {
    pub(super) chipsf: f64,
    pub(super) magap: f64,
    pub(super) sigmagap: f64,
    pub(super) sky: f64,
    pub(super) magapbig: f64,
    pub(super) sigmagapbig: f64,
    pub(super) magfromlim: f64,
}

/// The shape of the source on the chip, pixels.
pub(super) struct Shape {
    pub(super) fwhm: f64,
    pub(super) classtar: f64,
    pub(super) mindtoedge: f64,
    pub(super) seeratio: f64,
    pub(super) aimage: f64,
    pub(super) elong: f64,
    pub(super) nneg: i32,
    pub(super) nbad: i32,
    pub(super) sumrat: f64,
}

impl Detection {
    /// The detection that a measurement makes; the same one whenever it is asked for.
    pub(super) fn of(
        night: &Night,
        source: &Source,
        exposure: &Exposure,
        measured: Measured,
    ) -> Self {
        let mut draw = source_draw(night, source, exposure, 4);
        let is_positive = measured.flux_ujy > 0.0;
        let tblid = (source.serial % 1000) as i64;
        let product = if is_positive { 15_000 } else { 10_000 };
        let scatter_deg = (0.06 + 0.7 / measured.snr()) / 3600.0;
        let (east, north) = (scatter_deg * draw.normal(), scatter_deg * draw.normal());
        let (xpos, ypos) = position_on_chip(night, source, exposure, &mut draw);
        let (ra, dec) = (source.ra + east / source.dec.to_radians().cos(), source.dec + north);
        let magpsf = mag_of_ujy(measured.flux_ujy.abs());
        let (rb, drb) = scores(source, measured, &mut draw);
        Self {
            candid: exposure.pid(source.placement.rcid) * 1_000_000 + product + tblid,
            tblid,
            isdiffpos: if is_positive { "t" } else { "f" },
            xpos,
            ypos,
            ra: seven_decimals(ra.rem_euclid(360.0)),
            dec: seven_decimals(dec),
            magpsf,
            sigmapsf: 1.085_736 / measured.snr(),
            photometry: Photometry::drawn(exposure, measured, magpsf, &mut draw),
            shape: Shape::drawn(source, exposure, (xpos, ypos), &mut draw),
            nearest: Nearest::of(night, source, exposure.fid, (east * 3600.0, north * 3600.0)),
            rb,
            drb,
            scorr: measured.snr() * draw.between(0.8, 1.05),
        }
    }
}

/// Tonight's pointing is the placement itself, so that the stamps' edges agree with it.
fn position_on_chip(
    night: &Night,
    source: &Source,
    exposure: &Exposure,
    draw: &mut Draw,
) -> (f64, f64) {
    if exposure.nid == nid_of(night.midnight_jd) {
        (source.placement.xpos, source.placement.ypos)
    } else {
        source.placement.dithered(draw)
    }
}

impl Photometry {
    fn drawn(exposure: &Exposure, measured: Measured, magpsf: f64, draw: &mut Draw) -> Self {
        let sigma = 1.085_736 / measured.snr();
        let magap = magpsf + 0.05 + draw.near(0.0, 0.9 * sigma, -0.4, 0.4);
        Self {
            chipsf: draw.between(0.7, 2.6) * (1.0 + (measured.snr() / 45.0).powi(2)),
            magap,
            sigmagap: sigma * draw.between(0.7, 1.2),
            sky: 0.4 * draw.normal(),
            magapbig: magap - 0.06 + 0.6 * sigma * draw.normal(),
            sigmagapbig: sigma * draw.between(1.0, 1.5),
            magfromlim: exposure.diffmaglim - magap,
        }
    }
}

impl Shape {
    /// The minor axis.
    pub(super) fn bimage(&self) -> f64 {
        self.aimage / self.elong
    }

    fn drawn(
        source: &Source,
        exposure: &Exposure,
        (xpos, ypos): (f64, f64),
        draw: &mut Draw,
    ) -> Self {
        let is_bogus = source.kind == SourceKind::Bogus;
        let fwhm = match is_bogus {
            false => exposure.seeing_px * draw.near(1.1, 0.15, 0.7, 1.8),
            true if draw.chance(0.5) => draw.between(0.7, 1.2),
            true => draw.between(4.5, 11.0),
        };
        let classtar = match source.kind {
            SourceKind::Supernova => draw.near(0.38, 0.22, 0.01, 0.86),
            SourceKind::VariableStar => 1.0 - draw.exponential(0.018).min(0.2),
            SourceKind::ActiveGalaxy => draw.near(0.82, 0.15, 0.3, 1.0),
            SourceKind::Asteroid => draw.near(0.95, 0.07, 0.5, 1.0),
            SourceKind::Bogus => draw.near(0.3, 0.25, 0.0, 0.9),
        };
        Self {
            fwhm,
            classtar,
            mindtoedge: xpos.min(ypos).min(QUADRANT_NX - xpos).min(QUADRANT_NY - ypos),
            seeratio: if draw.chance(0.3) { 2.0 } else { draw.near(1.1, 0.2, 0.5, 1.9) },
            aimage: fwhm * draw.between(0.36, 0.46),
            elong: if is_bogus {
                1.25 + draw.exponential(0.7)
            } else {
                1.01 + 0.1 * draw.normal().abs()
            },
            nneg: (if is_bogus { draw.integer(5, 19) } else { draw.integer(0, 6) }) as i32,
            nbad: (if is_bogus { draw.integer(0, 5) } else { 0 }) as i32,
            sumrat: if is_bogus {
                draw.between(0.3, 0.8)
            } else {
                1.0 - draw.exponential(0.05).min(0.35)
            },
        }
    }
}

/// Real/bogus scores `rb` and `drb`.
fn scores(source: &Source, measured: Measured, draw: &mut Draw) -> (f64, f64) {
    if source.kind == SourceKind::Bogus {
        return (draw.near(0.16, 0.1, 0.0, 0.38), draw.exponential(0.06).min(0.29));
    }
    let confidence = ((measured.snr() - 5.0) / 15.0).clamp(0.0, 1.0);
    let rb = draw.near(0.6 + 0.18 * confidence, 0.11, 0.3, 0.99);
    (rb, 1.0 - draw.exponential(0.003 + 0.1 * (1.0 - confidence).powi(2)).min(0.6))
}
