//! Answers that are alike for all requests of a kind: described once, for each of them.

use serde_json::json;
use utoipa::{
    Modify, PartialSchema, ToSchema,
    openapi::{
        OpenApi, Ref, RefOr,
        content::ContentBuilder,
        header::HeaderBuilder,
        path::{Operation, PathItem},
        response::{Response, ResponseBuilder},
    },
};

use super::wrong_fields::ErrorsBody;
use crate::web::frame::error::{Error, Problem};

/// A status, when it comes, and an error that it comes with.
type Refusal = (&'static str, &'static str, Error);

/// What every request may come to.
fn of_all() -> [Refusal; 5] {
    [
        (
            "401",
            "Nobody is signed in: there is no token, or its time is over, or it was revoked",
            Error::NotSignedIn,
        ),
        (
            "421",
            "The request is for another host name than the service's",
            Error::ForeignHost { own: "https://alerts.obs.example/".to_owned() },
        ),
        (
            "429",
            "Too often, or too many at once, or too many runs wait already",
            Error::TooOften { wait_s: 12 },
        ),
        (
            "500",
            "A fault of the service; `incident` finds it in its log",
            Error::Internal(anyhow::anyhow!("an example")),
        ),
        ("503", "The database is busy, or it took too long", Error::Busy),
    ]
}

/// What a request with a number in its path may come to.
fn of_numbers() -> [Refusal; 1] {
    [("404", "Nothing there, or nothing for you", Error::NotFound)]
}

/// What a request that changes something may come to.
fn of_changes() -> [Refusal; 1] {
    [(
        "403",
        "You may look at it, and not do that; or it takes a right at Google that you have not granted; or a page of another site asks",
        Error::Forbidden,
    )]
}

/// What a request that can have a body may come to.
fn of_bodies() -> [Refusal; 2] {
    let unread = "the body is not a JSON object (EOF while parsing an object at line 1 column 1)";
    [
        ("400", "The body is not a JSON object", Error::BadRequest(unread.to_owned())),
        (
            "413",
            "The body is too large",
            Error::TooLarge("what is sent may have 64 KiB".to_owned()),
        ),
    ]
}

/// Adds these answers to the description of each request, where it does not say something of its own.
pub(super) struct CommonRefusals;

impl Modify for CommonRefusals {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.schemas.insert(Problem::name().into_owned(), Problem::schema());
        for (path, item) in &mut openapi.paths.paths {
            let has_id = path.contains('{');
            let PathItem { get, put, post, delete, .. } = item;
            if let Some(read) = get {
                add(read, has_id, false);
            }
            for change in [put, post, delete].into_iter().flatten() {
                add(change, has_id, true);
            }
        }
    }
}

fn add(operation: &mut Operation, has_id: bool, is_change: bool) {
    let refusals = of_all()
        .into_iter()
        .chain(of_numbers().into_iter().filter(|_| has_id))
        .chain(of_changes().into_iter().filter(|_| is_change))
        .chain(of_bodies().into_iter().filter(|_| is_change));
    let described = &mut operation.responses.responses;
    for (status, meaning, error) in refusals {
        described.entry(status.to_owned()).or_insert_with(|| RefOr::T(refusal(meaning, &error)));
    }
    described.entry("422".to_owned()).or_insert_with(|| RefOr::T(unknown_name()));
}

/// The answer to a name that a request does not take.
fn unknown_name() -> Response {
    let example = json!({"errors": {"ordre": ["This request takes no such parameter. It takes: order, page."]}});
    let schema = Ref::from_schema_name(ErrorsBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    let meaning = "There is a parameter or a field that this request does not take, or a value that a parameter does not take";
    ResponseBuilder::new().description(meaning).content("application/json", content).build()
}

fn refusal(meaning: &str, error: &Error) -> Response {
    let mut example = json!({ "detail": error.to_string() });
    if matches!(error, Error::Internal(_)) {
        example["incident"] = "5f3a9c01".into();
    }
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    let response = ResponseBuilder::new().description(meaning).content("application/json", content);
    if error.wait_s().is_none() {
        return response.build();
    }
    let header = HeaderBuilder::new()
        .schema(Some(u64::schema()))
        .description(Some("When to try again, in seconds"));
    response.header("Retry-After", header.build()).build()
}
