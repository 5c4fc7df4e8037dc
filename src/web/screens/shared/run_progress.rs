//! How a run stands, as its page shows it and asks for again while it goes on.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::{
    brokers::Broker,
    domain::{
        run::{LogLevel, LogLine, Run, RunState},
        wording::{as_sentence, grouped_text},
    },
    web::{
        door::consent::connect_url,
        paths,
        screens::shared::parameters::filter_of,
        widgets::{
            controls::{Link, StateChip},
            words::{counted, duration_text, grouped, link, run_title, size_text, state_chip},
        },
    },
};

/// Lines of a run's log that its page shows.
pub(in crate::web) const LOG_LINES: i64 = 200;

/// State and counts of a run; alone it is the answer of `/runs/{id}/progress/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/shared/run_progress.html")]
pub(in crate::web) struct RunProgress {
    pub(in crate::web) state: StateChip,
    /// How long it took or has taken: "00:14".
    pub(in crate::web) duration: Option<String>,
    /// What it is doing or did, in a sentence that is read aloud: "Running: 214 received, 31 passed".
    pub(in crate::web) status: String,
    /// Title of the browser tab, state first.
    pub(in crate::web) page_title: String,
    /// Whether more may come: the page then asks again.
    pub(in crate::web) is_live: bool,
    /// How near the end is, where that is known.
    pub(in crate::web) gauge: Option<Gauge>,
    pub(in crate::web) counts: Vec<Count>,
    /// Which rule of the filter rejected how many, most first.
    pub(in crate::web) rejected_by: Vec<RejectedBy>,
    /// Why it stopped, a sentence each; empty while it runs.
    pub(in crate::web) feedback: Vec<String>,
    pub(in crate::web) notice: Option<String>,
    /// What went wrong and what to do.
    pub(in crate::web) trouble: Option<RunTrouble>,
    pub(in crate::web) unreadable: Option<Link>,
    /// Results that are not on the page yet: "Show 14 new alerts".
    pub(in crate::web) new_results: Option<Link>,
    pub(in crate::web) log: Vec<LogLineView>,
}

/// How near the end of a run is.
#[derive(Clone, Debug)]
pub(in crate::web) struct Gauge {
    pub(in crate::web) value: u64,
    pub(in crate::web) max: u64,
    /// In words: "31 of at most 100 alerts".
    pub(in crate::web) text: String,
}

/// A count of a run.
#[derive(Clone, Debug)]
pub(in crate::web) struct Count {
    pub(in crate::web) label: String,
    pub(in crate::web) value: String,
    /// What the count means, in a sentence.
    pub(in crate::web) meaning: String,
    /// Whether it is the number that matters most.
    pub(in crate::web) is_main: bool,
    /// Whether it deserves a look: unreadable packets.
    pub(in crate::web) is_alarming: bool,
}

/// How many alerts a rule of the filter rejected.
#[derive(Clone, Debug)]
pub(in crate::web) struct RejectedBy {
    /// The rule as the query words it: "rb ≥ 0.65".
    pub(in crate::web) rule: String,
    pub(in crate::web) count: String,
    /// The same as a share of all received, 0 to 100.
    pub(in crate::web) percent: u8,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub(in crate::web) struct RunTrouble {
    pub(in crate::web) title: String,
    pub(in crate::web) advice: Vec<String>,
    pub(in crate::web) links: Vec<Link>,
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub(in crate::web) struct LogLineView {
    /// Time of day, UTC: `05:10:07`.
    pub(in crate::web) time: String,
    /// How much it matters: `info`, `warning` or `error`.
    pub(in crate::web) level: &'static str,
    pub(in crate::web) text: String,
}

/// Results that came since the page was drawn.
pub(in crate::web) struct NewResults {
    pub(in crate::web) shown: u64,
    pub(in crate::web) href: String,
}

/// The view of a run's progress.
pub(in crate::web) fn progress_view(
    run: &Run,
    broker: Option<&dyn Broker>,
    log: &[LogLine],
    now: DateTime<Utc>,
    news: Option<&NewResults>,
) -> RunProgress {
    let state = state_chip(run.state);
    let is_trouble = matches!(run.state, RunState::Failed | RunState::Interrupted);
    let notice = notice(run, log);
    let n_new = news.map_or(0, |news| run.counts.stored.saturating_sub(news.shown));
    RunProgress {
        state,
        duration: run.duration(now).map(duration_text),
        status: status_sentence(run),
        page_title: format!("{} {}: {}", state.sign, state.label, run_title(run)),
        is_live: run.state.is_live(),
        gauge: nearest_end(run, broker, now, notice.is_some()),
        notice,
        counts: counts(run, broker, now),
        rejected_by: rejected_by(run),
        feedback: if is_trouble { Vec::new() } else { paragraphs(&run.feedback) },
        trouble: is_trouble.then(|| trouble(run)),
        unreadable: (run.counts.unreadable > 0).then(|| {
            let text = counted(run.counts.unreadable, "unreadable packet");
            link(text, paths::run_page(run.id, "unreadable/"))
        }),
        new_results: news
            .filter(|_| n_new > 0)
            .map(|news| link(format!("Show {}", counted(n_new, "new alert")), &*news.href)),
        log: log.iter().map(log_line).collect(),
    }
}

fn status_sentence(run: &Run) -> String {
    let counts = &run.counts;
    let so_far = format!("{} received, {} kept", grouped(counts.received), grouped(counts.stored));
    match run.state {
        RunState::Queued => "Waiting for a free slot.".to_owned(),
        RunState::Running if run.cancel_requested => format!("Stopping. {so_far}."),
        RunState::Running => format!("Running. {so_far}."),
        _ => format!("{}. {so_far}.", state_chip(run.state).label),
    }
}

/// The stop condition that is closest to firing, of those that the form names.
fn nearest_end(
    run: &Run,
    broker: Option<&dyn Broker>,
    now: DateTime<Utc>,
    is_troubled: bool,
) -> Option<Gauge> {
    // What the form says of stopping does not count for a listener.
    if !run.state.is_live() || run.day.is_some() {
        return None;
    }
    let asked = |name| run.parameters.get(name).and_then(as_count).filter(|max| *max > 0);
    let seconds = |since: Option<DateTime<Utc>>| {
        since.map(|since| u64::try_from((now - since).num_seconds()).unwrap_or(0))
    };
    let gauge = |value: u64, max: u64, text: String| Gauge { value: value.min(max), max, text };
    let results = asked("max_results").map(|max| {
        let n = run.counts.stored;
        gauge(n, max, format!("{} of at most {}", grouped(n), counted(max, "result")))
    });
    // Time in trouble is no silence.
    let silence_field = broker.and_then(Broker::silence_field).filter(|_| !is_troubled);
    let silence = silence_field.and_then(asked).and_then(|max| {
        let silent = seconds(run.last_received.or(run.started))?;
        let text = format!(
            "{} s of at most {} s without a message",
            grouped(silent.min(max)),
            grouped(max)
        );
        Some(gauge(silent, max, text))
    });
    let deadline = asked("deadline").and_then(|max| {
        let passed = seconds(run.started)?;
        let text = format!("{} s of at most {} s", grouped(passed.min(max)), grouped(max));
        Some(gauge(passed, max, text))
    });
    // By shares, in whole numbers.
    let is_nearer = |one: &Gauge, other: &Gauge| {
        u128::from(one.value) * u128::from(other.max)
            > u128::from(other.value) * u128::from(one.max)
    };
    [results, silence, deadline]
        .into_iter()
        .flatten()
        .reduce(|nearest, next| if is_nearer(&next, &nearest) { next } else { nearest })
}

/// What a run says is wrong and has not said to be over.
fn notice(run: &Run, log: &[LogLine]) -> Option<String> {
    let last = log.last().filter(|line| line.level != LogLevel::Info)?;
    run.state.is_live().then(|| as_sentence(&last.message))
}

fn as_count(value: &serde_json::Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn counts(run: &Run, broker: Option<&dyn Broker>, now: DateTime<Utc>) -> Vec<Count> {
    let n = &run.counts;
    let count = |label: &str, value: u64, meaning: &str| Count {
        label: label.to_owned(),
        value: grouped(value),
        meaning: meaning.to_owned(),
        is_main: false,
        is_alarming: false,
    };
    let mut counts = vec![
        count("Received", n.received, "Messages or packets read"),
        count("Passed", n.passed, "Alerts that the filter let through"),
        count("Rejected", n.rejected, "Alerts that the filter rejected"),
        count("Duplicates", n.duplicates, "Alerts that passed but are in this run already"),
        Count {
            is_alarming: n.unreadable > 0,
            ..count("Unreadable", n.unreadable, "What could not be read and was set aside")
        },
        Count { is_main: true, ..count("Stored", n.stored, "Alerts in the results of this run") },
    ];
    if n.acknowledged > 0 || broker.is_some_and(Broker::acknowledges) {
        counts.push(count(
            "Acknowledged",
            n.acknowledged,
            "Messages that were acknowledged to Pub/Sub after they were stored: they are not delivered again",
        ));
    }
    if let Some(rate) = run.received_per_second(run.end_or(now)) {
        let value =
            if rate < 10.0 { format!("{rate:.1}") } else { grouped_text(&format!("{rate:.0}")) };
        counts.push(Count { value, ..count("Alerts/s", 0, "Messages read per second") });
    }
    counts.push(Count {
        value: size_text(n.received_bytes),
        ..count("Read", 0, "Size of the messages read")
    });
    counts
}

fn rejected_by(run: &Run) -> Vec<RejectedBy> {
    let received = run.counts.received.max(1);
    let filter = filter_of(run);
    let mut rules: Vec<_> = run.counts.rejected_by.iter().collect();
    rules.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    rules
        .into_iter()
        .map(|(rule, n)| RejectedBy {
            rule: filter.rule_words(rule),
            count: grouped(*n),
            percent: u8::try_from((n * 100).div_ceil(received).min(100)).unwrap_or(100),
        })
        .collect()
}

fn trouble(run: &Run) -> RunTrouble {
    let title = match (run.state, run.lacks) {
        (RunState::Interrupted, _) => "This run was interrupted",
        (_, Some(_)) => "This run needs sign-in at Google",
        _ => "This run failed",
    };
    let connect =
        run.lacks.map(|scope| link("Connect to Google", connect_url(scope, &paths::run(run.id))));
    RunTrouble {
        title: title.to_owned(),
        advice: paragraphs(&run.feedback),
        links: connect.into_iter().collect(),
    }
}

fn paragraphs(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn log_line(line: &LogLine) -> LogLineView {
    LogLineView {
        time: line.at.format("%H:%M:%S").to_string(),
        level: line.level.id(),
        text: line.message.clone(),
    }
}

impl askama::filters::HtmlSafe for RunProgress {}
