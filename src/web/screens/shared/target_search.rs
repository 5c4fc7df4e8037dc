//! What a list of targets is searched by, on the page and in the API.

use crate::{
    domain::{
        sharing::{Asker, Whose},
        sky::{Cone, CoordinateError, parse_cone},
        target::name_key,
    },
    storage::{Storage, StorageError, TargetFilter},
    web::frame::extract::Pairs,
};

/// Why a search cannot be made.
pub(in crate::web) enum SearchError {
    /// It is not understood: fields with messages.
    Wrong(Vec<(&'static str, String)>),
    /// The database did not answer.
    Storage(StorageError),
}

impl From<StorageError> for SearchError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Reads `name`, `cone_search` and `target_cone_search` ("Name, Radius") of a list's address.
pub(in crate::web) async fn read_filter(
    query: &Pairs,
    storage: &Storage,
    asker: &Asker,
) -> Result<TargetFilter, SearchError> {
    let mut errors = Vec::new();
    let name = query.text("name").map(str::to_owned);
    // Such a name would find every target.
    if name.as_ref().is_some_and(|name| name_key(name).is_empty()) {
        errors.push(("name", "Enter a letter or a digit of the name.".to_owned()));
    }
    let whose = query.text("whose").and_then(Whose::from_id).unwrap_or_default();
    let mut cone = None;
    let mut places = CONES.into_iter().filter_map(|name| Some((name, query.text(name)?)));
    if let Some((name, text)) = places.next() {
        match read_cone(name, text, storage, asker).await {
            Ok(read) => cone = Some(read),
            Err(SearchError::Wrong(wrong)) => errors.extend(wrong),
            Err(error) => return Err(error),
        }
    }
    // Of two circles one would be passed over.
    let one = || "Search around one place: this is a second one.".to_owned();
    errors.extend(places.map(|(name, _)| (name, one())));
    if errors.is_empty() {
        Ok(TargetFilter { name, cone, whose })
    } else {
        Err(SearchError::Wrong(errors))
    }
}

/// Parameters that say around which place is searched.
const CONES: [&str; 3] = ["cone_search", "cone", TARGET_CONE];
const TARGET_CONE: &str = "target_cone_search";

async fn read_cone(
    name: &'static str,
    text: &str,
    storage: &Storage,
    asker: &Asker,
) -> Result<Cone, SearchError> {
    if name == TARGET_CONE {
        return cone_around_target(text, storage, asker).await;
    }
    parse_cone(text).map_err(|error| SearchError::Wrong(vec![(name, format!("{error}."))]))
}

async fn cone_around_target(
    text: &str,
    storage: &Storage,
    asker: &Asker,
) -> Result<Cone, SearchError> {
    let wrong = |message| SearchError::Wrong(vec![(TARGET_CONE, message)]);
    let shape = || "Cone search parameters must be in the format 'Name, Radius'.".to_owned();
    let (name, radius) = text.rsplit_once(',').ok_or_else(|| wrong(shape()))?;
    let found = storage.find_target_by_name(asker, name.trim()).await?;
    let Some(center) = found.and_then(|target| target.position) else {
        return Err(wrong(format!("There is no target named {} with a position.", name.trim())));
    };
    let cone = parse_cone(&format!("{}, {}, {radius}", center.ra_deg(), center.dec_deg()));
    cone.map_err(|error| {
        wrong(if error == CoordinateError::Cone { shape() } else { format!("{error}.") })
    })
}
