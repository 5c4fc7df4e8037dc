//! Enums of the domain as the description has them: texts of which there are a few.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use crate::{
    domain::{
        alert::{FluxUnit, Survey},
        listener::ListenerState,
        run::{LogLevel, RunState},
        sharing::Whose,
        target::OnExisting,
    },
    web::screens::shared::result_columns::order_words,
};

/// The only type of targets that there is here: places among the fixed stars.
pub(super) const SIDEREAL: &str = "SIDEREAL";

macro_rules! words {
    ($(#[doc = $meaning:literal] $name:ident: $all:expr;)+) => {
        $(
            #[doc = $meaning]
            pub(super) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    one_of($all, $meaning)
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

words! {
    /// Where it stands.
    RunStateWord: RunState::ALL.map(RunState::id);
    /// How it stands.
    ListenerStateWord: [
        "off",
        ListenerState::Starting.id(),
        ListenerState::Listening.id(),
        ListenerState::InTrouble.id(),
        ListenerState::Paused.id(),
    ];
    /// `on` also goes on with one that is paused, and tries at once where it is in trouble.
    WishWord: ["on", "paused"];
    /// How much it matters.
    LogLevelWord: [LogLevel::Info, LogLevel::Warning, LogLevel::Error].map(LogLevel::id);
    /// All that one sees, one's own, or what is shared with one's groups.
    WhoseWord: Whose::ALL.map(Whose::id);
    /// The survey that it comes from.
    SurveyWord: Survey::ALL.map(Survey::id);
    /// The unit of both.
    FluxUnitWord: FluxUnit::ALL.map(FluxUnit::name);
    /// What was measured: a detection, nothing down to a limit, or the flux at the object's position.
    MeasurementWord: ["detection", "limit", "forced"];
    /// An image stamp.
    StampWord: ["science", "template", "difference"];
    /// Its type: a place among the fixed stars.
    TargetTypeWord: [SIDEREAL];
    /// Where a target has the name of the alert's object: add the alert to it, or leave it as it is. `update` unless said.
    OnExistingWord: OnExisting::ALL.map(OnExisting::id);
    /// By what results are sorted; after `-` from high to low.
    OrderWord: order_words();
}

fn one_of(words: impl IntoIterator<Item = impl Into<String>>, meaning: &str) -> RefOr<Schema> {
    let words = words.into_iter().map(Into::into);
    let schema =
        ObjectBuilder::new().schema_type(Type::String).enum_values::<_, String>(Some(words));
    schema.description(Some(meaning.trim())).into()
}
