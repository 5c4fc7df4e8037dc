//! Which of tonight's exposures see a source.

use std::sync::Arc;

use super::{
    draw::Draw,
    exposure::{Exposure, exposures_of, is_visible, nid_of},
    field::{Placement, ecliptic_latitude_deg, galactic_latitude_deg},
    measured::measure,
    night::Night,
    population::Site,
    source::{Source, SourceKind, seven_decimals},
};

/// A source and the exposure that raised the alert.
pub(super) struct Sighting {
    pub(super) source: Arc<Source>,
    /// Every exposure of the source's field, by time.
    pub(super) exposures: Arc<Vec<Exposure>>,
    /// Which of them raised the alert.
    pub(super) index: usize,
}

/// Tonight's alerts of one more source; none where the sky, the gaps or the limits leave none.
pub(super) fn sightings(night: &Night, serial: u64) -> Vec<Sighting> {
    let mut draw = Draw::seeded(&[night.seed, 3, serial]);
    let kind = SourceKind::drawn(&mut draw);
    let Some((ra, dec, placement)) = place(night, kind, &mut draw) else { return Vec::new() };
    let exposures = Arc::new(exposures_of(night, placement.field));
    let tonight = nid_of(night.midnight_jd);
    let wants_both = draw.chance(0.35);
    for _ in 0..40 {
        let site = Site { night, serial, kind, ra, dec, placement };
        let seen = sightings_of(&site, &exposures, tonight, &mut draw);
        if !seen.is_empty() {
            let n_kept = if wants_both { 2 } else { 1 };
            return if draw.chance(0.5) {
                keep_last(seen, n_kept)
            } else {
                seen.into_iter().take(n_kept).collect()
            };
        }
    }
    Vec::new()
}

fn keep_last(mut seen: Vec<Sighting>, n_kept: usize) -> Vec<Sighting> {
    seen.split_off(seen.len().saturating_sub(n_kept))
}

fn sightings_of(
    site: &Site<'_>,
    exposures: &Arc<Vec<Exposure>>,
    tonight: i64,
    draw: &mut Draw,
) -> Vec<Sighting> {
    let visits = exposures.iter().enumerate().filter(|(_, exposure)| exposure.nid == tonight);
    let visits: Vec<(usize, &Exposure)> = visits.collect();
    let sources = site.sources(&visits, draw);
    let mut seen = Vec::new();
    for (source, allowed) in sources {
        let source = Arc::new(source);
        for &(index, exposure) in &visits {
            if allowed.is_none_or(|only| only == index)
                && measure(site.night, &source, exposure).is_detection()
            {
                seen.push(Sighting {
                    source: Arc::clone(&source),
                    exposures: Arc::clone(exposures),
                    index,
                });
            }
        }
    }
    seen
}

/// A place on the visible sky and on silicon, where sources of the kind are found.
fn place(night: &Night, kind: SourceKind, draw: &mut Draw) -> Option<(f64, f64, Placement)> {
    for _ in 0..2000 {
        let ra = seven_decimals(draw.between(0.0, 360.0));
        let dec = seven_decimals(draw.between(-0.48, 0.99).asin().to_degrees());
        if is_visible(night, ra, dec)
            && draw.chance(density(kind, ra, dec))
            && let Some(placement) = Placement::of(ra, dec)
        {
            return Some((ra, dec, placement));
        }
    }
    None
}

/// Sources of a kind at a place, relative to where they are densest.
fn density(kind: SourceKind, ra: f64, dec: f64) -> f64 {
    let b = galactic_latitude_deg(ra, dec).abs();
    match kind {
        SourceKind::VariableStar => 0.08 + 0.92 * (-b / 12.0).exp(),
        SourceKind::Supernova | SourceKind::ActiveGalaxy => 1.0 - (-(b / 14.0).powi(2)).exp(),
        SourceKind::Asteroid => (-0.5 * (ecliptic_latitude_deg(ra, dec) / 9.0).powi(2)).exp(),
        SourceKind::Bogus => 0.4 + 0.6 * (-b / 15.0).exp(),
    }
}
