//! Saved targets, found by name or by place.

use askama::Template;

use super::chrome::Chrome;
use super::controls::TimeView;
use super::field::FieldView;
use super::table::{Pager, SortHeader};
use crate::domain::sharing::Whose;

/// The page `/targets/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/target_list.html")]
pub struct TargetListPage {
    /// The frame.
    pub chrome: Chrome,
    /// Search by name or alias.
    pub name: FieldView,
    /// Search by place: RA, Dec, radius.
    pub cone: FieldView,
    /// Whose are listed; absent where nobody else is in.
    pub whose: Option<Whose>,
    /// Headings that sort.
    pub headers: TargetHeaders,
    /// The targets of this page.
    pub rows: Vec<TargetRow>,
    /// Turns pages.
    pub pager: Pager,
}

impl TargetListPage {
    /// Whether some targets are left out.
    pub fn is_filtered(&self) -> bool {
        !self.name.value().is_empty()
            || !self.cone.value().is_empty()
            || self.whose.is_some_and(|whose| whose != Whose::All)
    }
}

/// Headings of the targets.
#[derive(Clone, Debug)]
pub struct TargetHeaders {
    /// Name.
    pub name: SortHeader,
    /// Type.
    pub kind: SortHeader,
    /// Right ascension.
    pub ra: SortHeader,
    /// Declination.
    pub dec: SortHeader,
    /// Number of alerts.
    pub alerts: SortHeader,
    /// When it was saved.
    pub created: SortHeader,
}

/// A target.
#[derive(Clone, Debug)]
pub struct TargetRow {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Its type: "sidereal".
    pub kind: String,
    /// Right ascension, sexagesimal; absent for a target without a fixed place, as the three below.
    pub ra: Option<String>,
    /// Right ascension in degrees.
    pub ra_degrees: Option<String>,
    /// Declination, sexagesimal.
    pub dec: Option<String>,
    /// Declination in degrees.
    pub dec_degrees: Option<String>,
    /// Distance from the middle of the cone that was searched: `1.2″`.
    pub separation: Option<String>,
    /// Number of alerts stored for it.
    pub alerts: String,
    /// When it was saved.
    pub created: TimeView,
    /// Who saved it.
    pub created_by: String,
    /// With whom it is shared, where that is not the whole team.
    pub shared: Option<String>,
}
