//! Draws the sources of each kind for a place on the sky.

use super::{
    draw::Draw,
    exposure::{Exposure, ujy_of_mag},
    field::Placement,
    light_curve::{BandMags, Explosion, LightCurve, Periodic, Wandering},
    night::{Night, yyyymmdd},
    source::{Flaw, Galaxy, SolarSystemBody, Source, SourceKind, seven_decimals},
};

/// Where and for which serial number a source is wanted.
pub(super) struct Site<'n> {
    pub(super) night: &'n Night,
    pub(super) serial: u64,
    pub(super) kind: SourceKind,
    pub(super) ra: f64,
    pub(super) dec: f64,
    pub(super) placement: Placement,
}

/// Sources, each with the only exposure in which it may be seen, where there is such.
type Drawn = Vec<(Source, Option<usize>)>;

impl Site<'_> {
    /// One source of the site's kind; two for an asteroid, which has moved by the next exposure.
    pub(super) fn sources(&self, visits: &[(usize, &Exposure)], draw: &mut Draw) -> Drawn {
        match self.kind {
            SourceKind::Supernova => vec![(self.supernova(draw), None)],
            SourceKind::VariableStar => vec![(self.variable_star(draw), None)],
            SourceKind::ActiveGalaxy => vec![(self.active_galaxy(draw), None)],
            SourceKind::Asteroid => self.asteroid(visits, draw),
            SourceKind::Bogus => self.bogus(visits, draw),
        }
    }

    fn source(&self, light_curve: LightCurve) -> Source {
        Source {
            serial: self.serial,
            object_id: object_id(self.night, &yyyymmdd(self.night.midnight_jd), self.serial * 2),
            kind: self.kind,
            ra: self.ra,
            dec: self.dec,
            placement: self.placement,
            light_curve,
            template_mags: None,
            galaxy: None,
            body: None,
            flaw: None,
            known_since: None,
        }
    }

    fn supernova(&self, draw: &mut Draw) -> Source {
        let explosion = Explosion::drawn(self.night.midnight_jd, draw);
        let discovered = yyyymmdd(explosion.jd_of_first_light() + 3.0);
        let galaxy = host(draw);
        Source {
            object_id: object_id(self.night, &discovered, self.serial * 2),
            galaxy: Some(galaxy),
            ..self.source(LightCurve::Explosion(explosion))
        }
    }

    fn variable_star(&self, draw: &mut Draw) -> Source {
        let star = Periodic::drawn(self.night.midnight_jd, draw);
        let mags = star.mean;
        let n_before = draw.integer(20, 600);
        self.long_known(LightCurve::Periodic(star), mags, n_before, draw)
    }

    fn active_galaxy(&self, draw: &mut Draw) -> Source {
        let nucleus = Wandering::drawn(self.night.midnight_jd, draw);
        let mags = nucleus.mean;
        let galaxy = draw.chance(0.7).then(|| Galaxy {
            west_arcsec: 0.05 * draw.normal(),
            south_arcsec: 0.05 * draw.normal(),
            ..galaxy_of_mag(mags[1] - 0.2, draw)
        });
        let n_before = draw.integer(4, 90);
        Source { galaxy, ..self.long_known(LightCurve::Wandering(nucleus), mags, n_before, draw) }
    }

    /// A source that the template has and that was detected in years before.
    fn long_known(
        &self,
        light_curve: LightCurve,
        mags: BandMags,
        n_before: i64,
        draw: &mut Draw,
    ) -> Source {
        let years_ago = draw.between(0.5, 8.3);
        let since = self.night.midnight_jd - 365.25 * years_ago;
        Source {
            object_id: object_id(self.night, &yyyymmdd(since), self.serial * 2),
            template_mags: Some(mags),
            known_since: Some((since, n_before)),
            ..self.source(light_curve)
        }
    }

    fn asteroid(&self, visits: &[(usize, &Exposure)], draw: &mut Draw) -> Drawn {
        let v_mag = draw.magnitude(15.8, 20.4, 0.35);
        let name = designation(draw);
        let (arcsec_per_day, angle) =
            (draw.near(700.0, 250.0, 150.0, 1800.0), draw.near(0.35, 0.3, -1.2, 1.6));
        let first_jd = visits.first().map_or(self.night.midnight_jd, |(_, exposure)| exposure.jd);
        let mut drawn = Vec::new();
        for (nth, &(index, exposure)) in (0u64..).zip(visits.iter().take(2)) {
            let moved_deg = arcsec_per_day * (exposure.jd - first_jd) / 3600.0;
            let ra = seven_decimals(
                (self.ra - moved_deg * angle.cos() / self.dec.to_radians().cos()).rem_euclid(360.0),
            );
            let dec = seven_decimals(self.dec + moved_deg * angle.sin());
            let Some(placement) = Placement::of(ra, dec) else { continue };
            let colour =
                [0.3, -0.2, -0.35].get((exposure.fid - 1) as usize).copied().unwrap_or(0.0);
            let diff_ujy = ujy_of_mag(v_mag + colour);
            let body = SolarSystemBody {
                name: name.clone(),
                distance_arcsec: draw.exponential(0.7).min(4.5),
                mag: ((v_mag + 0.12 * draw.normal()) * 10.0).round() / 10.0,
            };
            let source = Source {
                object_id: object_id(self.night, &yyyymmdd(exposure.jd), self.serial * 2 + nth),
                ra,
                dec,
                placement,
                body: Some(body),
                ..self.source(LightCurve::Once { jd: exposure.jd, diff_ujy })
            };
            drawn.push((source, Some(index)));
        }
        drawn
    }

    fn bogus(&self, visits: &[(usize, &Exposure)], draw: &mut Draw) -> Drawn {
        let nth = draw.integer(0, i64::try_from(visits.len()).unwrap_or(1)) as usize;
        let Some(&(index, exposure)) = visits.get(nth) else { return Vec::new() };
        let mag = draw.magnitude(15.5, 20.2, 0.3);
        let (flaw, template_mags, sign) = match draw.uniform() {
            p if p < 0.35 => {
                let ray = Flaw::CosmicRay {
                    angle_rad: draw.angle_rad(),
                    length_px: draw.between(2.0, 14.0),
                };
                (ray, None, 1.0)
            }
            p if p < 0.55 => (Flaw::BadColumn, None, if draw.chance(0.6) { 1.0 } else { -1.0 }),
            _ => {
                let shift = draw.between(0.15, 0.45);
                let angle = draw.angle_rad();
                let r = draw.between(12.2, 15.5);
                let star =
                    Flaw::Misaligned { dx_px: shift * angle.cos(), dy_px: shift * angle.sin() };
                (star, Some([r + 0.6, r, r - 0.2]), if draw.chance(0.5) { 1.0 } else { -1.0 })
            }
        };
        let diff_ujy = sign * ujy_of_mag(mag);
        let light_curve = LightCurve::Once { jd: exposure.jd, diff_ujy };
        vec![(Source { template_mags, flaw: Some(flaw), ..self.source(light_curve) }, Some(index))]
    }
}

/// The galaxy of a supernova, which stands at some scale lengths from the centre.
fn host(draw: &mut Draw) -> Galaxy {
    let r = draw.magnitude(14.6, 19.8, 0.22);
    let galaxy = galaxy_of_mag(r, draw);
    let (radius, angle) = (galaxy.scale_arcsec * draw.exponential(1.2).min(5.0), draw.angle_rad());
    let (along, across) = (radius * angle.cos(), radius * galaxy.axis_ratio * angle.sin());
    let (sin, cos) = galaxy.angle_rad.sin_cos();
    Galaxy {
        west_arcsec: along * cos - across * sin,
        south_arcsec: along * sin + across * cos,
        ..galaxy
    }
}

fn galaxy_of_mag(r: f64, draw: &mut Draw) -> Galaxy {
    let g_r = draw.between(0.35, 0.9);
    Galaxy {
        mags: [r + g_r, r, r - 0.35],
        west_arcsec: 0.0,
        south_arcsec: 0.0,
        scale_arcsec: (2.1 * 10f64.powf(-0.14 * (r - 18.0)) * draw.between(0.7, 1.4))
            .clamp(0.6, 7.0),
        axis_ratio: draw.between(0.25, 1.0),
        angle_rad: draw.angle_rad(),
        bulge: draw.between(0.05, 0.4),
    }
}

/// A number, or the year and letters of a provisional designation.
fn designation(draw: &mut Draw) -> String {
    if draw.chance(0.8) {
        return draw.integer(1000, 690_000).to_string();
    }
    let letter = |index: i64| char::from(b'A' + (index % 8) as u8);
    let (year, half_month) = (draw.integer(1998, 2026), letter(draw.integer(0, 8)));
    format!("{year}{half_month}{}{}", letter(draw.integer(0, 8)), draw.integer(1, 300))
}

/// `ZTF`, two digits of the year of discovery, seven letters; no two numbers share one.
fn object_id(night: &Night, discovered: &str, number: u64) -> String {
    const N_IDS: u64 = 4 * 26_u64.pow(5);
    let mut rest = number.wrapping_add(night.seed % 1_000_003).wrapping_mul(7_368_787) % N_IDS;
    let mut letters = ['a'; 7];
    for letter in letters.iter_mut().rev() {
        *letter = char::from(b'a' + (rest % 26) as u8);
        rest /= 26;
    }
    let year = discovered.get(2..4).unwrap_or("26");
    format!("ZTF{year}{}", letters.iter().collect::<String>())
}
