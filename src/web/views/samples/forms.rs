//! Samples: forms with every kind of field, untouched and in error.

use super::super::chrome::Section;
use super::super::controls::HiddenValue;
use super::super::field::{Choice, FieldKind, FieldView, Fold, FormView, SectionView};
use super::super::query_form::{CodeView, ParameterView, PreviewView, QueryFormPage, UploadView};
use super::super::target_form::TargetFormPage;
use super::frame::{brokers, chrome, link};
use super::{HOSTILE, Sample, sample};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        sample("query-form-new", &query_form(false)),
        sample("query-form-errors", &query_form(true)),
        sample("target-form-new", &target_form(false)),
        sample("target-form-errors", &target_form(true)),
    ]
}

pub(super) fn field(name: &str, label: &str, kind: FieldKind, value: &str) -> FieldView {
    FieldView {
        name: name.into(),
        id: format!("id_{name}"),
        label: label.into(),
        kind,
        values: if value.is_empty() { vec![] } else { vec![value.into()] },
        help: None,
        unit: None,
        placeholder: None,
        suggestions: vec![],
        required: false,
        errors: vec![],
        echo: None,
        echo_url: None,
        advanced: false,
    }
}

fn choices(pairs: &[(&str, &str)]) -> Vec<Choice> {
    pairs
        .iter()
        .map(|(value, label)| Choice { value: (*value).into(), label: (*label).into(), help: None })
        .collect()
}

fn number(name: &str, label: &str, unit: &str) -> FieldView {
    let kind = FieldKind::Number { min: Some("0".into()), max: Some("1".into()), step: None };
    FieldView { unit: (!unit.is_empty()).then(|| unit.into()), ..field(name, label, kind, "") }
}

fn source_section() -> SectionView {
    let max = FieldKind::Integer { min: Some("1".into()), max: Some("1000".into()) };
    let keep = choices(&[
        ("keep", "Keep: take them off the subscription"),
        ("peek", "Peek: look, and leave them there"),
    ]);
    SectionView {
        title: "What to pull".into(),
        intro: None,
        fields: vec![
            FieldView {
                required: true,
                suggestions: vec!["ztf-loop".into(), "ztf-lite".into()],
                help: Some("Created in your project if it does not exist. ztf-loop sends about one alert a second, for trying.".into()),
                ..field("subscription_name", "Subscription", FieldKind::Text, "ztf-loop")
            },
            FieldView { required: true, unit: Some("alerts".into()), ..field("max_results", "Maximum results", max, "100") },
            field("acknowledge", "Messages that were read", FieldKind::Radio(keep), "keep"),
            FieldView { advanced: true, placeholder: Some("ztf-alerts".into()), ..field("topic", "Topic", FieldKind::Text, "") },
            FieldView { advanced: true, help: Some("The survey's own project unless you say otherwise.".into()), ..field("project", "Project of the topic", FieldKind::Text, "") },
        ],
        fold: Fold::Never,
    }
}

fn filter_section() -> SectionView {
    let sides = choices(&[("lt", "less than"), ("gt", "greater than or equal")]);
    let bands = choices(&[("g", "g"), ("r", "r"), ("i", "i")]);
    SectionView {
        title: "Which alerts to keep".into(),
        intro: Some(
            "An alert that lacks a value you filter on is rejected, and counted by rule.".into(),
        ),
        fields: vec![
            FieldView {
                help: Some("0 is a galaxy, 1 is a star.".into()),
                ..number("classtar_threshold", "Star/galaxy score", "")
            },
            field("classtar_gt_lt", "Side of the threshold", FieldKind::Radio(sides), "lt"),
            number("mag_min", "Magnitude from", "mag"),
            number("mag_max", "Magnitude to", "mag"),
            FieldView {
                values: vec!["g".into(), "r".into()],
                ..field("bands", "Bands", FieldKind::Flags(bands), "")
            },
            number("rb_min", "Real/bogus at least", ""),
            field("positive_only", "Brighter than the template only", FieldKind::Checkbox, "true"),
            field("broker", "", FieldKind::Hidden, HOSTILE),
        ],
        fold: Fold::Never,
    }
}

fn place_section() -> SectionView {
    let zone = choices(&[("utc", "UTC"), ("mjd", "MJD")]);
    SectionView {
        title: "Where and when".into(),
        intro: None,
        fields: vec![
            FieldView {
                placeholder: Some("10 00 24.12 +02 12 00.4, 60".into()),
                help: Some("RA, Dec and radius in arcsec; sexagesimal or degrees.".into()),
                echo: Some(
                    "read as 10 00 24.12 +02 12 00.4 → 150.100500 +2.200111, within 60″".into(),
                ),
                echo_url: Some("/alerts/query/echo/?broker=archive&field=cone".into()),
                ..field("cone", "Cone", FieldKind::Text, "10 00 24.12 +02 12 00.4, 60")
            },
            field("observed_after", "Observed after", FieldKind::Text, ""),
            field("zone", "Time scale", FieldKind::Select(zone), "mjd"),
        ],
        fold: Fold::Closed,
    }
}

fn query_form(is_wrong: bool) -> QueryFormPage {
    let mut form = FormView {
        sections: vec![source_section(), filter_section(), place_section()],
        errors: vec![],
    };
    let file = FieldKind::File { accept: ".avro,.tar.gz".into(), multiple: true };
    if is_wrong {
        form.errors.push("Give objectId or candid, not both".into());
        for field in form.sections.iter_mut().flat_map(|section| &mut section.fields) {
            field.errors = vec!["Enter a number from 0 to 1, for example 0.5".into()];
        }
        form.sections[0].fields[0].values = vec![HOSTILE.into()];
    }
    let mut brokers = brokers();
    brokers.remove(0);
    QueryFormPage {
        chrome: chrome(Section::Alerts),
        broker: "Pitt-Google StreamRest".into(),
        note: "Live stream, a few hundred alerts at a time.".into(),
        saved_name: is_wrong.then(|| HOSTILE.into()),
        can_save: !is_wrong,
        listening: Some(HOSTILE.into()),
        owner: is_wrong.then(|| HOSTILE.into()),
        copy: None,
        links: vec![],
        action: "/alerts/query/create/?broker=stream-rest".into(),
        hidden: vec![HiddenValue { name: "broker".into(), value: "stream-rest".into() }],
        query_name: FieldView { help: Some("Needed to save the query, not to run it.".into()), ..field("query_name", "Query name", FieldKind::Text, "") },
        form,
        truth: vec![
            "Messages from before the subscription existed are not available.".into(),
            "Pulling removes messages from the subscription for everyone who shares it. Choose Peek to leave them.".into(),
            "A subscription that nobody uses expires after 31 days.".into(),
        ],
        upload: Some(UploadView {
            action: "/alerts/archive/upload/".into(),
            field: field("packets", "Avro files or .tar.gz archives", file, ""),
            note: "Up to 100 MB. What you upload becomes a folder of this broker.".into(),
        }),
        other_brokers: brokers,
        check_action: Some("/alerts/query/preview/#cost".into()),
        preview: is_wrong.then(preview),
    }
}

fn preview() -> PreviewView {
    let parameter =
        ParameterView { name: "@objectId".into(), kind: "STRING".into(), value: HOSTILE.into() };
    let code = |title: &str, id, text: &str, is_open| CodeView {
        title: title.into(),
        id,
        text: text.into(),
        is_open,
    };
    PreviewView {
        class: "is-info",
        headline: "Reads 41.2 GiB (about $0.25), billed to the project my-proj".into(),
        remarks: vec![HOSTILE.into()],
        link: Some(link("Connect to Google", "/accounts/connect/")),
        parameters: vec![parameter],
        texts: vec![
            code("Statement", "statement", "SELECT 1 WHERE 1 < 2", true),
            code("Python", "python", HOSTILE, false),
        ],
    }
}

fn target_form(is_wrong: bool) -> TargetFormPage {
    let kinds = choices(&[
        ("SIDEREAL", "Sidereal: it stays where it is"),
        ("NON_SIDEREAL", "Non-sidereal: it moves"),
    ]);
    let mut name = FieldView { required: true, ..field("name", "Name", FieldKind::Text, "") };
    if is_wrong {
        name.values = vec![HOSTILE.into()];
        name.errors = vec!["A target with this name exists already: ZTF26aaabcde".into()];
    }
    let place = |name: &str, label: &str, example: &str| FieldView {
        required: true,
        placeholder: Some(example.into()),
        echo_url: Some(format!("/alerts/query/echo/?broker=target&field={name}")),
        ..field(name, label, FieldKind::Text, "")
    };
    let fields = vec![
        name,
        field("type", "Type", FieldKind::Radio(kinds), "SIDEREAL"),
        place("ra", "Right ascension", "10 00 24.12"),
        place("dec", "Declination", "+02 12 00.4"),
        FieldView {
            help: Some("One a line.".into()),
            ..field(
                "aliases",
                "Other names",
                FieldKind::LongText { rows: 3 },
                "\nAT 2026abc\n</textarea>",
            )
        },
        field("notes", "Notes", FieldKind::LongText { rows: 5 }, ""),
    ];
    let section = SectionView { title: String::new(), intro: None, fields, fold: Fold::Never };
    TargetFormPage {
        chrome: chrome(Section::Targets),
        saved_name: is_wrong.then(|| "ZTF26aaabcde".into()),
        action: "/targets/create/".into(),
        hidden: vec![],
        form: FormView { sections: vec![section], errors: vec![] },
        cancel: link("Cancel", "/targets/"),
    }
}
