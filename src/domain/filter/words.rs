//! The rules of a filter in words, with the values of the query.

use super::{Filter, Rule, Sign, SolarSystemWanted, StarNear};
use crate::domain::{
    alert::{NEAR_GALAXY_ARCSEC, NEAR_STAR_ARCSEC},
    sky::format_radius,
    time::format_utc_minute,
};

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
            Rule::Sign => match self.sign {
                Sign::Any => None,
                Sign::Positive => Some("positive subtraction".to_owned()),
                Sign::Negative => Some("negative subtraction".to_owned()),
            },
            Rule::SolarSystem => match self.solar_system {
                SolarSystemWanted::Any => None,
                SolarSystemWanted::None => {
                    Some("no known solar-system object within 5″".to_owned())
                }
                SolarSystemWanted::Only => Some("known solar-system object within 5″".to_owned()),
            },
            _ => self.demand_more(rule),
        }
    }

    /// The same for the rules on what an alert is near and what is said of it.
    fn demand_more(&self, rule: Rule) -> Option<String> {
        let name = rule.name();
        match rule {
            Rule::Survey => self.survey.map(|survey| format!("{name} {}", survey.name())),
            Rule::AgeMax => self.age_max.map(|most| format!("{name} ≤ {most} d")),
            Rule::NdethistMax => self.ndethist_max.map(|most| format!("{name} ≤ {most}")),
            Rule::SnrMin => self.snr_min.map(|least| format!("{name} ≥ {least}")),
            Rule::StarNear => match self.star_near {
                StarNear::Any => None,
                StarNear::NoStar => Some(format!("no star within {NEAR_STAR_ARCSEC}″")),
                StarNear::Galaxy => Some(format!("galaxy within {NEAR_GALAXY_ARCSEC}″")),
            },
            Rule::GalBMin => self.gal_b_min.map(|least| format!("{name} ≥ {least}°")),
            Rule::Class => match (&self.class_name, self.class_probability) {
                (None, None) => None,
                (Some(class), None) => Some(format!("{name} {class}")),
                (None, Some(least)) => Some(format!("{name} probability ≥ {least}")),
                (Some(class), Some(least)) => Some(format!("{name} {class} ≥ {least}")),
            },
            Rule::Tag => self.tag.as_ref().map(|tag| format!("{name} {tag}")),
            _ => None,
        }
    }
}
