//! The record `diaObject`: what all detections of a source say together.

use apache_avro::types::Value;

use super::{measure::Measured, pointing::BANDS, schema::Fields, sky::Source};

/// The object of these detections, by time, and of the forced photometry at its place.
pub(super) fn dia_object(
    source: &Source,
    id: i64,
    detections: &[&Measured],
    forced: &[&Measured],
) -> Value {
    let mut out = Fields::default();
    let n = detections.len().max(1) as f64;
    let mean = |of: fn(&Measured) -> f64| detections.iter().map(|it| of(it)).sum::<f64>() / n;
    let error_deg = mean(|it| it.error_px) * 0.2 / 3600.0 / n.sqrt();
    out.put("diaObjectId", id);
    // A mean of right ascensions would be wrong across zero.
    out.put_all([
        ("ra", source.ra),
        ("raErr", error_deg),
        ("dec", source.dec),
        ("decErr", error_deg),
        ("ra_dec_Cov", 0.05 * error_deg * error_deg),
        ("validityStartMjdTai", detections.last().map_or(0.0, |it| it.processed_mjd())),
    ]);
    out.put("nDiaSources", detections.len() as i64);
    if let (Some(first), Some(last)) = (detections.first(), detections.last()) {
        out.put("firstDiaSourceMjdTai", first.visit.mjd_tai);
        out.put("lastDiaSourceMjdTai", last.visit.mjd_tai);
    }
    for (band, name) in BANDS.iter().enumerate() {
        let of_band = |all: &[&Measured]| -> Vec<Measured> {
            all.iter().filter(|it| it.visit.band == band).map(|it| (*it).clone()).collect()
        };
        put_band(&mut out, name, &of_band(detections), &of_band(forced));
    }
    out.into_record("diaObject")
}

fn put_band(out: &mut Fields, band: &str, detections: &[Measured], forced: &[Measured]) {
    out.put(format!("{band}_psfFluxNdata"), detections.len() as i64);
    let mut put = |name: &str, value: f64| out.put(format!("{band}_{name}"), value);
    if let Some((mean, error)) = weighted(forced, |it| it.diff_njy) {
        put("fpFluxMean", mean);
        put("fpFluxMeanErr", error);
    }
    let Some((mean, error)) = weighted(detections, |it| it.diff_njy) else { return };
    put("psfFluxMean", mean);
    put("psfFluxMeanErr", error);
    if let Some((science, error)) = weighted(detections, |it| it.science_njy) {
        put("scienceFluxMean", science);
        put("scienceFluxMeanErr", error);
    }
    let fluxes = || detections.iter().map(|it| it.diff_njy);
    let n = detections.len() as f64;
    put("psfFluxMin", fluxes().fold(f64::INFINITY, f64::min));
    put("psfFluxMax", fluxes().fold(f64::NEG_INFINITY, f64::max));
    put("psfFluxErrMean", detections.iter().map(|it| it.sigma_njy).sum::<f64>() / n);
    if detections.len() > 1 {
        let variance = fluxes().map(|flux| (flux - mean).powi(2)).sum::<f64>() / (n - 1.0);
        put("psfFluxSigma", variance.sqrt());
        let slopes = detections.windows(2).filter_map(|pair| {
            let [before, after] = pair else { return None };
            let days = after.visit.mjd_tai - before.visit.mjd_tai;
            Some((after.diff_njy - before.diff_njy) / days)
        });
        put("psfFluxMaxSlope", slopes.fold(f64::NEG_INFINITY, f64::max));
    }
}

/// The mean weighted by inverse variance, and its error.
fn weighted(all: &[Measured], value: fn(&Measured) -> f64) -> Option<(f64, f64)> {
    let weight = |it: &Measured| it.sigma_njy.powi(-2);
    let sum: f64 = all.iter().map(weight).sum();
    let mean = all.iter().map(|it| value(it) * weight(it)).sum::<f64>() / sum;
    (!all.is_empty()).then(|| (mean, sum.powf(-0.5)))
}
