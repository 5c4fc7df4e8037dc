//! What a broker says of an alert: classes and their probabilities, and tags; in the message and in its attributes.

use serde_json::{Map, Value as Json};

use crate::domain::alert::{Alert, Band, Classification, NEAR_STAR_ARCSEC};

use super::PacketError;
use super::json_fields::field;
use super::json_tree::Node;
use super::program::Scalar;
use super::ztf_values::{integer, number, score};

/// Longest label or tag that is kept, characters.
const WORD_CHARACTERS: usize = 64;

const SUPERNNOVA: &str = "SuperNNova";
const UPSILON: &str = "UPSILoN";
const GAIA: &str = "Gaia DR3";

/// `SuperNNova`'s classes by their numbers.
const SUPERNOVAE: [(i64, &str, &str); 2] = [(0, "Ia", "prob_class0"), (1, "non-Ia", "prob_class1")];

/// Attributes of `ztf-tagged` that are "1" where their cut is passed. Its `rb` is such a flag and no score.
const FLAGS: [&str; 11] = [
    "is_pure",
    "rb",
    "nbad",
    "fwhm",
    "elong",
    "magdiff",
    "is_extragalactic_transient",
    "is_positive_sub",
    "no_pointsource_counterpart",
    "not_moving",
    "no_ssobject",
];

/// The fields of `UPSILoN` for each band, and the attributes: label, probability, flag, attribute of the label.
const UPSILON_BANDS: [(Band, [&str; 3], &str); 6] = [
    (Band::U, ["u_label", "u_probability", "u_flag"], "pg_upsilon_u_label"),
    (Band::G, ["g_label", "g_probability", "g_flag"], "pg_upsilon_g_label"),
    (Band::R, ["r_label", "r_probability", "r_flag"], "pg_upsilon_r_label"),
    (Band::I, ["i_label", "i_probability", "i_flag"], "pg_upsilon_i_label"),
    (Band::Z, ["z_label", "z_probability", "z_flag"], "pg_upsilon_z_label"),
    (Band::Y, ["y_label", "y_probability", "y_flag"], "pg_upsilon_y_label"),
];

/// Adds what stands in a message beside the alert.
pub(super) fn add_payload(alert: &mut Alert, message: &Node<'_>) -> Result<(), PacketError> {
    if let Some(said) = message.record("SuperNNova")? {
        add_supernnova(alert, said)?;
    }
    if let Some(said) = message.record("upsilon")? {
        for (band, fields, _) in UPSILON_BANDS {
            add_upsilon(alert, said, band, fields)?;
        }
    }
    if let Some(said) = message.record("xmatch_gaia")? {
        add_gaia(alert, said)?;
    }
    Ok(())
}

/// Adds what the attributes of a message say, and the message itself does not.
pub fn add_attributes(alert: &mut Alert, attributes: &Map<String, Json>) {
    let of = |name: &str| attributes.get(name).and_then(Json::as_str).and_then(word);
    let predicted = of("pg_supernnova_class").or_else(|| of("supernnova_class"));
    if let Some(id) = predicted.and_then(|class| class.parse().ok())
        && !knows(alert, SUPERNNOVA)
        && let Some((_, class, _)) = SUPERNOVAE.iter().find(|(number, ..)| *number == id)
    {
        alert.classifications.push(class_of(SUPERNNOVA, class, Some(id), None));
    }
    for (band, _, label) in UPSILON_BANDS {
        let classifier = upsilon_of(band);
        if let Some(label) = of(label)
            && !knows(alert, &classifier)
        {
            alert.classifications.push(class_of(&classifier, &label, None, None));
        }
    }
    if let Some(likely) = of("pg_variable") {
        tag(alert, &format!("{likely} variable"));
    }
    if attributes.contains_key("is_pure") {
        for flag in FLAGS.into_iter().filter(|flag| of(flag).as_deref() == Some("1")) {
            tag(alert, flag);
        }
    }
    if let Some(version) = of("schema_version").as_deref().and_then(version_of)
        && alert.packet.schema_version.is_empty()
    {
        alert.packet.schema_version = version;
    }
}

fn add_supernnova(alert: &mut Alert, said: &Node<'_>) -> Result<(), PacketError> {
    let predicted = integer(&field(said, "predicted_class")?);
    for (id, class, name) in SUPERNOVAE {
        let probability = probability(said, name)?;
        if probability.is_some() || predicted == Some(id) {
            alert.classifications.push(class_of(SUPERNNOVA, class, Some(id), probability));
        }
    }
    Ok(())
}

fn add_upsilon(
    alert: &mut Alert,
    said: &Node<'_>,
    band: Band,
    [label, likelihood, flag]: [&'static str; 3],
) -> Result<(), PacketError> {
    let Some(label) = label_of(said, label)? else { return Ok(()) };
    let probability = probability(said, likelihood)?;
    let classifier = upsilon_of(band);
    alert.classifications.push(class_of(&classifier, &label, None, probability));
    if integer(&field(said, flag)?) == Some(1) {
        tag(alert, &format!("{classifier} suspicious"));
    }
    Ok(())
}

/// The class of the nearest source of Gaia. Sources are looked for within 90 arcsec: one that is farther than a star may be to be
/// taken for the alert's source says nothing of it.
fn add_gaia(alert: &mut Alert, said: &Node<'_>) -> Result<(), PacketError> {
    let separation = number(&field(said, "separation_to_closest_gaia_source")?);
    let probability = probability(said, "closest_gaia_source_class_score")?;
    if let Some(class) = label_of(said, "closest_gaia_source_class")?
        && separation.is_none_or(|arcsec| arcsec <= NEAR_STAR_ARCSEC)
    {
        alert.classifications.push(class_of(GAIA, &class, None, probability));
    }
    Ok(())
}

fn upsilon_of(band: Band) -> String {
    format!("{UPSILON} {band}")
}

/// A probability; what is no number between 0 and 1 is none that the broker can mean.
fn probability(said: &Node<'_>, name: &'static str) -> Result<Option<f64>, PacketError> {
    let value = field(said, name)?;
    match number(&value) {
        Some(_) => score(&value).map(Some).ok_or_else(|| super::invalid::impossible(name, &value)),
        None => Ok(None),
    }
}

fn label_of(said: &Node<'_>, name: &'static str) -> Result<Option<String>, PacketError> {
    match said.get(name) {
        None => Ok(None),
        Some(Node::Text(text)) => Ok(word(text)),
        Some(other) => match other.scalar() {
            Scalar::Int(number) => Ok(Some(number.to_string())),
            _ => Err(other.impossible(name)),
        },
    }
}

/// A word as it may be kept and shown; Python's words for nothing are none.
fn word(text: &str) -> Option<String> {
    let word: String = text
        .trim()
        .chars()
        .filter(|character| !character.is_control())
        .take(WORD_CHARACTERS)
        .collect();
    (!matches!(word.as_str(), "" | "None" | "null" | "nan" | "NaN")).then_some(word)
}

/// `v10_0` is version 10.0.
fn version_of(text: &str) -> Option<String> {
    let (major, minor) = text.strip_prefix('v')?.split_once('_')?;
    let is_number =
        |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (is_number(major) && is_number(minor)).then(|| format!("{major}.{minor}"))
}

fn knows(alert: &Alert, classifier: &str) -> bool {
    alert.classifications.iter().any(|known| known.classifier == classifier)
}

fn class_of(
    classifier: &str,
    class: &str,
    class_id: Option<i64>,
    probability: Option<f64>,
) -> Classification {
    Classification {
        classifier: classifier.to_owned(),
        version: String::new(),
        class: class.to_owned(),
        class_id,
        probability,
    }
}

fn tag(alert: &mut Alert, tag: &str) {
    if !alert.tags.iter().any(|known| known == tag) {
        alert.tags.push(tag.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::domain::alert::{Packet, PacketFormat, Survey};

    fn alert() -> Alert {
        let packet = Packet {
            format: PacketFormat::Json,
            schema_version: String::new(),
            bytes: Bytes::new(),
            n_head_bytes: 0,
        };
        Alert::new(Survey::Lsst, 1, "1".to_owned(), packet)
    }

    fn said(message: &Json) -> Result<Alert, PacketError> {
        let text = message.to_string();
        let mut alert = alert();
        add_payload(&mut alert, &Node::parse(text.as_bytes())?)?;
        Ok(alert)
    }

    fn with(attributes: &Json) -> Alert {
        let mut alert = alert();
        add_attributes(&mut alert, attributes.as_object().unwrap());
        alert
    }

    #[test]
    fn supernnova_says_ia_or_not_with_probabilities() {
        let message =
            json!({"SuperNNova": {"prob_class0": 0.75, "prob_class1": 0.25, "predicted_class": 0}});
        let mut alert = said(&message).unwrap();
        let ia = class_of("SuperNNova", "Ia", Some(0), Some(0.75));
        let other = class_of("SuperNNova", "non-Ia", Some(1), Some(0.25));
        assert_eq!(alert.classifications, [ia, other]);
        // The attribute says no more.
        let attributes = json!({"pg_supernnova_class": "0"});
        add_attributes(&mut alert, attributes.as_object().unwrap());
        assert_eq!(alert.classifications.len(), 2);
        let nothing = json!({"SuperNNova": {"prob_class0": null, "prob_class1": null, "predicted_class": null}});
        assert_eq!(said(&nothing).unwrap().classifications, []);
        for (name, odd) in [
            ("prob_class0", json!(1.5)),
            ("prob_class1", json!("x")),
            ("predicted_class", json!([])),
        ] {
            let error = said(&json!({"SuperNNova": {name: odd}})).unwrap_err();
            assert!(
                matches!(error, PacketError::Invalid { field, .. } if field == name),
                "{error}"
            );
        }
        assert!(said(&json!({"SuperNNova": 5})).is_err());
    }

    #[test]
    fn attributes_alone_say_classes_without_probabilities() {
        let alert = with(
            &json!({"supernnova_class": "1", "pg_upsilon_g_label": "RRL_ab", "pg_upsilon_r_label": "None",
            "schema_version": "v10_0", "rb": "1"}),
        );
        let classes = [
            class_of("SuperNNova", "non-Ia", Some(1), None),
            class_of("UPSILoN g", "RRL_ab", None, None),
        ];
        assert_eq!(alert.classifications, classes);
        // `rb` alone is no flag of ztf-tagged.
        assert_eq!(alert.tags, Vec::<String>::new());
        assert_eq!(alert.packet.schema_version, "10.0");
        let unknown = with(&json!({"supernnova_class": "7", "schema_version": "None"}));
        assert_eq!((unknown.classifications, unknown.packet.schema_version.as_str()), (vec![], ""));
    }

    #[test]
    fn upsilon_says_a_label_for_each_band_that_has_one() {
        let message = json!({"upsilon": {"g_label": "CEPH_F", "g_probability": 0.5, "g_flag": 1, "r_label": "NonVar",
            "r_probability": 0.25, "r_flag": 0, "i_label": null, "i_probability": null, "i_flag": null}});
        let alert = said(&message).unwrap();
        let classes = [
            class_of("UPSILoN g", "CEPH_F", None, Some(0.5)),
            class_of("UPSILoN r", "NonVar", None, Some(0.25)),
        ];
        assert_eq!(alert.classifications, classes);
        assert_eq!(alert.tags, ["UPSILoN g suspicious"]);
    }

    #[test]
    fn gaias_class_counts_where_its_source_is_the_same() {
        let near = |arcsec: f64| {
            let message = json!({"xmatch_gaia": {"closest_gaia_source": 4_000_000_000_000_000_000_i64,
                "closest_gaia_source_class": "RR", "closest_gaia_source_class_score": 0.9,
                "separation_to_closest_gaia_source": arcsec}});
            said(&message).unwrap().classifications
        };
        assert_eq!(near(0.4), [class_of("Gaia DR3", "RR", None, Some(0.9))]);
        assert_eq!(near(60.0), []);
    }

    #[test]
    fn flags_and_variability_are_tags() {
        let alert = with(
            &json!({"is_pure": "1", "rb": "1", "nbad": "0", "not_moving": "1", "pg_variable": "likely",
            "fwhm": 5}),
        );
        assert_eq!(alert.tags, ["likely variable", "is_pure", "rb", "not_moving"]);
        assert_eq!(with(&json!({"pg_variable": "unlikely"})).tags, ["unlikely variable"]);
        assert_eq!(with(&json!({"pg_variable": ""})).tags, Vec::<String>::new());
        let long = with(&json!({"pg_variable": "x\u{7}".repeat(1_000)}));
        assert_eq!(long.tags[0].len(), WORD_CHARACTERS + " variable".len());
    }
}
