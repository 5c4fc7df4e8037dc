//! Why a time cannot be read.

/// Why a time cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// No known form.
    #[error(
        "Enter a time such as 2026-09-12 07:30, 2026-09-12.31, MJD 61295.3, JD 2461295.8, 24h or 3d (before now)."
    )]
    Unknown,
    /// Day and month cannot be told apart.
    #[error("Is that day or month first? Write it as 2026-09-12.")]
    Ambiguous,
    /// A number that is neither a Julian nor a modified Julian date.
    #[error(
        "A bare number is read as JD (2400000 to 2500000) or MJD (15000 to 100000); this is neither."
    )]
    NoDate,
    /// A calendar year in which nobody observed, or will.
    #[error("Enter a time in the years 1800 to 2200.")]
    NoYear,
}
