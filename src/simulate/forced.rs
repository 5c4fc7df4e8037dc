//! Forced photometry at a source's place (`fp_hists`).

use super::{
    avro::AvroBytes,
    catalogue::Nearest,
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
    /// `distnr`, `ranr`, `decnr`, `magnr`, `sigmagnr`, `chinr`, `sharpnr`.
    nearest: [f64; 7],
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
        let nearest_fields = [
            nearest.distnr,
            nearest.ranr,
            nearest.decnr,
            nearest.magnr,
            nearest.sigmagnr,
            nearest.chinr,
            nearest.sharpnr,
        ];
        let is_measured = procstatus != "61";
        let dn = exposure.dn_per_ujy();
        let flux_ujy = measured.flux_ujy + 0.15 * measured.sigma_ujy * draw.normal();
        Self {
            exposure,
            flux_dn: if is_measured { flux_ujy * dn } else { NOT_MEASURED },
            sigma_dn: if is_measured { 0.95 * measured.sigma_ujy * dn } else { NOT_MEASURED },
            procstatus,
            nearest: if is_measured { nearest_fields } else { [NOT_MEASURED; 7] },
        }
    }
}

/// Writes one of `fp_hists`.
pub(super) fn fp_hist(out: &mut AvroBytes, source: &Source, forced: &Forced<'_>) {
    let exposure = forced.exposure;
    out.some().int(exposure.field);
    out.some().int(source.placement.rcid);
    out.int(exposure.fid);
    out.long(exposure.pid(source.placement.rcid));
    out.long(reference_id(source, exposure));
    out.some_floats(&[exposure.seeing_px, exposure.sky_dn, pixel_sigma_dn(exposure)]);
    out.some_floats(&zero_points(exposure));
    out.some_floats(&[30.0, 0.09, 0.082, exposure.diffmaglim]);
    out.int(1);
    out.double(exposure.jd);
    out.some_floats(&[forced.flux_dn, forced.sigma_dn]);
    out.some().text(forced.procstatus);
    let [distnr, ranr, decnr, magnr, sigmagnr, chinr, sharpnr] = forced.nearest;
    out.some().float(distnr);
    out.double(ranr);
    out.double(decnr);
    out.some_floats(&[magnr, sigmagnr, chinr, sharpnr]);
}
