//! The judgement on an alert, rule by rule.

use super::{
    Filter, Rejection, Rule, SOLAR_SYSTEM_RADIUS_ARCSEC, Side, Sign, SolarSystemWanted, StarNear,
};
use crate::domain::{
    alert::{Alert, NEAR_GALAXY_ARCSEC, NEAR_STAR_ARCSEC, STAR_SCORE_MIN, Survey},
    sky::Position,
    time::utc_to_jd,
};

/// What one rule says.
enum Verdict {
    Pass,
    Fail,
    Absent,
}

fn verdict(is_good: bool) -> Verdict {
    if is_good { Verdict::Pass } else { Verdict::Fail }
}

/// The verdict on a value that the alert may not have.
fn on<T>(value: Option<T>, is_good: impl FnOnce(T) -> bool) -> Verdict {
    value.map_or(Verdict::Absent, |value| verdict(is_good(value)))
}

impl Filter {
    /// Lets an alert pass, or says which rule it breaks first. A rule on a value that the alert lacks rejects it.
    pub fn judge(&self, alert: &Alert) -> Result<(), Rejection> {
        for rule in Rule::ALL {
            match self.apply(rule, alert) {
                Verdict::Pass => {}
                Verdict::Fail => return Err(Rejection { rule, is_absent: false }),
                Verdict::Absent => return Err(Rejection { rule, is_absent: true }),
            }
        }
        Ok(())
    }

    fn apply(&self, rule: Rule, alert: &Alert) -> Verdict {
        match rule {
            Rule::Classtar => self.classtar.map_or(Verdict::Pass, |(side, threshold)| {
                on(alert.classtar, |classtar| match side {
                    Side::LessThan => classtar < threshold,
                    Side::GreaterOrEqual => classtar >= threshold,
                })
            }),
            Rule::MagMin => {
                self.mag_min.map_or(Verdict::Pass, |least| on(alert.mag, |mag| mag >= least))
            }
            Rule::MagMax => {
                self.mag_max.map_or(Verdict::Pass, |most| on(alert.mag, |mag| mag <= most))
            }
            Rule::Bands if self.bands.is_empty() => Verdict::Pass,
            Rule::Bands => on(alert.band, |band| self.bands.contains(&band)),
            Rule::RbMin => {
                self.rb_min.map_or(Verdict::Pass, |least| on(alert.real_bogus(), |rb| rb >= least))
            }
            Rule::DrbMin => {
                self.drb_min.map_or(Verdict::Pass, |least| on(alert.drb, |drb| drb >= least))
            }
            Rule::Sign => match self.sign {
                Sign::Any => Verdict::Pass,
                Sign::Positive => on(alert.is_positive, |is_positive| is_positive),
                Sign::Negative => on(alert.is_positive, |is_positive| !is_positive),
            },
            Rule::NdethistMin => {
                self.ndethist_min.map_or(Verdict::Pass, |least| on(alert.ndethist, |n| n >= least))
            }
            Rule::Cone => self.cone.map_or(Verdict::Pass, |cone| {
                on(Position::new(alert.ra, alert.dec).ok(), |place| cone.contains(place))
            }),
            Rule::ObservedAfter => self
                .observed_after
                .map_or(Verdict::Pass, |after| verdict(alert.jd >= utc_to_jd(after))),
            Rule::ObservedBefore => self
                .observed_before
                .map_or(Verdict::Pass, |before| verdict(alert.jd < utc_to_jd(before))),
            _ => self.apply_more(rule, alert),
        }
    }

    /// The same for the rules on what an alert is near and what is said of it.
    fn apply_more(&self, rule: Rule, alert: &Alert) -> Verdict {
        match rule {
            Rule::Survey => verdict(self.survey.is_none_or(|survey| survey == alert.survey)),
            Rule::AgeMax => {
                self.age_max.map_or(Verdict::Pass, |most| verdict(alert.age_d() <= most))
            }
            Rule::NdethistMax => {
                self.ndethist_max.map_or(Verdict::Pass, |most| on(alert.ndethist, |n| n <= most))
            }
            // A fading source has a negative one: how sure it is does not depend on its sign.
            Rule::SnrMin => {
                self.snr_min.map_or(Verdict::Pass, |least| on(alert.snr, |snr| snr.abs() >= least))
            }
            Rule::StarNear => self.star_near.judge(alert),
            Rule::GalBMin => self
                .gal_b_min
                .map_or(Verdict::Pass, |least| on(alert.gal_b(), |b| b.abs() >= least)),
            Rule::SolarSystem => {
                let is_body = || alert.is_solar_system(SOLAR_SYSTEM_RADIUS_ARCSEC);
                match self.solar_system {
                    SolarSystemWanted::Any => Verdict::Pass,
                    SolarSystemWanted::None => verdict(!is_body()),
                    SolarSystemWanted::Only => verdict(is_body()),
                }
            }
            Rule::Class => self.judge_class(alert),
            Rule::Tag => self.tag.as_ref().map_or(Verdict::Pass, |wanted| {
                let is_there = |tag: &String| tag.to_lowercase() == wanted.to_lowercase();
                on((!alert.tags.is_empty()).then_some(&alert.tags), |tags| {
                    tags.iter().any(is_there)
                })
            }),
            // The others are judged before.
            _ => Verdict::Pass,
        }
    }

    fn judge_class(&self, alert: &Alert) -> Verdict {
        if self.class_name.is_none() && self.class_probability.is_none() {
            return Verdict::Pass;
        }
        let said = (!alert.classifications.is_empty()).then_some(&alert.classifications);
        on(said, |said| {
            said.iter().any(|one| {
                let is_named = |name: &String| name.to_lowercase() == one.class.to_lowercase();
                let is_probable =
                    |least: f64| one.probability.is_some_and(|probability| probability >= least);
                self.class_name.as_ref().is_none_or(is_named)
                    && self.class_probability.is_none_or(is_probable)
            })
        })
    }
}

impl StarNear {
    fn judge(self, alert: &Alert) -> Verdict {
        match (self, alert.distpsnr1) {
            (Self::Any, _) => Verdict::Pass,
            // ZTF's packets say that the catalogue has nothing near by having no distance.
            (Self::NoStar, None) if alert.survey == Survey::Ztf => Verdict::Pass,
            (_, None) => Verdict::Absent,
            (Self::NoStar, Some(distance)) if distance > NEAR_STAR_ARCSEC => Verdict::Pass,
            (Self::Galaxy, Some(distance)) if distance > NEAR_GALAXY_ARCSEC => Verdict::Fail,
            (_, Some(_)) => on(alert.sgscore1, |score| score < STAR_SCORE_MIN),
        }
    }
}
