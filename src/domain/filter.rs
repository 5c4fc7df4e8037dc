//! The filter that every backend shares: it judges an alert in memory and says which rule rejected it.
//!
//! It is the run's, not the backend's, so all backends have the same one and count its rejections alike.
//! `brokers/database` has it as SQL too, so that no more rows come than are wanted; the run still judges each row.

use chrono::{DateTime, Utc};

use super::{
    alert::{Alert, Band},
    sky::{Cone, Position, format_radius},
    time::{format_utc_minute, utc_to_jd},
};

/// A known solar-system object this near is taken to be the source, arcsec (the radius ZTF's own brokers use).
pub const SOLAR_SYSTEM_RADIUS_ARCSEC: f64 = 5.0;

/// On which side of the threshold a star/galaxy score passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Below the threshold.
    LessThan,
    /// At or above the threshold.
    GreaterOrEqual,
}

impl Side {
    /// The sign between score and threshold.
    fn sign(self) -> &'static str {
        match self {
            Self::LessThan => "<",
            Self::GreaterOrEqual => "≥",
        }
    }
}

/// Which alerts a query wants. What is `None`, empty or false does not cut.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Star/galaxy score below, or at or above, a threshold.
    pub classtar: Option<(Side, f64)>,
    /// Brightest magnitude.
    pub mag_min: Option<f64>,
    /// Faintest magnitude.
    pub mag_max: Option<f64>,
    /// Bands; empty: any.
    pub bands: Vec<Band>,
    /// Least real/bogus score.
    pub rb_min: Option<f64>,
    /// Least deep-learning real/bogus score.
    pub drb_min: Option<f64>,
    /// Only what is brighter than in the template.
    pub positive_only: bool,
    /// Least number of detections.
    pub ndethist_min: Option<i64>,
    /// Only within a circle.
    pub cone: Option<Cone>,
    /// Only observed at this time or later.
    pub observed_after: Option<DateTime<Utc>>,
    /// Only observed before this time.
    pub observed_before: Option<DateTime<Utc>>,
    /// Nothing with a known solar-system object within [`SOLAR_SYSTEM_RADIUS_ARCSEC`].
    pub no_solar_system: bool,
}

/// A rule of the filter; its id is the name of the form's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `classtar_threshold`
    Classtar,
    /// `mag_min`
    MagMin,
    /// `mag_max`
    MagMax,
    /// `bands`
    Bands,
    /// `rb_min`
    RbMin,
    /// `drb_min`
    DrbMin,
    /// `positive_only`
    PositiveOnly,
    /// `ndethist_min`
    NdethistMin,
    /// `cone`
    Cone,
    /// `observed_after`
    ObservedAfter,
    /// `observed_before`
    ObservedBefore,
    /// `no_solar_system`
    NoSolarSystem,
}

impl Rule {
    /// Every rule, in the order in which they judge.
    pub const ALL: [Self; 12] = [
        Self::ObservedAfter,
        Self::ObservedBefore,
        Self::Cone,
        Self::Bands,
        Self::RbMin,
        Self::DrbMin,
        Self::Classtar,
        Self::MagMin,
        Self::MagMax,
        Self::PositiveOnly,
        Self::NdethistMin,
        Self::NoSolarSystem,
    ];

    /// The name of the form's field.
    pub fn id(self) -> &'static str {
        match self {
            Self::Classtar => "classtar_threshold",
            Self::MagMin => "mag_min",
            Self::MagMax => "mag_max",
            Self::Bands => "bands",
            Self::RbMin => "rb_min",
            Self::DrbMin => "drb_min",
            Self::PositiveOnly => "positive_only",
            Self::NdethistMin => "ndethist_min",
            Self::Cone => "cone",
            Self::ObservedAfter => "observed_after",
            Self::ObservedBefore => "observed_before",
            Self::NoSolarSystem => "no_solar_system",
        }
    }

    /// The rule of a field.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// What the rule asks of an alert, without the value that a query gives it.
    fn name(self) -> &'static str {
        match self {
            Self::Classtar => "classtar",
            Self::MagMin => "brightest magnitude",
            Self::MagMax => "faintest magnitude",
            Self::Bands => "band",
            Self::RbMin => "rb",
            Self::DrbMin => "drb",
            Self::PositiveOnly => "positive subtraction",
            Self::NdethistMin => "detections",
            Self::Cone => "cone",
            Self::ObservedAfter => "observed after",
            Self::ObservedBefore => "observed before",
            Self::NoSolarSystem => "no known solar-system object within 5″",
        }
    }
}

/// Why an alert is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The first rule that it breaks.
    pub rule: Rule,
    /// Whether the alert lacks the value that the rule asks for.
    pub is_absent: bool,
}

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
    /// The rule with this id as a query words it: "rb ≥ 0.65"; the id itself where there is no such rule.
    pub fn rule_words(&self, id: &str) -> String {
        let Some(rule) = Rule::from_id(id) else { return id.to_owned() };
        self.demand(rule).unwrap_or_else(|| rule.name().to_owned())
    }

    /// A rule with its value; `None` where it has none.
    fn demand(&self, rule: Rule) -> Option<String> {
        let name = rule.name();
        match rule {
            Rule::Classtar => {
                self.classtar.map(|(side, threshold)| format!("{name} {} {threshold}", side.sign()))
            }
            Rule::MagMin => self.mag_min.map(|mag| format!("mag ≥ {mag}")),
            Rule::MagMax => self.mag_max.map(|mag| format!("mag ≤ {mag}")),
            Rule::Bands => {
                let letters: Vec<&str> = self.bands.iter().map(|band| band.letter()).collect();
                (!letters.is_empty()).then(|| format!("{name} {}", letters.join(", ")))
            }
            Rule::RbMin => self.rb_min.map(|least| format!("{name} ≥ {least}")),
            Rule::DrbMin => self.drb_min.map(|least| format!("{name} ≥ {least}")),
            Rule::NdethistMin => self.ndethist_min.map(|least| format!("{name} ≥ {least}")),
            Rule::Cone => self.cone.map(|cone| format!("{name} of {}", format_radius(&cone))),
            Rule::ObservedAfter => {
                self.observed_after.map(|at| format!("{name} {} UTC", format_utc_minute(at)))
            }
            Rule::ObservedBefore => {
                self.observed_before.map(|at| format!("{name} {} UTC", format_utc_minute(at)))
            }
            Rule::PositiveOnly | Rule::NoSolarSystem => None,
        }
    }

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
            Rule::PositiveOnly if !self.positive_only => Verdict::Pass,
            Rule::PositiveOnly => on(alert.is_positive, |is_positive| is_positive),
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
            Rule::NoSolarSystem => {
                let is_near =
                    alert.ssdistnr.is_some_and(|distance| distance < SOLAR_SYSTEM_RADIUS_ARCSEC);
                verdict(!(self.no_solar_system && is_near))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::alert::{Packet, PacketFormat, Survey};

    fn alert() -> Alert {
        let packet = Packet {
            format: PacketFormat::AvroContainer,
            schema_version: String::new(),
            bytes: Bytes::new(),
            n_head_bytes: 0,
        };
        Alert {
            jd: 2_459_942.5,
            ra: 24.5,
            dec: 63.3,
            mag: Some(17.0),
            mag_err: Some(0.1),
            band: Some(Band::G),
            classtar: Some(0.5),
            rb: Some(0.8),
            drb: Some(0.9),
            is_positive: Some(true),
            ndethist: Some(3),
            ..Alert::new(Survey::Ztf, 2_188_216_843_315_010_016, "ZTF18abfkwnk".to_owned(), packet)
        }
    }

    fn passes(filter: &Filter, alert: &Alert) -> bool {
        filter.judge(alert).is_ok()
    }

    #[test]
    fn the_star_galaxy_threshold_is_judged_as_ever() {
        for (side, threshold, classtar, expected) in [
            (Side::LessThan, 0.5, 0.4, true),
            (Side::LessThan, 0.5, 0.5, false),
            (Side::GreaterOrEqual, 0.5, 0.5, true),
            (Side::GreaterOrEqual, 0.5, 0.4, false),
            (Side::LessThan, 0.0, 0.0, false),
            (Side::GreaterOrEqual, 0.0, 0.0, true),
        ] {
            let filter = Filter { classtar: Some((side, threshold)), ..Filter::default() };
            assert_eq!(
                passes(&filter, &Alert { classtar: Some(classtar), ..alert() }),
                expected,
                "{side:?} {threshold} {classtar}"
            );
        }
        assert!(passes(&Filter::default(), &Alert { classtar: None, ..alert() }));
        let filter = Filter { classtar: Some((Side::LessThan, 0.5)), ..Filter::default() };
        let rejection = filter.judge(&Alert { classtar: None, ..alert() });
        assert_eq!(rejection, Err(Rejection { rule: Rule::Classtar, is_absent: true }));
    }

    #[test]
    fn each_rule_cuts_on_its_own_value() {
        let cone = Cone { center: Position::new(24.5, 63.4).unwrap(), radius_deg: 0.05 };
        let at = |text: &str| Some(text.parse().unwrap());
        for (rule, filter) in [
            (Rule::MagMin, Filter { mag_min: Some(17.1), ..Filter::default() }),
            (Rule::MagMax, Filter { mag_max: Some(16.9), ..Filter::default() }),
            (Rule::Bands, Filter { bands: vec![Band::R, Band::I], ..Filter::default() }),
            (Rule::RbMin, Filter { rb_min: Some(0.81), ..Filter::default() }),
            (Rule::DrbMin, Filter { drb_min: Some(0.91), ..Filter::default() }),
            (Rule::NdethistMin, Filter { ndethist_min: Some(4), ..Filter::default() }),
            (Rule::Cone, Filter { cone: Some(cone), ..Filter::default() }),
            (
                Rule::ObservedAfter,
                Filter { observed_after: at("2022-12-29T00:00:01Z"), ..Filter::default() },
            ),
            (
                Rule::ObservedBefore,
                Filter { observed_before: at("2022-12-29T00:00:00Z"), ..Filter::default() },
            ),
        ] {
            assert_eq!(
                filter.judge(&alert()),
                Err(Rejection { rule, is_absent: false }),
                "{rule:?}"
            );
        }
        let wide = Filter {
            mag_min: Some(17.0),
            mag_max: Some(17.0),
            bands: vec![Band::G],
            rb_min: Some(0.8),
            drb_min: Some(0.9),
            positive_only: true,
            ndethist_min: Some(3),
            observed_after: at("2022-12-29T00:00:00Z"),
            ..Filter::default()
        };
        assert_eq!(wide.judge(&alert()), Ok(()));
    }

    #[test]
    fn absent_values_are_rejected_by_the_rule_that_asks_for_them() {
        let bare = Alert {
            mag: None,
            band: None,
            rb: None,
            drb: None,
            is_positive: None,
            ndethist: None,
            ..alert()
        };
        for (rule, filter) in [
            (Rule::MagMin, Filter { mag_min: Some(0.0), ..Filter::default() }),
            (Rule::Bands, Filter { bands: vec![Band::G], ..Filter::default() }),
            (Rule::RbMin, Filter { rb_min: Some(0.0), ..Filter::default() }),
            (Rule::DrbMin, Filter { drb_min: Some(0.0), ..Filter::default() }),
            (Rule::PositiveOnly, Filter { positive_only: true, ..Filter::default() }),
            (Rule::NdethistMin, Filter { ndethist_min: Some(1), ..Filter::default() }),
        ] {
            assert_eq!(filter.judge(&bare), Err(Rejection { rule, is_absent: true }), "{rule:?}");
        }
    }

    #[test]
    fn only_a_near_solar_system_object_counts() {
        let filter = Filter { no_solar_system: true, ..Filter::default() };
        assert!(passes(&filter, &alert()));
        assert!(passes(&filter, &Alert { ssdistnr: Some(12.0), ..alert() }));
        assert!(!passes(&filter, &Alert { ssdistnr: Some(1.0), ..alert() }));
    }

    #[test]
    fn rules_are_worded_with_the_values_of_the_query() {
        let at = |text: &str| Some(text.parse().unwrap());
        let filter = Filter {
            classtar: Some((Side::GreaterOrEqual, 0.5)),
            mag_min: Some(15.0),
            mag_max: Some(19.5),
            bands: vec![Band::G, Band::R],
            rb_min: Some(0.65),
            drb_min: Some(0.3),
            positive_only: true,
            ndethist_min: Some(2),
            cone: Some(Cone { center: Position::new(24.5, 63.4).unwrap(), radius_deg: 0.05 }),
            observed_after: at("2026-11-22T12:00:31Z"),
            observed_before: at("2026-11-23T00:00:00Z"),
            no_solar_system: true,
        };
        let words = |filter: &Filter| Rule::ALL.map(|rule| filter.rule_words(rule.id()));
        assert_eq!(
            words(&filter),
            [
                "observed after 2026-11-22 12:00 UTC",
                "observed before 2026-11-23 00:00 UTC",
                "cone of 3′",
                "band g, r",
                "rb ≥ 0.65",
                "drb ≥ 0.3",
                "classtar ≥ 0.5",
                "mag ≥ 15",
                "mag ≤ 19.5",
                "positive subtraction",
                "detections ≥ 2",
                "no known solar-system object within 5″",
            ]
        );
        assert_eq!(words(&Filter::default())[4..7], ["rb", "drb", "classtar"]);
        assert_eq!(filter.rule_words("a_rule_of_before"), "a_rule_of_before");
    }

    #[test]
    fn rules_are_found_by_the_name_of_their_field() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_id(rule.id()), Some(rule));
        }
    }
}
