//! What the fields are that a broker puts beside an alert, and the names that it gave to the alert's own.

use super::field_fact::FieldFact;

/// The group of the fields that a broker adds.
pub(super) const BROKER: &str = "What the broker says";

/// The records that hold them.
pub(super) const BROKER_RECORDS: [&str; 4] =
    ["SuperNNova", "upsilon", "variability", "xmatch_gaia"];

/// The survey's own name of a field that Pitt-Google renamed until 2024.
pub(super) fn own_name(name: &str) -> &str {
    match name {
        "mag" => "magpsf",
        "magerr" => "sigmapsf",
        "magzp" => "magzpsci",
        "filter" => "fid",
        "sourceId" => "candid",
        "prvSources" => "prv_candidates",
        other => other,
    }
}

/// What is known of a field in one of [`BROKER_RECORDS`], its record's name in front.
pub(super) fn broker_fact(name: &str) -> Option<FieldFact> {
    let (record, field) = name.split_once('.')?;
    let (unit, meaning) = match record {
        "SuperNNova" => supernnova(field),
        "upsilon" => upsilon(field),
        "variability" => variability(field),
        "xmatch_gaia" => cross_match(field),
        _ => return None,
    };
    Some(FieldFact { title: BROKER, unit, meaning })
}

type Known = (&'static str, &'static str);

fn supernnova(field: &str) -> Known {
    (
        "",
        match field {
            "prob_class0" => "Probability of a supernova of type Ia, by SuperNNova",
            "prob_class1" => "Probability of anything else, by SuperNNova",
            "predicted_class" => "The likelier class: 0 type Ia, 1 anything else",
            _ => "",
        },
    )
}

fn upsilon(field: &str) -> Known {
    (
        "",
        match field.split_once('_') {
            Some((_, "label")) => "Class of periodic variable in this band, by UPSILoN",
            Some((_, "probability")) => "Probability of that class",
            Some((_, "flag")) => "1: the period is suspicious",
            _ => "",
        },
    )
}

fn variability(field: &str) -> Known {
    (
        "",
        match field {
            _ if field.ends_with("_psfFluxStetsonJ") => "Stetson's J of the fluxes in this band",
            _ if field.starts_with("n_detections_") => "Measurements in this band behind it",
            _ => "",
        },
    )
}

fn cross_match(field: &str) -> Known {
    match field {
        _ if field.starts_with("separation_to_") => ("arcsec", "Distance of that source"),
        _ if field.ends_with("_class") => ("", "Its class of variable star, by Gaia DR3"),
        _ if field.ends_with("_class_score") => ("", "Score of that class, 0 to 1"),
        _ if field.ends_with("_gaia_source") => ("", "Number of a source of Gaia DR3 nearby"),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_broker_have_their_own_group() {
        for (name, unit, word) in [
            ("SuperNNova.prob_class0", "", "Ia"),
            ("upsilon.g_label", "", "UPSILoN"),
            ("variability.r_psfFluxStetsonJ", "", "Stetson"),
            ("xmatch_gaia.separation_to_closest_gaia_source", "arcsec", "Distance"),
            ("xmatch_gaia.closest_gaia_source_class", "", "class"),
            ("SuperNNova.unheard_of", "", ""),
        ] {
            let fact = broker_fact(name).unwrap();
            assert_eq!((fact.title, fact.unit), (BROKER, unit), "{name}");
            assert!(fact.meaning.contains(word), "{name}");
        }
        assert_eq!(broker_fact("diaSource.ra"), None);
        assert_eq!(broker_fact("rb"), None);
        assert_eq!((own_name("mag"), own_name("rb")), ("magpsf", "rb"));
    }
}
