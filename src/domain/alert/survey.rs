//! The surveys whose alerts are read.

/// The survey that issued an alert. Its id stands in URLs and in the database and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Survey {
    /// Zwicky Transient Facility.
    Ztf,
    /// Legacy Survey of Space and Time, Vera C. Rubin Observatory.
    Lsst,
    /// The simulated LSST challenge of DESC.
    Elasticc,
}

impl Survey {
    /// Every survey, in the order in which pages list them.
    pub const ALL: [Self; 3] = [Self::Ztf, Self::Lsst, Self::Elasticc];

    /// The word used in URLs, in JSON and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ztf => "ztf",
            Self::Lsst => "lsst",
            Self::Elasticc => "elasticc",
        }
    }

    /// The name that pages show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ztf => "ZTF",
            Self::Lsst => "LSST",
            Self::Elasticc => "ELAsTiCC",
        }
    }

    /// The survey with this id, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|survey| survey.id() == id)
    }
}
