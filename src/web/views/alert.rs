//! One alert: what it is, how it varied, every field of its packet.

use askama::Template;

use super::brightness::{Band, Magnitude};
use super::chrome::Chrome;
use super::controls::{FactGroup, Link, PostButton, StateChip, TargetChip, TimeView};
use super::light_curve::LightCurveView;

/// The page `/alerts/{survey}/{source_id}/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/alert.html")]
pub struct AlertPage {
    /// The frame.
    pub chrome: Chrome,
    /// The survey's name: "ZTF".
    pub survey: String,
    /// The survey's id of the object.
    pub object_id: String,
    /// The survey's id of this detection.
    pub source_id: String,
    /// What the survey calls that id: "candid".
    pub source_id_name: String,
    /// Band of this detection.
    pub band: Option<Band>,
    /// Sign of the difference: "positive" or "negative".
    pub sign: Option<String>,
    /// Version of the packet's schema: "schema 4.02".
    pub schema: String,
    /// How long ago it was observed.
    pub age: Option<String>,
    /// The way back to the run it was opened from.
    pub back: Option<Link>,
    /// The target that the object is already.
    pub target: Option<TargetChip>,
    /// Makes the object a target.
    pub create_target: Option<PostButton>,
    /// What to know first.
    pub facts: Vec<FactGroup>,
    /// The light curve; absent without history.
    pub light_curve: Option<LightCurveView>,
    /// Every measurement, newest first.
    pub history: Vec<HistoryRow>,
    /// Every field of the packet.
    pub field_groups: Vec<FieldGroup>,
    /// Runs that found it.
    pub runs: Vec<FoundBy>,
    /// The packet as it came.
    pub packet_href: String,
    /// The packet as JSON.
    pub json_href: String,
    /// The object at other sites.
    pub links: Vec<Link>,
}

/// A measurement.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    /// Time of the observation, with its MJD.
    pub time: TimeView,
    /// What was measured.
    pub kind: HistoryKind,
    /// Magnitude, or the limit.
    pub magnitude: Option<Magnitude>,
    /// Difference flux with its error and unit, for forced photometry.
    pub flux: Option<String>,
    /// Real/bogus score.
    pub rb: Option<String>,
    /// Whether it is the alert of this page.
    pub is_this_alert: bool,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryKind {
    /// A source in the difference image.
    Detection,
    /// Nothing seen down to a magnitude.
    Limit,
    /// The flux at the object's position, source or not.
    Forced,
}

impl HistoryKind {
    /// Its word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Limit => "limit",
            Self::Forced => "forced",
        }
    }
}

/// Fields of the packet that stand in one record.
#[derive(Clone, Debug)]
pub struct FieldGroup {
    /// Name of the record: "candidate".
    pub title: String,
    /// What it holds.
    pub note: Option<String>,
    /// Its fields.
    pub rows: Vec<PacketField>,
    /// Whether it is unfolded.
    pub is_open: bool,
}

/// A field of the packet.
#[derive(Clone, Debug)]
pub struct PacketField {
    /// Its name in the packet.
    pub name: String,
    /// Its value; absent where the packet says null.
    pub value: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// What it means.
    pub meaning: Option<String>,
}

/// A run that found the alert.
#[derive(Clone, Debug)]
pub struct FoundBy {
    /// The run: "Run 318, young in g".
    pub run: Link,
    /// State of the run.
    pub state: StateChip,
    /// Who started it.
    pub started_by: String,
    /// When it was asked for.
    pub created: TimeView,
}
