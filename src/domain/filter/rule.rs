//! The rules of the filter, one by one: their order, their ids and their names.

/// A rule of the filter; its id is the name of the form's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `classtar_threshold`
    Classtar,
    /// `mag_min`
    MagMin,
    /// `mag_max`
    MagMax,
    /// `bands`
    Bands,
    /// `rb_min`
    RbMin,
    /// `drb_min`
    DrbMin,
    /// `sign`
    Sign,
    /// `ndethist_min`
    NdethistMin,
    /// `cone`
    Cone,
    /// `observed_after`
    ObservedAfter,
    /// `observed_before`
    ObservedBefore,
    /// `solar_system`
    SolarSystem,
    /// `survey`
    Survey,
    /// `age_max`
    AgeMax,
    /// `ndethist_max`
    NdethistMax,
    /// `snr_min`
    SnrMin,
    /// `star_near`
    StarNear,
    /// `gal_b_min`
    GalBMin,
    /// `class_name`, with `class_probability`
    Class,
    /// `tag`
    Tag,
}

impl Rule {
    /// Every rule, in the order in which they judge.
    pub const ALL: [Self; 20] = [
        Self::Survey,
        Self::ObservedAfter,
        Self::ObservedBefore,
        Self::Cone,
        Self::GalBMin,
        Self::Bands,
        Self::RbMin,
        Self::DrbMin,
        Self::Classtar,
        Self::MagMin,
        Self::MagMax,
        Self::SnrMin,
        Self::Sign,
        Self::NdethistMin,
        Self::NdethistMax,
        Self::AgeMax,
        Self::StarNear,
        Self::SolarSystem,
        Self::Class,
        Self::Tag,
    ];

    /// The name of the form's field.
    pub fn id(self) -> &'static str {
        match self {
            Self::Classtar => "classtar_threshold",
            Self::MagMin => "mag_min",
            Self::MagMax => "mag_max",
            Self::Bands => "bands",
            Self::RbMin => "rb_min",
            Self::DrbMin => "drb_min",
            Self::Sign => "sign",
            Self::NdethistMin => "ndethist_min",
            Self::Cone => "cone",
            Self::ObservedAfter => "observed_after",
            Self::ObservedBefore => "observed_before",
            Self::SolarSystem => "solar_system",
            Self::Survey => "survey",
            Self::AgeMax => "age_max",
            Self::NdethistMax => "ndethist_max",
            Self::SnrMin => "snr_min",
            Self::StarNear => "star_near",
            Self::GalBMin => "gal_b_min",
            Self::Class => "class_name",
            Self::Tag => "tag",
        }
    }

    /// The rule of a field; runs of before counted by the field's old name.
    pub fn from_id(id: &str) -> Option<Self> {
        let id = match id {
            "positive_only" => "sign",
            "no_solar_system" => "solar_system",
            id => id,
        };
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// What the rule asks of an alert, without the value that a query gives it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Classtar => "classtar",
            Self::MagMin => "brightest magnitude",
            Self::MagMax => "faintest magnitude",
            Self::Bands => "band",
            Self::RbMin => "rb",
            Self::DrbMin => "drb",
            Self::Sign => "sign of the subtraction",
            Self::NdethistMin | Self::NdethistMax => "detections",
            Self::Cone => "cone",
            Self::ObservedAfter => "observed after",
            Self::ObservedBefore => "observed before",
            Self::SolarSystem => "solar system",
            Self::Survey => "survey",
            Self::AgeMax => "age",
            Self::SnrMin => "snr",
            Self::StarNear => "star near",
            Self::GalBMin => "|b|",
            Self::Class => "class",
            Self::Tag => "tag",
        }
    }
}
