//! Why coordinates cannot be read.

/// Why coordinates cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoordinateError {
    /// No known form.
    #[error("Invalid format. Please use sexagesimal or degrees")]
    Format,
    /// A right ascension that is none.
    #[error("RA must be at least 0 and less than 360 degrees (24 h)")]
    RaRange,
    /// A declination that is none.
    #[error("Dec must be between -90 and 90 degrees")]
    DecRange,
    /// Galactic coordinates that are none.
    #[error("Galactic l must be from 0 to 360 degrees, and b between -90 and 90")]
    GalacticRange,
    /// A name of a place to the minute only.
    #[error("A name such as J1901+1458 is good to a minute only. Please enter the position itself")]
    CoarseName,
    /// Several readings are possible.
    #[error(
        "That can be read in more than one way. Write it as 150.1005 +2.2001, 10:00:24.12 +02:12:00.4 or 10h00m24.12s +02d12m00.4s"
    )]
    Ambiguous,
    /// Not a place and a radius.
    #[error(
        "Cone search parameters must be in the format 'RA, Dec, Radius', such as 150.1, 2.2, 30\" or 10:00:24 +02:12:00, 2'"
    )]
    Cone,
    /// A radius that is none.
    #[error(
        "The radius must be above 0 and at most 180 degrees, with an optional unit: \" (arcsec), ' (arcmin) or ° (deg)"
    )]
    Radius,
}
