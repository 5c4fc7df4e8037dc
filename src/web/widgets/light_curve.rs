//! A light curve as SVG: points in, shapes with coordinates out. The template only writes them down.

use askama::Template;
use axis::Axis;

use super::{brightness::BandChip, words::with_error};
use crate::domain::{
    alert::Band,
    time::{MJD_ZERO_JD, format_mjd},
};

mod axis;

pub(crate) use axis::Tick;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = WIDTH - 10.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = HEIGHT - 44.0;
/// Errors above this reach beyond the plot and would squeeze everything else.
const LARGEST_ERROR: f64 = 1.0;

/// A measurement to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LightCurvePoint {
    /// Modified Julian date, UTC, days.
    pub(crate) mjd: f64,
    /// Magnitude, AB; for a limit the limiting magnitude.
    pub(crate) mag: f64,
    /// One-sigma error, magnitudes.
    pub(crate) err: Option<f64>,
    /// Its band, where the packet tells it.
    pub(crate) band: Option<Band>,
    pub(crate) kind: PointKind,
    /// Whether the source is fainter than in the template.
    pub(crate) is_negative: bool,
    /// Whether it is the alert of the page.
    pub(crate) is_current: bool,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PointKind {
    /// A source in the difference image.
    Detection,
    /// Nothing seen down to this magnitude.
    Limit,
    /// The flux at the object's position, where it is positive.
    Forced,
}

impl PointKind {
    const ALL: [Self; 3] = [Self::Detection, Self::Limit, Self::Forced];

    /// CSS class of the mark.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Detection => "is-detection",
            Self::Limit => "is-limit",
            Self::Forced => "is-forced",
        }
    }

    /// The word in the legend, for several.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Detection => "detections",
            Self::Limit => "limits",
            Self::Forced => "forced photometry",
        }
    }
}

/// A light curve, ready to be written down.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/light_curve.html")]
pub(crate) struct LightCurveView {
    pub(crate) title: String,
    /// What it shows, in a sentence or two, for those who cannot see it.
    pub(crate) description: String,
    /// The rectangle of the plot and the box around all.
    pub(crate) frame: Frame,
    pub(crate) time_ticks: Vec<Tick>,
    /// Ticks of the magnitude axis, bright at the top.
    pub(crate) mag_ticks: Vec<Tick>,
    /// Where the vertical line of the page's alert stands.
    pub(crate) current_x: Option<String>,
    /// The points: limits first, so that detections are drawn over them.
    pub(crate) marks: Vec<Mark>,
    pub(crate) bands: Vec<LegendBand>,
    /// Kinds of the legend, without the detections.
    pub(crate) kinds: Vec<LegendKind>,
}

/// Edges in units of the drawing.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) width: String,
    pub(crate) height: String,
    pub(crate) left: String,
    pub(crate) right: String,
    pub(crate) top: String,
    pub(crate) bottom: String,
}

/// A point of the drawing.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) x: String,
    pub(crate) y: String,
    /// Upper and lower end of the error bar.
    pub(crate) error_bar: Option<(String, String)>,
    /// Band: colour and symbol.
    pub(crate) band: BandChip,
    pub(crate) kind: PointKind,
    /// Whether it is drawn hollow with a minus.
    pub(crate) is_negative: bool,
    /// Whether it is the alert of the page.
    pub(crate) is_current: bool,
    pub(crate) label: String,
}

/// A band of the legend.
#[derive(Clone, Debug)]
pub(crate) struct LegendBand {
    pub(crate) band: BandChip,
    pub(crate) count: usize,
}

/// A kind of the legend.
#[derive(Clone, Debug)]
pub(crate) struct LegendKind {
    pub(crate) kind: PointKind,
    pub(crate) count: usize,
}

impl LightCurveView {
    /// Draws the points of an object; `None` where there is no finite one.
    pub(crate) fn draw(object: &str, points: &[LightCurvePoint]) -> Option<Self> {
        let mut points: Vec<_> = points.iter().copied().filter(is_drawable).collect();
        points.sort_by(|a, b| order(a).cmp(&order(b)).then(a.mjd.total_cmp(&b.mjd)));
        let time = Axis::over(points.iter().map(|point| point.mjd), LEFT, RIGHT)?;
        let mag = Axis::over(points.iter().flat_map(extent), TOP, BOTTOM)?;
        let current = points.iter().find(|point| point.is_current);
        Some(Self {
            title: format!("Light curve of {object}"),
            description: describe(&points),
            frame: frame(),
            time_ticks: time.ticks(6.0),
            mag_ticks: mag.ticks(7.0),
            current_x: current.map(|point| number(time.at(point.mjd))),
            marks: points.iter().map(|point| mark(point, &time, &mag)).collect(),
            bands: legend_bands(&points),
            kinds: legend_kinds(&points),
        })
    }
}

fn is_drawable(point: &LightCurvePoint) -> bool {
    (0.0..=200_000.0).contains(&point.mjd) && (-50.0..=50.0).contains(&point.mag)
}

fn order(point: &LightCurvePoint) -> u8 {
    match point.kind {
        PointKind::Limit => 0,
        PointKind::Forced => 1,
        PointKind::Detection if point.is_current => 3,
        PointKind::Detection => 2,
    }
}

fn error_of(point: &LightCurvePoint) -> Option<f64> {
    point.err.filter(|err| err.is_finite() && *err > 0.0).map(|err| err.min(LARGEST_ERROR))
}

fn extent(point: &LightCurvePoint) -> [f64; 2] {
    let err = error_of(point).unwrap_or(0.0);
    [point.mag - err, point.mag + err]
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

fn frame() -> Frame {
    Frame {
        width: number(WIDTH),
        height: number(HEIGHT),
        left: number(LEFT),
        right: number(RIGHT),
        top: number(TOP),
        bottom: number(BOTTOM),
    }
}

fn mark(point: &LightCurvePoint, time: &Axis, mag: &Axis) -> Mark {
    Mark {
        x: number(time.at(point.mjd)),
        y: number(mag.at(point.mag)),
        error_bar: error_of(point)
            .map(|err| (number(mag.at(point.mag - err)), number(mag.at(point.mag + err)))),
        band: BandChip(point.band),
        kind: point.kind,
        is_negative: point.is_negative,
        is_current: point.is_current,
        label: label(point),
    }
}

fn label(point: &LightCurvePoint) -> String {
    let LightCurvePoint { mag, band, .. } = point;
    let mjd = format_mjd(point.mjd + MJD_ZERO_JD);
    let letter = BandChip(*band).letter();
    let sign = if point.is_negative { ", negative subtraction" } else { "" };
    match (point.kind, point.err) {
        (PointKind::Limit, _) => format!("MJD {mjd}: > {mag:.2} {letter}"),
        (_, err) => {
            let (mag, err) = with_error(*mag, err, 2);
            let err = err.map(|err| format!(" ± {err}")).unwrap_or_default();
            format!("MJD {mjd}: {mag}{err} {letter}{sign}")
        }
    }
}

fn count(points: &[LightCurvePoint], kind: PointKind) -> usize {
    points.iter().filter(|point| point.kind == kind).count()
}

fn legend_bands(points: &[LightCurvePoint]) -> Vec<LegendBand> {
    let of_band = |chip: BandChip| points.iter().filter(move |point| point.band == chip.0);
    let present = BandChip::all().filter(|chip| of_band(*chip).next().is_some());
    let entry = |band| LegendBand {
        band,
        count: of_band(band).filter(|point| point.kind == PointKind::Detection).count(),
    };
    present.map(entry).collect()
}

fn legend_kinds(points: &[LightCurvePoint]) -> Vec<LegendKind> {
    let kinds = PointKind::ALL.into_iter().filter(|kind| *kind != PointKind::Detection);
    kinds
        .map(|kind| LegendKind { kind, count: count(points, kind) })
        .filter(|entry| entry.count > 0)
        .collect()
}

fn describe(points: &[LightCurvePoint]) -> String {
    let detections = points.iter().filter(|point| point.kind == PointKind::Detection);
    let mags = detections.map(|point| point.mag);
    let (bright, faint) = mags
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mag| (low.min(mag), high.max(mag)));
    let first = points.iter().map(|point| point.mjd).fold(f64::INFINITY, f64::min);
    let last = points.iter().map(|point| point.mjd).fold(f64::NEG_INFINITY, f64::max);
    let n_detections = count(points, PointKind::Detection);
    let n_limits = count(points, PointKind::Limit);
    let span =
        format!("{n_detections} detections and {n_limits} limits, MJD {first:.2} to {last:.2}");
    if n_detections == 0 {
        return format!("{span}.");
    }
    format!("{span}; detections between magnitude {bright:.2} and {faint:.2}. Bright is up.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(mjd: f64, mag: f64, kind: PointKind) -> LightCurvePoint {
        LightCurvePoint {
            mjd,
            mag,
            err: Some(0.1),
            band: Some(Band::G),
            kind,
            is_negative: false,
            is_current: false,
        }
    }

    fn height(mark: &Mark) -> f64 {
        mark.y.parse().unwrap()
    }

    #[test]
    fn bright_points_stand_above_faint_ones() {
        let points =
            [point(1.0, 18.0, PointKind::Detection), point(2.0, 19.0, PointKind::Detection)];
        let view = LightCurveView::draw("x", &points).unwrap();
        assert!(height(&view.marks[0]) < height(&view.marks[1]));
    }

    #[test]
    fn one_point_is_a_light_curve_and_none_is_not() {
        assert!(LightCurveView::draw("x", &[point(1.0, 18.0, PointKind::Limit)]).is_some());
        assert!(LightCurveView::draw("x", &[]).is_none());
    }

    #[test]
    fn values_that_are_no_numbers_are_left_out() {
        let points =
            [f64::NAN, f64::INFINITY, 1e300].map(|mag| point(60_000.0, mag, PointKind::Detection));
        assert!(LightCurveView::draw("x", &points).is_none());
        let with_good = [points[0], point(60_000.0, 18.0, PointKind::Detection)];
        assert_eq!(LightCurveView::draw("x", &with_good).unwrap().marks.len(), 1);
    }

    #[test]
    fn the_legend_counts_detections_by_band_and_limits_apart() {
        let mut red = point(2.0, 18.5, PointKind::Detection);
        red.band = Some(Band::R);
        let points =
            [point(1.0, 18.0, PointKind::Detection), red, point(0.0, 20.0, PointKind::Limit)];
        let view = LightCurveView::draw("x", &points).unwrap();
        let bands: Vec<_> = view.bands.iter().map(|entry| (entry.band.0, entry.count)).collect();
        assert_eq!(bands, [(Some(Band::G), 1), (Some(Band::R), 1)]);
        assert_eq!(view.kinds.len(), 1);
        assert_eq!(view.marks[0].kind, PointKind::Limit);
    }
}
