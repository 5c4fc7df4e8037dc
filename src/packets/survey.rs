//! Whose alert it is: other surveys give their packets the fields of ZTF's and LSST's, so that names, publishers and the form
//! of the ids decide.

use super::PacketError;
use super::program::Scalar;

/// Surveys that are known and not read: the word that begins the name of their schema, of their publisher or of their
/// objects, and what they are called.
const OTHERS: [(&str, &str); 13] = [
    ("askap", "ASKAP"),
    ("atlas", "ATLAS"),
    ("decam", "DECam"),
    ("decat", "DECam (DECAT)"),
    ("gattini", "PGIR (Palomar Gattini-IR)"),
    ("pgir", "PGIR (Palomar Gattini-IR)"),
    ("rapid", "Roman (RAPID)"),
    ("roman", "Roman"),
    ("turbo", "TURBO"),
    ("vast", "ASKAP (VAST)"),
    ("winter", "WINTER"),
    ("wirc", "WINTER (WIRC)"),
    ("wntr", "WINTER"),
];

/// How many characters of a foreign name an error quotes.
const QUOTED: usize = 64;

/// Whether this is how ZTF names its objects: `ZTF`, the year in two digits, seven letters.
#[inline]
pub(super) fn is_ztf_object(id: &str) -> bool {
    let (Some(year), Some(letters)) = (id.as_bytes().get(3..5), id.as_bytes().get(5..12)) else {
        return false;
    };
    id.len() == 12
        && id.starts_with("ZTF")
        && year.iter().all(u8::is_ascii_digit)
        && letters.iter().all(u8::is_ascii_lowercase)
}

/// Whether a schema of this name is ZTF's own.
pub(super) fn is_ztf_schema(name: &str) -> bool {
    words(name).any(|word| word.eq_ignore_ascii_case("ztf"))
}

/// Refuses a schema that bears the name of another survey, by name.
pub(super) fn refuse_schema_of_others(name: &str) -> Result<(), PacketError> {
    match other(name) {
        Some(survey) => Err(PacketError::OtherSurvey { survey: survey.to_owned() }),
        None => Ok(()),
    }
}

/// What an alert in ZTF's shape is whose object bears no name of ZTF's.
pub(super) fn not_ztf(object_id: &str, publisher: &Scalar<'_>) -> PacketError {
    let publisher = match publisher {
        Scalar::Text(text) => text,
        _ => "",
    };
    let survey = match other(publisher).or_else(|| other(object_id)) {
        Some(survey) => survey.to_owned(),
        None => unknown(object_id, publisher),
    };
    PacketError::OtherSurvey { survey }
}

fn unknown(object_id: &str, publisher: &str) -> String {
    let quoted = |text: &str| text.chars().take(QUOTED).collect::<String>();
    let object = format!("a survey that names its objects as {:?}", quoted(object_id));
    if publisher.is_empty() {
        object
    } else {
        format!("{object} (publisher {:?})", quoted(publisher))
    }
}

/// The survey whose word begins one of the words of a name.
fn other(name: &str) -> Option<&'static str> {
    let begins = |word: &str, key: &str| {
        word.as_bytes()
            .get(..key.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(key.as_bytes()))
    };
    words(name).find_map(|word| {
        OTHERS.iter().find(|(key, _)| begins(word, key)).map(|(_, survey)| *survey)
    })
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_ztf_is_known_by_the_form_of_its_name() {
        for id in ["ZTF17aaarzyp", "ZTF26aaupghd", "ZTF18abcdefg"] {
            assert!(is_ztf_object(id), "{id}");
        }
        let others = [
            "",
            "ZTF",
            "ZTF17aaarzy",
            "ZTF17aaarzypp",
            "ZTF1aaaarzyp",
            "ZTF17AAARZYP",
            "ztf17aaarzyp",
            "PGIR21abbvao",
            "WIRC21aaaaa",
            "WNTR24awati",
            "None.20",
            "170028485835751490",
            "ZTF17aaaréyp",
            "ééééééé",
        ];
        for id in others {
            assert!(!is_ztf_object(id), "{id}");
        }
    }

    #[test]
    fn schemas_of_other_surveys_are_refused_by_name() {
        for (name, survey) in [
            ("pgir.alert", "PGIR"),
            ("winter.alert", "WINTER"),
            ("turbo.alert", "TURBO"),
            ("askap.alert", "ASKAP"),
            ("atlas.alert", "ATLAS"),
            ("DECam.alert", "DECam"),
            ("rapid.v00_02.alert", "Roman"),
        ] {
            let error = refuse_schema_of_others(name).unwrap_err().to_string();
            assert!(error.contains(survey), "{name}: {error}");
        }
        for name in ["ztf.alert", "topLevelRecord", "alert", "", "lsst.v7_1.alert", "elasticc.v0_9"]
        {
            assert_eq!(refuse_schema_of_others(name), Ok(()), "{name}");
        }
        assert!(is_ztf_schema("ztf.alert") && !is_ztf_schema("topLevelRecord"));
    }

    #[test]
    fn the_publisher_and_the_id_say_whose_an_alert_is() {
        for (id, publisher, survey) in [
            ("PGIR21abbvao", "pgirdps", "PGIR"),
            ("WIRC21aaaaa", "", "WIRC"),
            ("None.20", "turbo_test", "TURBO"),
            ("101", "VAST", "ASKAP"),
            ("101", "someone else", "\"101\" (publisher \"someone else\")"),
            ("101", "", "\"101\""),
        ] {
            let publisher = Scalar::Text(publisher);
            let error = not_ztf(id, &publisher).to_string();
            assert!(error.contains(survey), "{id}: {error}");
        }
    }
}
