//! What ZTF's values mean: sentinels that stand for "absent", spellings of the sign, ranges of scores.

use super::program::Scalar;

/// Integers up to here are exact in a double.
const EXACT_IN_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// A finite number, whichever numeric type the schema gives it.
#[expect(clippy::cast_precision_loss, reason = "no measured quantity needs more than 53 bits")]
pub(super) fn number(value: &Scalar<'_>) -> Option<f64> {
    match value {
        Scalar::Int(value) => Some(*value as f64),
        Scalar::Float(value) if value.is_finite() => Some(*value),
        _ => None,
    }
}

/// An exact integer. A float counts only where it is one and is exact.
#[expect(clippy::cast_possible_truncation, reason = "the guard bounds it to 53 bits, no fraction")]
pub(super) fn integer(value: &Scalar<'_>) -> Option<i64> {
    match value {
        Scalar::Int(value) => Some(*value),
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() < EXACT_IN_DOUBLE => {
            Some(*value as i64)
        }
        Scalar::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// A magnitude. ZTF writes -999 where there is none, `SExtractor` 99.
pub(super) fn magnitude(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|mag| mag.abs() < 99.0)
}

/// Upper limits that an exposure can have, magnitudes. Real ones lie between 14 (clouds) and 22.2.
const LIMITS: std::ops::RangeInclusive<f64> = 10.0..=25.0;

/// The magnitude down to which nothing was seen.
pub(super) fn limit(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|limit| LIMITS.contains(limit))
}

/// Whether there is a limit, but none that an exposure can have. -999 and 99 stand for none.
pub(super) fn is_impossible_limit(value: &Scalar<'_>) -> bool {
    let is_absent = |limit: f64| [-999.0, 99.0].contains(&limit);
    number(value).is_some_and(|limit| !LIMITS.contains(&limit) && !is_absent(limit))
}

/// How far beyond a full turn rounding takes a right ascension, degrees.
const RA_ROUNDING_DEG: f64 = 1e-6;

/// A right ascension, `0 <= ra < 360`. What rounding has taken across 0 or 360 is what it was before.
pub(super) fn right_ascension(value: &Scalar<'_>) -> Option<f64> {
    let rounded = -RA_ROUNDING_DEG..=360.0 + RA_ROUNDING_DEG;
    let turned = number(value).filter(|ra| rounded.contains(ra))?.rem_euclid(360.0);
    // The remainder of less than the last digit of 360 is rounded up to it; and the sum has no -0.
    Some(if turned < 360.0 { turned + 0.0 } else { 0.0 })
}

/// A distance, an error or another quantity that is never negative (-999: absent).
pub(super) fn not_negative(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|value| *value >= 0.0)
}

/// A score between 0 and 1 (-999: absent).
pub(super) fn score(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|score| (0.0..=1.0).contains(score))
}

/// A difference flux (-99999: absent).
pub(super) fn flux(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|flux| *flux > -99_998.0)
}

/// What ZTF says against a forced measurement, as it says it: `procstatus`, codes between commas. 0 is success, and 57 says
/// only that the reference image has no source within 5 arcsec.
pub(super) fn forced_status(value: &Scalar<'_>) -> Option<String> {
    let said = match value {
        Scalar::Text(text) => (*text).trim().chars().take(STATUS_CHARACTERS).collect::<String>(),
        other => integer(other)?.to_string(),
    };
    let is_harmless = said.split(',').all(|code| matches!(code.trim(), "" | "0" | "57" | "null"));
    (!is_harmless).then_some(said)
}

/// Longest `procstatus` that is kept; it has a few codes of two digits.
const STATUS_CHARACTERS: usize = 64;

/// A Julian date between 4713 BC and AD 9999.
pub(super) fn julian_date(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|jd| (0.0..5_373_484.5).contains(jd))
}

/// `isdiffpos` in any of its spellings: `t` and `f`, `1` and `0`, `true` and `false`, as text, integer or boolean.
pub(super) fn is_positive(value: &Scalar<'_>) -> Option<bool> {
    match value {
        Scalar::Bool(value) => Some(*value),
        Scalar::Text(text) => match text.trim() {
            "t" | "T" | "1" | "true" | "True" | "TRUE" => Some(true),
            "f" | "F" | "0" | "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        other => match integer(other) {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isdiffpos_is_read_in_every_spelling() {
        for yes in ["t", "T", "1", "true", "True"] {
            assert_eq!(is_positive(&Scalar::Text(yes)), Some(true), "{yes}");
        }
        for no in ["f", "F", "0", "false", "False"] {
            assert_eq!(is_positive(&Scalar::Text(no)), Some(false), "{no}");
        }
        assert_eq!(is_positive(&Scalar::Bool(true)), Some(true));
        assert_eq!(is_positive(&Scalar::Int(0)), Some(false));
        assert_eq!(is_positive(&Scalar::Float(1.0)), Some(true));
        for neither in [Scalar::Absent, Scalar::Text(""), Scalar::Text("x"), Scalar::Int(2)] {
            assert_eq!(is_positive(&neither), None, "{neither:?}");
        }
    }

    #[test]
    fn sentinels_nan_and_impossible_values_are_absent() {
        for absent in [-999.0, f64::NAN, f64::INFINITY, -99_999.0] {
            let absent = Scalar::Float(absent);
            assert_eq!(score(&absent), None);
            assert_eq!(not_negative(&absent), None);
            assert_eq!(magnitude(&absent), None);
            assert_eq!(flux(&Scalar::Float(-99_999.0)), None);
        }
        assert_eq!(score(&Scalar::Float(1.5)), None);
        assert_eq!(score(&Scalar::Int(1)), Some(1.0));
        assert_eq!(not_negative(&Scalar::Float(0.0)), Some(0.0));
        assert_eq!(flux(&Scalar::Float(-999.0)), Some(-999.0));
    }

    #[test]
    fn an_upper_limit_is_one_that_an_exposure_can_have() {
        for (value, kept, is_counted) in [
            (20.5, Some(20.5), false),
            (14.214_599_609_375, Some(14.214_599_609_375), false),
            (10.0, Some(10.0), false),
            (25.0, Some(25.0), false),
            (0.0, None, true),
            (-1.98, None, true),
            (9.99, None, true),
            (25.01, None, true),
            (57.75, None, true),
            (98.9, None, true),
            (-1_006.94, None, true),
            (-999.0, None, false),
            (99.0, None, false),
            (f64::NAN, None, false),
        ] {
            let value = Scalar::Float(value);
            assert_eq!(
                (limit(&value), is_impossible_limit(&value)),
                (kept, is_counted),
                "{value:?}"
            );
        }
        assert!(!is_impossible_limit(&Scalar::Absent));
    }

    #[test]
    fn a_right_ascension_that_rounding_took_across_a_full_turn_comes_back() {
        for (value, turned) in [
            (0.0, Some(0.0)),
            (-0.0, Some(0.0)),
            (359.999_999_999_9, Some(359.999_999_999_9)),
            (360.0, Some(0.0)),
            (360.000_000_5, Some(360.000_000_5 - 360.0)),
            (-1e-12, Some(360.0 - 1e-12)),
            (-1e-20, Some(0.0)),
            (360.001, None),
            (400.0, None),
            (-0.001, None),
            (-90.0, None),
            (720.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(right_ascension(&Scalar::Float(value)), turned, "{value}");
        }
        assert_eq!(right_ascension(&Scalar::Int(360)), Some(0.0));
        let zero = right_ascension(&Scalar::Float(-0.0)).unwrap();
        assert!(zero.is_sign_positive(), "JSON would have -0.0");
    }

    #[test]
    fn a_forced_measurement_has_a_status_where_something_speaks_against_it() {
        for harmless in ["0", "57", "0,57", " 0 ", "", "null"] {
            assert_eq!(forced_status(&Scalar::Text(harmless)), None, "{harmless:?}");
        }
        assert_eq!(forced_status(&Scalar::Absent), None);
        assert_eq!(forced_status(&Scalar::Int(0)), None);
        assert_eq!(forced_status(&Scalar::Int(61)), Some("61".to_owned()));
        assert_eq!(forced_status(&Scalar::Text("56")), Some("56".to_owned()));
        assert_eq!(forced_status(&Scalar::Text("57,62")), Some("57,62".to_owned()));
        let long = forced_status(&Scalar::Text(&"5".repeat(1_000)));
        assert_eq!(long.map(|text| text.len()), Some(STATUS_CHARACTERS));
    }

    #[test]
    fn an_integer_is_exact_or_absent() {
        assert_eq!(
            integer(&Scalar::Int(2_982_177_112_815_010_003)),
            Some(2_982_177_112_815_010_003)
        );
        assert_eq!(integer(&Scalar::Text("2982177112815010003")), Some(2_982_177_112_815_010_003));
        assert_eq!(integer(&Scalar::Float(2_982_177_112_815_010_003.0)), None);
        assert_eq!(integer(&Scalar::Float(17.0)), Some(17));
        assert_eq!(integer(&Scalar::Float(17.5)), None);
    }
}
