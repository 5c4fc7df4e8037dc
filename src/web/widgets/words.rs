//! Domain values as pages word them: times, positions, magnitudes, states, durations.

use chrono::{DateTime, Duration, SubsecRound, Utc};

use super::{
    brightness::{BandChip, Magnitude},
    controls::{ButtonLook, HiddenValue, Link, PostButton, StateChip, TimeView},
};
pub(crate) use crate::domain::wording::{counted, grouped};
use crate::{
    domain::{
        alert::{Band, Flux},
        found_alert::{Classified, LastLimit},
        run::{Run, RunState},
        sky::{Position, format_dec_dms, format_ra_degrees, format_ra_hms},
        time::{format_mjd, format_utc, jd_to_utc, relative_age},
    },
    web::paths,
};

/// A moment in our own books: when something was saved or started.
pub(crate) fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> TimeView {
    TimeView {
        iso: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        utc: format_utc(at),
        mjd: None,
        age: Some(relative_age(at, now)),
    }
}

/// The time of an observation, with its modified Julian date.
pub(crate) fn observed(jd: f64, now: Option<DateTime<Utc>>) -> TimeView {
    let mjd = format!("MJD {}", format_mjd(jd));
    match jd_to_utc(jd) {
        Some(at) => TimeView {
            iso: at.round_subsecs(0).to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            utc: format_utc(at),
            mjd: Some(mjd),
            age: now.map(|now| relative_age(at, now)),
        },
        // No calendar has this date; the number is still what the packet says.
        None => TimeView { iso: String::new(), utc: format!("JD {jd}"), mjd: Some(mjd), age: None },
    }
}

/// Right ascension and declination, sexagesimal and in degrees.
#[derive(Clone, Debug)]
pub(crate) struct PositionText {
    pub(crate) ra: String,
    pub(crate) ra_degrees: String,
    pub(crate) dec: String,
    pub(crate) dec_degrees: String,
}

pub(crate) fn position_text(position: Position) -> PositionText {
    PositionText {
        ra: format_ra_hms(position.ra_deg(), 2),
        ra_degrees: format_ra_degrees(position.ra_deg()),
        dec: format_dec_dms(position.dec_deg(), 1),
        dec_degrees: format!("{:+.6}", position.dec_deg()),
    }
}

/// A magnitude of the difference, with error, band and sign.
pub(crate) fn magnitude(
    mag: Option<f64>,
    mag_err: Option<f64>,
    band: Option<Band>,
    is_positive: Option<bool>,
) -> Option<Magnitude> {
    let (value, error) = with_error(mag?, mag_err, 2);
    Some(Magnitude { value, error, band: BandChip(band), is_negative: is_positive == Some(false) })
}

/// A value with at least so many decimals, and its one-sigma error with two significant digits: `18.4213`, `0.0042`. The
/// value has no fewer decimals than its error.
pub(crate) fn with_error(
    value: f64,
    error: Option<f64>,
    decimals: usize,
) -> (String, Option<String>) {
    let Some(error) = error else { return (format!("{value:.decimals$}"), None) };
    let of_error = decimals_of_error(error);
    (format!("{value:.*}", decimals.max(of_error)), Some(format!("{error:.of_error$}")))
}

/// How many decimals show two significant digits of it.
fn decimals_of_error(error: f64) -> usize {
    // Rounded already: 0.0996 is 1.0e-1.
    let rounded = format!("{error:.1e}");
    let exponent = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    let decimals = exponent.map_or(2, |exponent| 1 - exponent);
    usize::try_from(decimals.min(MOST_DECIMALS)).unwrap_or(0)
}

/// No brightness is known better.
const MOST_DECIMALS: i32 = 8;

/// A flux with its sign, its error and its unit: `-23 ± 12 nJy`.
pub(crate) fn flux_text(flux: &Flux) -> String {
    let (value, error) = flux_and_error(flux);
    let error = error.map(|error| format!(" ± {error}")).unwrap_or_default();
    format!("{value}{error} {}", flux.unit.name())
}

/// The same in two parts, without its unit: `-23`, `12`.
pub(crate) fn flux_and_error(flux: &Flux) -> (String, Option<String>) {
    with_error(flux.value, flux.err, usize::from(flux.err.is_none()))
}

/// A class with its probability: `Ia 0.93`.
pub(crate) fn class_text(classified: &Classified) -> String {
    let said = &classified.classification;
    let class = match (said.class.as_str(), said.class_id) {
        ("", Some(id)) => format!("class {id}"),
        (class, _) => class.to_owned(),
    };
    said.probability.map_or(class.clone(), |probability| format!("{class} {probability:.2}"))
}

/// A limit with the time at which nothing was seen.
pub(crate) fn limit_text(limit: LastLimit) -> (String, String) {
    (format!("> {:.2}", limit.mag), observed(limit.jd, None).utc)
}

/// Detections by band: `g 3, r 1`.
pub(crate) fn by_band_text(detections: &[(Band, u64)]) -> Option<String> {
    let words: Vec<String> = detections.iter().map(|(band, n)| format!("{band} {n}")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A score between 0 and 1.
pub(crate) fn score(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{value:.3}"))
}

pub(crate) fn state_chip(state: RunState) -> StateChip {
    let (sign, label, class) = match state {
        RunState::Queued => ("○", "Queued", "is-plain"),
        RunState::Running => ("●", "Running", "is-info is-live"),
        RunState::Finished => ("✓", "Finished", "is-good"),
        RunState::Failed => ("✕", "Failed", "is-bad"),
        RunState::Cancelled => ("■", "Cancelled", "is-plain"),
        RunState::Interrupted => ("!", "Interrupted", "is-warning"),
    };
    StateChip { sign, label, class }
}

/// What a run is called: by its query, or that it has none.
pub(crate) fn run_title(run: &Run) -> String {
    if run.query_name.is_empty() { "Unsaved query".to_owned() } else { run.query_name.clone() }
}

pub(crate) fn run_link(id: i64) -> Link {
    link(format!("Run {id}"), paths::run(id))
}

pub(crate) fn link(text: impl Into<String>, href: impl Into<String>) -> Link {
    Link { text: text.into(), href: href.into() }
}

pub(crate) fn post_button(
    label: &str,
    action: String,
    look: ButtonLook,
    object: &str,
    hidden: Vec<HiddenValue>,
) -> PostButton {
    PostButton { label: label.to_owned(), action, hidden, look, object: object.to_owned() }
}

pub(crate) fn hidden(name: &str, value: impl Into<String>) -> HiddenValue {
    HiddenValue { name: name.to_owned(), value: value.into() }
}

/// "0.4 s", "12 s", "3 min 05 s", "2 h 10 min".
pub(crate) fn duration_text(duration: Duration) -> String {
    let seconds = duration.num_seconds();
    match seconds {
        ..10 => format!("{:.1} s", duration.as_seconds_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// "30 days", "1 day", "0.5 days".
pub(crate) fn days_text(duration: std::time::Duration) -> String {
    let days = duration.as_secs_f64() / 86_400.0;
    format!("{days} {}", if duration.as_secs() == 86_400 { "day" } else { "days" })
}

/// "812 B", "67.4 kB", "1.2 MB".
pub(crate) fn size_text(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let size = bytes as f64;
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size / 1e6),
        _ => format!("{:.1} GB", size / 1e9),
    }
}

/// What a transport said of a message, as names and values: `message_id` and `publish_time`, then its attributes by name.
pub(crate) fn flat_metadata(metadata: &serde_json::Value) -> Vec<(String, String)> {
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (mut own, mut attributes) = (Vec::new(), Vec::new());
    for (name, value) in metadata.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(inner) => {
                attributes.extend(inner.iter().map(|(name, value)| (name.clone(), text(value))));
            }
            None => own.push((name.clone(), text(value))),
        }
    }
    attributes.sort();
    own.extend(attributes);
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_as_people_tell_them() {
        let texts =
            [400, 12_000, 185_000, 7_800_000].map(|ms| duration_text(Duration::milliseconds(ms)));
        assert_eq!(texts, ["0.4 s", "12 s", "3 min 05 s", "2 h 10 min"]);
    }

    #[test]
    fn errors_have_two_significant_digits_and_values_as_many_decimals() {
        for (value, error, decimals, expected) in [
            (18.421_312, Some(0.004_2), 2, ("18.4213", Some("0.0042"))),
            (18.421_312, Some(0.25), 2, ("18.42", Some("0.25"))),
            (18.421_312, Some(0.07), 2, ("18.421", Some("0.070"))),
            (18.421_312, Some(0.099_6), 2, ("18.42", Some("0.10"))),
            (18.421_312, Some(1.234), 2, ("18.42", Some("1.2"))),
            (18.421_312, Some(21.71), 2, ("18.42", Some("22"))),
            (18.421_312, Some(217.1), 3, ("18.421", Some("217"))),
            (18.421_312, Some(0.0), 2, ("18.42", Some("0.0"))),
            (18.421_312, Some(1e-30), 2, ("18.42131200", Some("0.00000000"))),
            (18.421_312, None, 2, ("18.42", None)),
            (3.3, Some(60.2), 0, ("3", Some("60"))),
            (-1_203.14, Some(8.04), 0, ("-1203.1", Some("8.0"))),
        ] {
            let (shown, shown_error) = with_error(value, error, decimals);
            assert_eq!((shown.as_str(), shown_error.as_deref()), expected, "{value} {error:?}");
        }
    }

    #[test]
    fn spans_are_told_in_days() {
        let texts = [24, 720, 12].map(|hours| days_text(std::time::Duration::from_hours(hours)));
        assert_eq!(texts, ["1 day", "30 days", "0.5 days"]);
    }
}
