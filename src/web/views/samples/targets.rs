//! Samples: targets, one target, what became of alerts that were to be targets.

use super::super::brightness::{Band, Magnitude};
use super::super::chrome::Section;
use super::super::controls::{ButtonLook, FactGroup};
use super::super::field::{FieldKind, FieldView};
use super::super::table::{Pager, SortOrder};
use super::super::target::{TargetAlert, TargetPage};
use super::super::target_list::{TargetHeaders, TargetListPage, TargetRow};
use super::super::targets_report::{Outcome, ReportRow, TargetsReportPage};
use super::forms::field;
use super::frame::{button, chrome, fact, header, link, pager, time, time_mjd};
use super::{HOSTILE, Sample, sample};
use crate::domain::sharing::Whose;

pub(super) fn samples() -> Vec<Sample> {
    let bare = TargetPage {
        aliases: vec![],
        notes: vec![],
        alerts: vec![],
        links: vec![],
        edit_href: None,
        delete_href: None,
        name: HOSTILE.into(),
        ..target()
    };
    vec![
        sample(
            "target-list-empty",
            &TargetListPage { rows: vec![], pager: Pager::default(), ..target_list("", "") },
        ),
        sample("target-list-full", &target_list("", "")),
        sample(
            "target-list-wrong-cone",
            &TargetListPage { rows: vec![], ..target_list("M31", "a degree or two") },
        ),
        sample("target-full", &target()),
        sample("target-bare", &bare),
        sample("targets-report", &report()),
        sample(
            "targets-report-empty",
            &TargetsReportPage { rows: vec![], retry: None, ..report() },
        ),
    ]
}

fn row(n: usize) -> TargetRow {
    TargetRow {
        name: ["ZTF26aaabcde", "AT 2026abc", HOSTILE, "a comet"][n % 4].into(),
        href: "/targets/7/".into(),
        aliases: if n.is_multiple_of(2) {
            vec![]
        } else {
            vec!["ZTF26aaabxyz".into(), HOSTILE.into()]
        },
        kind: "sidereal".into(),
        ra: (n != 3).then(|| "10 00 24.12".into()),
        ra_degrees: (n != 3).then(|| "150.100500".into()),
        dec: (n != 3).then(|| "+02 12 00.4".into()),
        dec_degrees: (n != 3).then(|| "+2.200111".into()),
        separation: (n == 1).then(|| "1.2″".into()),
        alerts: "12".into(),
        created: time("05:10:00", ""),
        created_by: "Ada Lovelace".into(),
        shared: Some("private".into()),
    }
}

fn target_list(name: &str, cone: &str) -> TargetListPage {
    let none = SortOrder::Unsorted;
    let errors = if cone.is_empty() {
        vec![]
    } else {
        vec!["Enter RA, Dec and radius, for example 150.1 +2.2 60".into()]
    };
    TargetListPage {
        chrome: chrome(Section::Targets),
        whose: Some(Whose::All),
        name: field("name", "Name or alias", FieldKind::Text, name),
        cone: FieldView {
            errors,
            placeholder: Some("10 00 24.12 +02 12 00.4, 60".into()),
            help: Some("RA, Dec, radius in arcsec".into()),
            echo_url: Some("/alerts/query/echo/?broker=target&field=cone".into()),
            ..field("cone", "Around a place", FieldKind::Text, cone)
        },
        headers: TargetHeaders {
            name: header("Name", "", SortOrder::Ascending, false),
            kind: header("Type", "", none, false),
            ra: header("RA", "J2000", none, true),
            dec: header("Dec", "J2000", none, true),
            alerts: header("Alerts", "", none, true),
            created: header("Saved (UTC)", "", none, false),
        },
        rows: (0..8).map(row).collect(),
        pager: pager("targets"),
    }
}

fn target() -> TargetPage {
    let alert = |is_origin: bool| TargetAlert {
        alert: link("3397294755815010008", "/alerts/ztf/3397294755815010008/"),
        run: is_origin.then(|| link("Run 318, young in g", "/runs/318/")),
        time: time_mjd("05:12:00", "61367.21667"),
        magnitude: is_origin.then(|| Magnitude {
            value: "18.42".into(),
            error: Some("0.06".into()),
            band: Band::R,
            is_negative: false,
        }),
        is_origin,
    };
    TargetPage {
        chrome: chrome(Section::Targets),
        shared: Some(HOSTILE.into()),
        about: vec![link("Sharing", "/targets/7/share/"), link("History", "/targets/7/history/")],
        name: "ZTF26aaabcde".into(),
        aliases: vec!["AT 2026abc".into(), HOSTILE.into()],
        kind: "Sidereal".into(),
        facts: vec![
            FactGroup {
                title: "Position (J2000)".into(),
                facts: vec![
                    fact("Sexagesimal", "10 00 24.12 +02 12 00.4", "", true),
                    fact("Degrees", "150.100500 +2.200111", "", true),
                ],
            },
            FactGroup {
                title: "Saved".into(),
                facts: vec![
                    fact("By", "Ada Lovelace", "", false),
                    fact("When", "2026-11-23 05:20:11 UTC", "3 h ago", false),
                ],
            },
        ],
        notes: vec!["Rises fast. Ask for a spectrum tonight.".into(), HOSTILE.into()],
        alerts: vec![alert(false), alert(true)],
        links: vec![link("TNS", "https://example.org/")],
        edit_href: Some("/targets/7/update/".into()),
        delete_href: Some("/targets/7/delete/".into()),
    }
}

fn report() -> TargetsReportPage {
    let row = |outcome, reason: &str| ReportRow {
        alert: link("ZTF26aaabcde", "/alerts/ztf/3397294755815010008/"),
        source_id: "3397294755815010008".into(),
        outcome,
        target: (outcome != Outcome::Failed).then(|| link("ZTF26aaabcde", "/targets/7/")),
        reason: reason.into(),
    };
    TargetsReportPage {
        chrome: chrome(Section::Targets),
        summary: "1 target created, 1 was there already, 1 failed".into(),
        run: link("Run 318, young in g", "/runs/318/"),
        rows: vec![
            row(Outcome::Created, ""),
            row(Outcome::Existing, "The same object, 0.3″ away"),
            row(Outcome::Failed, HOSTILE),
        ],
        retry: Some(button(
            "Retry the failed one",
            "/runs/318/selection/",
            ButtonLook::Primary,
            "",
        )),
    }
}
