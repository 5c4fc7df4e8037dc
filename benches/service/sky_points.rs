//! Places spread evenly over the sky, the same in every run.

use tom_alerts::domain::sky::Position;

/// Number of places after which they repeat.
const PERIOD: usize = 100_000;

/// No divisor in common with [`PERIOD`]: neighbours in number are far apart on the sky.
const STRIDE: usize = 61_803;

const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The place of a number: a point of the Fibonacci lattice on the sphere.
pub(crate) fn place(number: usize) -> Position {
    let point = number_of((number % PERIOD * STRIDE) % PERIOD);
    let ra_deg = fraction(point, GOLDEN) * 360.0;
    let dec_deg = (1.0 - 2.0 * (point + 0.5) / number_of(PERIOD)).asin().to_degrees();
    Position::new(ra_deg, dec_deg).expect("a fraction of a circle and an arcsine")
}

/// A value of `0..1` that goes with a number, spread evenly.
pub(crate) fn spread(number: usize, step: f64) -> f64 {
    fraction(number_of(number), step)
}

fn fraction(number: f64, step: f64) -> f64 {
    (number * step).fract()
}

fn number_of(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("a benchmark counts to a million at most"))
}
