//! TAI and UTC: how many whole seconds they are apart, and since when. Source: IERS Bulletin C, up to number 71, and its table
//! of all leap seconds.

use super::MJD_ZERO_JD;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// From which day on, UTC, modified Julian date, and how many seconds TAI is ahead of UTC then.
const STEPS: [(f64, f64); 28] = [
    (41_317.0, 10.0), // 1972-01-01
    (41_499.0, 11.0), // 1972-07-01
    (41_683.0, 12.0), // 1973-01-01
    (42_048.0, 13.0), // 1974-01-01
    (42_413.0, 14.0), // 1975-01-01
    (42_778.0, 15.0), // 1976-01-01
    (43_144.0, 16.0), // 1977-01-01
    (43_509.0, 17.0), // 1978-01-01
    (43_874.0, 18.0), // 1979-01-01
    (44_239.0, 19.0), // 1980-01-01
    (44_786.0, 20.0), // 1981-07-01
    (45_151.0, 21.0), // 1982-07-01
    (45_516.0, 22.0), // 1983-07-01
    (46_247.0, 23.0), // 1985-07-01
    (47_161.0, 24.0), // 1988-01-01
    (47_892.0, 25.0), // 1990-01-01
    (48_257.0, 26.0), // 1991-01-01
    (48_804.0, 27.0), // 1992-07-01
    (49_169.0, 28.0), // 1993-07-01
    (49_534.0, 29.0), // 1994-07-01
    (50_083.0, 30.0), // 1996-01-01
    (50_630.0, 31.0), // 1997-07-01
    (51_179.0, 32.0), // 1999-01-01
    (53_736.0, 33.0), // 2006-01-01
    (54_832.0, 34.0), // 2009-01-01
    (56_109.0, 35.0), // 2012-07-01
    (57_204.0, 36.0), // 2015-07-01
    (57_754.0, 37.0), // 2017-01-01
];

/// TAI - UTC, days, at a moment given as modified Julian date, TAI. Before 1972, when seconds of UTC had another length, it is
/// that of 1972; after the last step that is known, that one's.
pub fn tai_minus_utc_d(mjd_tai: f64) -> f64 {
    let has_begun = |step: &&(f64, f64)| mjd_tai >= step.0 + step.1 / SECONDS_PER_DAY;
    let (_, seconds) = STEPS.iter().rev().find(has_begun).unwrap_or(&STEPS[0]);
    seconds / SECONDS_PER_DAY
}

/// Julian date, UTC, of a modified Julian date, TAI. Within a leap second it is that of the second after it, as Julian dates
/// have no place for it.
pub fn mjd_tai_to_jd_utc(mjd_tai: f64) -> f64 {
    // The small numbers first: what is subtracted from a whole Julian date loses its last digits.
    mjd_tai - tai_minus_utc_d(mjd_tai) + MJD_ZERO_JD
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn steps_are_on_the_first_of_january_and_july_and_one_second_high() {
        for (one, next) in STEPS.iter().zip(&STEPS[1..]) {
            assert!(one.0 < next.0);
            assert!((next.1 - one.1 - 1.0).abs() < f64::EPSILON);
        }
        let zero = NaiveDate::from_ymd_opt(1858, 11, 17).unwrap();
        for (mjd, _) in STEPS {
            #[expect(clippy::cast_possible_truncation, reason = "whole days")]
            let date = zero + chrono::Duration::days(mjd as i64);
            let text = date.format("%m-%d").to_string();
            assert!(["01-01", "07-01"].contains(&text.as_str()), "{date}");
        }
    }

    #[test]
    fn the_last_leap_seconds_are_counted_from_their_own_moment_on() {
        let seconds = |mjd: f64, after: f64| {
            (tai_minus_utc_d(mjd + after / SECONDS_PER_DAY) * SECONDS_PER_DAY).round()
        };
        for (mjd, new) in [(54_832.0, 34.0), (56_109.0, 35.0), (57_204.0, 36.0), (57_754.0, 37.0)] {
            // UTC 23:59:59, within the leap second 23:59:60, and 00:00:00.
            for (after, right) in [
                (-86_400.0, new - 1.0),
                (new - 2.0, new - 1.0),
                (new - 0.5, new - 1.0),
                (new + 0.001, new),
                (86_400.0, new),
            ] {
                assert!((seconds(mjd, after) - right).abs() < 1e-9, "{mjd} {after}");
            }
        }
        assert!((seconds(30_000.0, 0.0) - 10.0).abs() < 1e-9);
        assert!((seconds(90_000.0, 0.0) - 37.0).abs() < 1e-9);
        assert!((tai_minus_utc_d(f64::NAN) * SECONDS_PER_DAY - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_julian_date_in_utc_is_good_to_what_a_double_holds() {
        for (mjd_tai, jd_utc) in [
            (61_295.25, 2_461_295.75 - 37.0 / SECONDS_PER_DAY),
            (57_753.5, 2_457_754.0 - 36.0 / SECONDS_PER_DAY),
            (51_179.5, 2_451_180.0 - 32.0 / SECONDS_PER_DAY),
        ] {
            assert!((mjd_tai_to_jd_utc(mjd_tai) - jd_utc).abs() < 1e-9, "{mjd_tai}");
        }
    }
}
