//! Each rule lets pass, cuts, and rejects what lacks its value.

use bytes::Bytes;

use super::*;
use crate::domain::{
    alert::{Alert, Classification, Packet, PacketFormat},
    sky::Position,
};

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
        assert_eq!(filter.judge(&alert()), Err(Rejection { rule, is_absent: false }), "{rule:?}");
    }
    let wide = Filter {
        mag_min: Some(17.0),
        mag_max: Some(17.0),
        bands: vec![Band::G],
        rb_min: Some(0.8),
        drb_min: Some(0.9),
        sign: Sign::Positive,
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
        (Rule::Sign, Filter { sign: Sign::Positive, ..Filter::default() }),
        (Rule::NdethistMin, Filter { ndethist_min: Some(1), ..Filter::default() }),
    ] {
        assert_eq!(filter.judge(&bare), Err(Rejection { rule, is_absent: true }), "{rule:?}");
    }
}

#[test]
fn only_a_near_solar_system_object_counts() {
    let filter = Filter { solar_system: SolarSystemWanted::None, ..Filter::default() };
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
        sign: Sign::Positive,
        ndethist_min: Some(2),
        cone: Some(Cone { center: Position::new(24.5, 63.4).unwrap(), radius_deg: 0.05 }),
        observed_after: at("2026-11-22T12:00:31Z"),
        observed_before: at("2026-11-23T00:00:00Z"),
        solar_system: SolarSystemWanted::None,
        survey: Some(Survey::Lsst),
        age_max: Some(30.0),
        ndethist_max: Some(9),
        snr_min: Some(5.0),
        star_near: StarNear::NoStar,
        gal_b_min: Some(15.0),
        class_name: Some("Ia".to_owned()),
        class_probability: Some(0.8),
        tag: Some("is_pure".to_owned()),
    };
    let words = |filter: &Filter| Rule::ALL.map(|rule| filter.rule_words(rule.id()));
    assert_eq!(
        words(&filter),
        [
            "survey LSST",
            "observed after 2026-11-22 12:00 UTC",
            "observed before 2026-11-23 00:00 UTC",
            "cone of 3′",
            "|b| ≥ 15°",
            "band g, r",
            "rb ≥ 0.65",
            "drb ≥ 0.3",
            "classtar ≥ 0.5",
            "mag ≥ 15",
            "mag ≤ 19.5",
            "snr ≥ 5",
            "positive subtraction",
            "detections ≥ 2",
            "detections ≤ 9",
            "age ≤ 30 d",
            "no star within 2″",
            "no known solar-system object within 5″",
            "class Ia ≥ 0.8",
            "tag is_pure",
        ]
    );
    assert_eq!(words(&Filter::default())[6..9], ["rb", "drb", "classtar"]);
    assert_eq!(filter.rule_words("a_rule_of_before"), "a_rule_of_before");
}

#[test]
fn rules_are_found_by_the_name_of_their_field() {
    for rule in Rule::ALL {
        assert_eq!(Rule::from_id(rule.id()), Some(rule));
    }
}

#[test]
fn the_old_names_of_rules_are_known() {
    assert_eq!(Rule::from_id("positive_only"), Some(Rule::Sign));
    assert_eq!(Rule::from_id("no_solar_system"), Some(Rule::SolarSystem));
}

fn is(filter: Filter, alert: Alert) -> Option<(Rule, bool)> {
    filter.judge(&alert).err().map(|rejection| (rejection.rule, rejection.is_absent))
}

#[test]
fn survey_age_detections_and_noise_cut() {
    let lsst = Filter { survey: Some(Survey::Lsst), ..Filter::default() };
    assert_eq!(is(lsst.clone(), alert()), Some((Rule::Survey, false)));
    assert_eq!(is(lsst, Alert { survey: Survey::Lsst, ..alert() }), None);
    let young = || Filter { age_max: Some(2.0), ..Filter::default() };
    let first = |days: f64| Alert { first_detection_jd: Some(alert().jd - days), ..alert() };
    assert_eq!(is(young(), first(2.0)), None);
    assert_eq!(is(young(), first(2.5)), Some((Rule::AgeMax, false)));
    assert_eq!(is(young(), alert()), None, "a first detection is new");
    let few = || Filter { ndethist_max: Some(3), ..Filter::default() };
    assert_eq!(is(few(), alert()), None);
    let of = |ndethist| Alert { ndethist, ..alert() };
    assert_eq!(is(few(), of(Some(4))), Some((Rule::NdethistMax, false)));
    assert_eq!(is(few(), of(None)), Some((Rule::NdethistMax, true)));
    let sure = || Filter { snr_min: Some(5.0), ..Filter::default() };
    let of = |snr| Alert { snr, ..alert() };
    assert_eq!(is(sure(), of(Some(-5.0))), None);
    assert_eq!(is(sure(), of(Some(4.9))), Some((Rule::SnrMin, false)));
    assert_eq!(is(sure(), of(None)), Some((Rule::SnrMin, true)));
}

#[test]
fn stars_galaxies_the_plane_and_bodies_cut() {
    let near = |star_near| Filter { star_near, ..Filter::default() };
    let of = |distpsnr1, sgscore1| Alert { distpsnr1, sgscore1, ..alert() };
    let (failed, absent) = (Some((Rule::StarNear, false)), Some((Rule::StarNear, true)));
    for (distance, score, no_star, galaxy) in [
        (Some(1.0), Some(0.5), failed, failed),
        (Some(1.0), Some(0.4), None, None),
        (Some(2.5), Some(0.9), None, failed),
        (Some(10.0), Some(0.1), None, None),
        (Some(10.1), Some(0.1), None, failed),
        (Some(1.0), None, absent, absent),
        (None, None, None, absent),
    ] {
        assert_eq!(is(near(StarNear::NoStar), of(distance, score)), no_star, "{distance:?}");
        assert_eq!(is(near(StarNear::Galaxy), of(distance, score)), galaxy, "{distance:?}");
    }
    let lsst = Alert { survey: Survey::Lsst, ..alert() };
    assert_eq!(is(near(StarNear::NoStar), lsst), absent, "LSST has no such catalogue");
    // The place has b = 0.98.
    let off = |least| Filter { gal_b_min: Some(least), ..Filter::default() };
    assert_eq!(is(off(0.5), alert()), None);
    assert_eq!(is(off(15.0), alert()), Some((Rule::GalBMin, false)));
    let nowhere = Alert { ra: f64::NAN, ..alert() };
    assert_eq!(is(off(0.0), nowhere), Some((Rule::GalBMin, true)));
    let only = Filter { solar_system: SolarSystemWanted::Only, ..Filter::default() };
    assert_eq!(is(only.clone(), alert()), Some((Rule::SolarSystem, false)));
    assert_eq!(is(only, Alert { ssdistnr: Some(1.0), ..alert() }), None);
    let negative = || Filter { sign: Sign::Negative, ..Filter::default() };
    assert_eq!(is(negative(), alert()), Some((Rule::Sign, false)));
    assert_eq!(is(negative(), Alert { is_positive: Some(false), ..alert() }), None);
    assert_eq!(is(negative(), Alert { is_positive: None, ..alert() }), Some((Rule::Sign, true)));
}

#[test]
fn classes_and_tags_cut_in_either_case_and_each_alone() {
    let said = |class: &str, probability| Classification {
        classifier: "SuperNNova".to_owned(),
        version: String::new(),
        class: class.to_owned(),
        class_id: None,
        probability,
    };
    let classed =
        || Alert { classifications: vec![said("Ia", Some(0.7)), said("RRL", None)], ..alert() };
    let failed = Some((Rule::Class, false));
    for (name, least, expected) in [
        (Some("ia"), None, None),
        (Some("IA"), Some(0.7), None),
        (Some("Ia"), Some(0.71), failed),
        (Some("rrl"), None, None),
        (Some("RRL"), Some(0.1), failed),
        (Some("II"), None, failed),
        (None, Some(0.5), None),
        (None, Some(0.8), failed),
    ] {
        let filter = || Filter {
            class_name: name.map(str::to_owned),
            class_probability: least,
            ..Filter::default()
        };
        assert_eq!(is(filter(), classed()), expected, "{name:?} {least:?}");
        assert_eq!(is(filter(), alert()), Some((Rule::Class, true)));
    }
    let pure = || Filter { tag: Some("IS_pure".to_owned()), ..Filter::default() };
    let tagged = |tag: &str| Alert { tags: vec![tag.to_owned()], ..alert() };
    assert_eq!(is(pure(), tagged("is_pure")), None);
    assert_eq!(is(pure(), tagged("not_moving")), Some((Rule::Tag, false)));
    assert_eq!(is(pure(), alert()), Some((Rule::Tag, true)));
}
