//! Forced photometry at a source's place (`fp_hists`).

use apache_avro::types::Value;

use super::{
    catalogue::Nearest,
    container::Fields,
    exposure::Exposure,
    night::Night,
    record::{reference_id, zero_points},
    source::{Source, source_draw},
    stamp::pixel_sigma_dn,
    visit::Visit,
};

/// How forced photometry writes a value that it does not have.
const NOT_MEASURED: f64 = -99_999.0;

/// Forced photometry in one exposure of the history.
pub(super) struct Forced<'e> {
    exposure: &'e Exposure,
    flux_dn: f64,
    sigma_dn: f64,
    procstatus: &'static str,
    nearest: Option<Nearest>,
}

impl<'e> Forced<'e> {
    /// The forced measurement of a visit: the same light as its detection or limit, or a processing failure.
    pub(super) fn of(night: &Night, source: &Source, visit: &Visit<'e>) -> Self {
        let (exposure, measured) = (visit.exposure, visit.measured);
        let mut draw = source_draw(night, source, exposure, 9);
        let procstatus = match draw.uniform() {
            p if p < 0.05 => "61",
            p if p < 0.09 => "56",
            _ => "0",
        };
        let nearest = Nearest::of(night, source, exposure.fid, (0.0, 0.0));
        let is_measured = procstatus != "61";
        let dn = exposure.dn_per_ujy();
        let flux_ujy = measured.flux_ujy + 0.15 * measured.sigma_ujy * draw.normal();
        Self {
            exposure,
            flux_dn: if is_measured { flux_ujy * dn } else { NOT_MEASURED },
            sigma_dn: if is_measured { 0.95 * measured.sigma_ujy * dn } else { NOT_MEASURED },
            procstatus,
            nearest: is_measured.then_some(nearest),
        }
    }
}

/// One of `fp_hists`.
pub(super) fn fp_hist(source: &Source, forced: &Forced<'_>) -> Value {
    let exposure = forced.exposure;
    let mut out = Fields::default();
    out.put("field", Some(exposure.field));
    out.put("rcid", Some(source.placement.rcid));
    out.put("fid", exposure.fid);
    out.put("pid", exposure.pid(source.placement.rcid));
    out.put("rfid", reference_id(source, exposure));
    out.put_floats([
        ("sciinpseeing", exposure.seeing_px),
        ("scibckgnd", exposure.sky_dn),
        ("scisigpix", pixel_sigma_dn(exposure)),
    ]);
    out.put_floats(zero_points(exposure));
    out.put_floats([
        ("exptime", 30.0),
        ("adpctdif1", 0.09),
        ("adpctdif2", 0.082),
        ("diffmaglim", exposure.diffmaglim),
    ]);
    out.put("programid", 1);
    out.put("jd", exposure.jd);
    out.put_floats([("forcediffimflux", forced.flux_dn), ("forcediffimfluxunc", forced.sigma_dn)]);
    out.put("procstatus", Some(forced.procstatus));
    // What could not be measured has no neighbour either.
    let nearest = |value: fn(&Nearest) -> f64| forced.nearest.as_ref().map_or(NOT_MEASURED, value);
    out.put("ranr", nearest(|it| it.ranr));
    out.put("decnr", nearest(|it| it.decnr));
    out.put_floats([
        ("distnr", nearest(|it| it.distnr)),
        ("magnr", nearest(|it| it.magnr)),
        ("sigmagnr", nearest(|it| it.sigmagnr)),
        ("chinr", nearest(|it| it.chinr)),
        ("sharpnr", nearest(|it| it.sharpnr)),
    ]);
    out.into_record()
}
