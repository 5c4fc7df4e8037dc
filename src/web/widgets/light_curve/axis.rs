//! An axis: from values to places in the drawing, with round ticks.

/// Steps between ticks, with the decimals that their labels need.
const STEPS: [(f64, usize); 19] = [
    (0.001, 3),
    (0.01, 2),
    (0.02, 2),
    (0.05, 2),
    (0.1, 1),
    (0.2, 1),
    (0.5, 1),
    (1.0, 0),
    (2.0, 0),
    (5.0, 0),
    (10.0, 0),
    (20.0, 0),
    (50.0, 0),
    (100.0, 0),
    (200.0, 0),
    (500.0, 0),
    (1_000.0, 0),
    (10_000.0, 0),
    (50_000.0, 0),
];
/// Room left at either end, as a share of the span.
const MARGIN: f64 = 0.05;
/// Span given to values that are all the same.
const SMALLEST_SPAN: f64 = 0.5;

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: String,
    pub(crate) label: String,
}

/// A linear axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis from `from` to `to` that holds all values; `None` where there is none.
    pub(super) fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if !(low.is_finite() && high.is_finite()) {
            return None;
        }
        let missing = (SMALLEST_SPAN - (high - low)).max(0.0) / 2.0;
        let room = (high - low + 2.0 * missing) * MARGIN + missing;
        Some(Self { low: low - room, high: high + room, from, to })
    }

    /// The place of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round values along the axis, at most about `most`.
    pub(super) fn ticks(&self, most: f64) -> Vec<Tick> {
        let span = self.high - self.low;
        let fits = |(step, _): &&(f64, usize)| span / step <= most;
        let (step, decimals) = STEPS.iter().find(fits).copied().unwrap_or((100_000.0, 0));
        let first = (self.low / step).ceil() * step;
        std::iter::successors(Some(first), |value| Some(value + step))
            .take_while(|value| *value <= self.high)
            .map(|value| Tick {
                at: format!("{:.1}", self.at(value)),
                label: format!("{value:.decimals$}"),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: [f64; 2]) -> Vec<String> {
        let axis = Axis::over(values.into_iter(), 0.0, 100.0).unwrap();
        axis.ticks(6.0).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(labels([18.03, 19.97]), ["18.0", "18.5", "19.0", "19.5", "20.0"]);
        assert_eq!(labels([61_300.0, 61_330.0]), ["61300", "61310", "61320", "61330"]);
    }

    #[test]
    fn equal_values_still_have_an_axis_with_their_place_in_the_middle() {
        let axis = Axis::over([18.0, 18.0].into_iter(), 0.0, 100.0).unwrap();
        assert!((axis.at(18.0) - 50.0).abs() < 1e-9);
        assert!(axis.ticks(6.0).len() >= 2);
    }
}
