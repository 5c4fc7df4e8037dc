//! Samples: runs in every state, results, unreadable packets.

use super::super::brightness::{Band, Magnitude};
use super::super::chrome::Section;
use super::super::controls::{ButtonLook, StateChip, TargetChip};
use super::super::run::{
    AlertRow, EmptyResults, ResultHeaders, ResultTable, Results, RunPage, Selection,
};
use super::super::run_list::{RunListPage, RunRow, StateFilter};
use super::super::run_progress::{
    Count, Gauge, LogLevel, LogLine, RejectedBy, RunProgress, Trouble,
};
use super::super::table::{Pager, SortOrder};
use super::super::unreadable::{UnreadablePage, UnreadableRow};
use super::frame::{button, chrome, fact, flashes, header, link, pager, time, time_mjd};
use super::{HOSTILE, Sample, sample};
use crate::domain::sharing::Whose;

pub(super) fn samples() -> Vec<Sample> {
    let running = run(StateChip::Running, Results::Table(Box::new(table(12))));
    vec![
        sample("run-running", &running),
        sample("run-progress", &running.progress),
        sample("run-queued", &queued()),
        sample("run-finished", &finished()),
        sample("run-failed", &failed()),
        sample("run-nothing-received", &nothing("0 received in 30 s")),
        sample("run-all-rejected", &nothing("312 received, 0 kept")),
        sample(
            "run-list-empty",
            &RunListPage { rows: vec![], pager: Pager::default(), ..run_list() },
        ),
        sample("run-list-full", &run_list()),
        sample("unreadable", &unreadable()),
    ]
}

fn count(label: &str, value: &str) -> Count {
    Count {
        label: label.into(),
        value: value.into(),
        meaning: format!("{label}: counted once each."),
        is_main: label == "Passed",
        is_alarming: label == "Unreadable" && value != "0",
    }
}

fn rejected(rule: &str, count: &str, percent: u8) -> RejectedBy {
    RejectedBy { rule: rule.into(), count: count.into(), percent }
}

fn log() -> Vec<LogLine> {
    let line =
        |time: &str, level, text: &str| LogLine { time: time.into(), level, text: text.into() };
    vec![
        line("05:10:00", LogLevel::Info, "created subscription ztf-loop on topic ztf-loop"),
        line("05:10:01", LogLevel::Info, "token refreshed"),
        line("05:10:07", LogLevel::Warning, "2 packets could not be read: kept aside"),
        line("05:10:08", LogLevel::Error, HOSTILE),
    ]
}

pub(super) fn progress(state: StateChip) -> RunProgress {
    let is_live = matches!(state, StateChip::Running | StateChip::Queued);
    RunProgress {
        state,
        duration: Some("00:14".into()),
        status: format!("{}: 312 received, 31 passed", state.label()),
        page_title: format!("{} · young in g", state.label()),
        is_live,
        gauge: is_live.then(|| Gauge {
            value: 31,
            max: 100,
            text: "31 of at most 100 alerts".into(),
        }),
        counts: [
            ("Received", "312"),
            ("Passed", "31"),
            ("Rejected", "279"),
            ("Duplicates", "0"),
            ("Unreadable", "2"),
            ("Stored", "31"),
            ("Acknowledged", "312"),
            ("Alerts/s", "38.5"),
        ]
        .map(|(label, value)| count(label, value))
        .into(),
        rejected_by: vec![
            rejected("Star/galaxy score is 0.10 or more", "248", 79),
            rejected("Magnitude is fainter than 20.5", "24", 8),
            rejected("No real/bogus score", "7", 2),
        ],
        feedback: if is_live { vec![] } else { vec!["Stopped: no new message for 30 s.".into()] },
        notice: is_live.then(|| {
            "No messages from Pub/Sub since 2026-09-12T03:12:45Z: the connection was closed.".into()
        }),
        trouble: None,
        unreadable: Some(link("2 unreadable packets", "/runs/318/unreadable/")),
        new_results: is_live.then(|| link("14 new, show", "/runs/318/")),
        log: log(),
    }
}

fn row(n: usize) -> AlertRow {
    let bands = [Band::G, Band::R, Band::I, Band::Z, Band::U, Band::Y, Band::Unknown];
    let name = if n == 3 {
        HOSTILE.into()
    } else {
        format!("ZTF26aaab{}", ["xyz", "qrs", "abk", "ccd"][n % 4])
    };
    AlertRow {
        id: (3_397_294_755_815_010_008_u64 + n as u64).to_string(),
        is_selected: n % 5 == 1,
        name,
        href: "/alerts/ztf/3397294755815010008/".into(),
        source_id: (3_397_294_755_815_010_008_u64 + n as u64).to_string(),
        time: time_mjd("05:12:00", "61367.21667"),
        ra: "10 00 24.12".into(),
        ra_degrees: "150.100500".into(),
        dec: "+02 12 00.4".into(),
        dec_degrees: "+2.200111".into(),
        magnitude: (n != 4).then(|| Magnitude {
            value: format!("{:.2}", 17.5 + f64::from(u8::try_from(n % 30).unwrap_or(0)) / 10.0),
            error: Some("0.06".into()),
            band: bands[if n < 7 { n } else { n % 2 }],
            is_negative: n % 4 == 2,
        }),
        score: (n != 5).then(|| "0.983".into()),
        rb: (n != 5).then(|| "0.71".into()),
        target: (n % 6 == 2)
            .then(|| TargetChip { name: "AT 2026abc".into(), href: "/targets/7/".into() }),
    }
}

fn table(n: usize) -> ResultTable {
    let none = SortOrder::Unsorted;
    ResultTable {
        headers: ResultHeaders {
            time: header("Time", "UTC · MJD", SortOrder::Descending, false),
            name: header("Name", "candid", none, false),
            ra: header("RA", "J2000", none, true),
            dec: header("Dec", "J2000", none, true),
            mag: header("Mag", "diff, AB", none, true),
            score: header("Score", "classtar", none, true),
            rb: header("rb", "real/bogus", none, true),
        },
        rows: (0..n).map(row).collect(),
        pager: pager("alerts"),
        selection: Selection {
            action: "/runs/318/selection/".into(),
            next: "/runs/318/?page=2".into(),
            selected: 13,
            total: 412,
        },
    }
}

fn run(state: StateChip, results: Results) -> RunPage {
    let progress = progress(state);
    RunPage {
        chrome: chrome(Section::Runs),
        id: "318".into(),
        query_name: Some("young in g".into()),
        broker: "Pitt-Google StreamRest".into(),
        started_by: "Ada Lovelace".into(),
        acts_as: Some("at Google as ada@obs.example".into()),
        created: time("05:10:00", "3 h ago"),
        cancel: progress.is_live.then(|| {
            button("Stop and keep what came", "/runs/318/cancel/", ButtonLook::Danger, "")
        }),
        run_again: (!progress.is_live)
            .then(|| button("Run again", "/alerts/query/4/run/", ButtonLook::Primary, "")),
        progress,
        progress_url: "/runs/318/progress/?shown=12".into(),
        events_url: "/runs/318/events/?shown=12".into(),
        parameters: vec![
            fact("Subscription", "ztf-loop", "", false),
            fact("Star/galaxy score", "less than 0.10", "", false),
            fact("Note", HOSTILE, "", false),
        ],
        edit_href: Some("/alerts/query/4/update/".into()),
        shared: Some(HOSTILE.into()),
        links: vec![link("Sharing", "/runs/318/share/")],
        refine_href: Some("/alerts/query/create/?broker=stream-rest&from_run=318".into()),
        results,
    }
}

fn finished() -> RunPage {
    let mut page = run(StateChip::Finished, Results::Table(Box::new(table(50))));
    page.chrome.flashes = flashes();
    page
}

fn queued() -> RunPage {
    let empty = EmptyResults {
        title: "No alerts shown yet".into(),
        advice: vec![
            "They are counted above as they come. You may leave this page: the run goes on without it."
                .into(),
        ],
        links: vec![],
    };
    let mut page = run(StateChip::Queued, Results::Empty(empty));
    page.progress.gauge = None;
    page.progress.counts.clear();
    page.progress.rejected_by.clear();
    page.progress.feedback.clear();
    page.progress.log.clear();
    page.progress.unreadable = None;
    page.query_name = None;
    page
}

fn failed() -> RunPage {
    let mut page = nothing("Nothing came before it failed");
    page.progress.state = StateChip::Failed;
    page.query_name = Some(HOSTILE.into());
    page.progress.trouble = Some(Trouble {
        title: "Google refused the subscription ztf-loop.".into(),
        advice: vec!["The Pub/Sub API is not enabled in the project my-proj. Enable it, wait a minute, and run again.".into()],
        links: vec![link("Open the console page", "https://console.cloud.google.com/apis")],
        raw: Some(format!("403 PERMISSION_DENIED\n{HOSTILE}")),
    });
    page
}

fn nothing(title: &str) -> RunPage {
    let empty = EmptyResults {
        title: title.into(),
        advice: vec![
            "The cut “star/galaxy score less than 0.10” rejected 298 of them.".into(),
            "Loosen it, or look at the log above.".into(),
        ],
        links: vec![link("Loosen the query", "/alerts/query/create/?from_run=318")],
    };
    run(StateChip::Finished, Results::Empty(empty))
}

fn run_list() -> RunListPage {
    let state = |label: &str, is_current| StateFilter {
        label: label.into(),
        href: "/runs/?state=x".into(),
        count: Some("12".into()),
        is_current,
    };
    let row = |state| RunRow {
        id: "318".into(),
        href: "/runs/318/".into(),
        query: if state == StateChip::Failed { HOSTILE.into() } else { "young in g".into() },
        broker: "Pitt-Google StreamRest".into(),
        started_by: "Ada Lovelace".into(),
        shared: Some(HOSTILE.into()),
        is_of_listener: state == StateChip::Running,
        state,
        created: time("05:10:00", "3 h ago"),
        duration: (state != StateChip::Queued).then(|| "8.1 s".into()),
        received: "1,312".into(),
        passed: "31".into(),
    };
    RunListPage {
        chrome: chrome(Section::Runs),
        whose: Some(Whose::Mine),
        state: HOSTILE.into(),
        states: vec![
            state("All", true),
            state("Running", false),
            state("Finished", false),
            state("Failed", false),
        ],
        rows: [
            StateChip::Queued,
            StateChip::Running,
            StateChip::Finished,
            StateChip::Failed,
            StateChip::Cancelled,
            StateChip::Interrupted,
        ]
        .map(row)
        .into(),
        is_filtered: false,
        pager: pager("runs"),
    }
}

fn unreadable() -> UnreadablePage {
    let row = |origin: &str, error: &str| UnreadableRow {
        origin: origin.into(),
        error: error.into(),
        attributes: vec![
            ("message_id".into(), "1234".into()),
            ("kafka.topic".into(), "ztf_20260912_programid1".into()),
        ],
        size: "67.1 kB".into(),
        download_href: "/runs/318/unreadable/1/".into(),
        json_href: Some("/runs/318/unreadable/1/json/".into()),
    };
    UnreadablePage {
        chrome: chrome(Section::Runs),
        run_id: "318".into(),
        run: link("Run 318, young in g", "/runs/318/"),
        rows: vec![
            row(
                "ztf_public_20261123.tar.gz/3397294755815010008.avro",
                "the file ends in the middle of a record",
            ),
            row(HOSTILE, HOSTILE),
        ],
        pager: Pager {
            first: None,
            previous: None,
            next: None,
            sizes: vec![],
            ..pager("unreadable packets")
        },
    }
}
