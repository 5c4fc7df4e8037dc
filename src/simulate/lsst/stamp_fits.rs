//! A stamp as LSST writes it: image, variance and point-spread function in one FITS file, not compressed.

const BLOCK: usize = 2880;
/// Pixels of a side of the image of the point-spread function.
const PSF_SIZE: usize = 41;

/// The pixel grid of the three stamps of an alert.
pub(super) struct Frame {
    /// Pixels of a side.
    pub(super) size: usize,
    /// Where on the chip it begins.
    pub(super) cut_x: f64,
    pub(super) cut_y: f64,
    /// Where the source stands; the first pixel is 1.
    pub(super) centre_x: f64,
    pub(super) centre_y: f64,
    /// Where the source stands on the sky, degrees.
    pub(super) ra: f64,
    pub(super) dec: f64,
    /// Degrees to the East and to the North of a pixel along x and y.
    pub(super) pc: [[f64; 2]; 2],
    /// Position angle of the focal plane's +Y, degrees.
    pub(super) rotpa_deg: f64,
}

/// The file of an image, its variance and a Gaussian point-spread function of this width.
pub(super) fn fits(frame: &Frame, pixels: &[f64], variance: &[f64], sigma_px: f64) -> Vec<u8> {
    let mut file = Vec::with_capacity(35_000);
    let float = |pixels: &[f64]| -> Vec<u8> {
        pixels.iter().flat_map(|pixel| (*pixel as f32).to_be_bytes()).collect()
    };
    header(&mut file, image_cards(frame));
    data(&mut file, &float(pixels));
    header(
        &mut file,
        [
            extension(-32, frame.size),
            vec![text("UTYPE", "VarianceUncertainty"), text("EXTNAME", "UNCERT")],
        ]
        .concat(),
    );
    data(&mut file, &float(variance));
    header(&mut file, [extension(-64, PSF_SIZE), vec![text("EXTNAME", "PSFIMAGE")]].concat());
    data(&mut file, &psf(sigma_px));
    file
}

fn image_cards(frame: &Frame) -> Vec<String> {
    let [[pc1_1, pc1_2], [pc2_1, pc2_2]] = frame.pc;
    let side = frame.size as i64;
    vec![
        format!("{:<8}= {:>20}", "SIMPLE", "T"),
        whole("BITPIX", -32),
        whole("NAXIS", 2),
        whole("NAXIS1", side),
        whole("NAXIS2", side),
        format!("{:<8}= {:>20}", "EXTEND", "T"),
        whole("CUTMINX", frame.cut_x as i64),
        whole("CUTMINY", frame.cut_y as i64),
        real("ROTPA", frame.rotpa_deg),
        text("BUNIT", "nJy"),
        whole("WCSAXES", 2),
        real("CRPIX1", frame.centre_x),
        real("CRPIX2", frame.centre_y),
        real("PC1_1", pc1_1),
        real("PC1_2", pc1_2),
        real("PC2_1", pc2_1),
        real("PC2_2", pc2_2),
        real("CDELT1", 1.0),
        real("CDELT2", 1.0),
        real("CRVAL1", frame.ra),
        real("CRVAL2", frame.dec),
        real("LATPOLE", 90.0),
        real("MJDREF", 0.0),
    ]
}

fn extension(bits: i64, n_pixels: usize) -> Vec<String> {
    let side = n_pixels as i64;
    let mut cards = vec![text("XTENSION", "IMAGE")];
    let numbers = [
        ("BITPIX", bits),
        ("NAXIS", 2),
        ("NAXIS1", side),
        ("NAXIS2", side),
        ("PCOUNT", 0),
        ("GCOUNT", 1),
    ];
    cards.extend(numbers.map(|(name, value)| whole(name, value)));
    cards
}

fn whole(name: &str, value: i64) -> String {
    format!("{name:<8}= {value:>20}")
}

fn real(name: &str, value: f64) -> String {
    format!("{name:<8}= {value:>20.13E}")
}

fn text(name: &str, value: &str) -> String {
    format!("{name:<8}= '{value:<8}'")
}

fn header(file: &mut Vec<u8>, cards: Vec<String>) {
    for card in cards {
        file.extend(format!("{card:<80}").bytes());
    }
    file.extend(format!("{:<80}", "END").bytes());
    file.resize(file.len().next_multiple_of(BLOCK), b' ');
}

fn data(file: &mut Vec<u8>, bytes: &[u8]) {
    file.extend(bytes);
    file.resize(file.len().next_multiple_of(BLOCK), 0);
}

fn psf(sigma_px: f64) -> Vec<u8> {
    let middle = (PSF_SIZE / 2) as f64;
    let along: Vec<f64> =
        (0..PSF_SIZE).map(|at| (-0.5 * ((at as f64 - middle) / sigma_px).powi(2)).exp()).collect();
    let total: f64 = along.iter().sum::<f64>().powi(2);
    let pixels = along.iter().flat_map(|y| along.iter().map(move |x| x * y / total));
    pixels.flat_map(f64::to_be_bytes).collect()
}
