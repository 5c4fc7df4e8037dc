//! `GET /api/openapi.json`: the API described for tools, from the types that its handlers take and give.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{
    alerts, brokers, common_refusals::CommonRefusals, examples, listeners, queries, run_alerts,
    runs, sharing, starting, target_alerts, targets, unreadable,
};

/// What holds for all requests.
const INTRODUCTION: &str = "The alerts page of a TOM, for programs: query a broker, look at alerts, save targets. \
    Times are UTC. Ids of surveys (`source_id`) are texts: they pass 2^53.\n\n\
    Where people sign in, a request shows an API token; in local mode it needs none. \
    What one does not see answers 404; what one sees and may not do, 403. What cannot be taken as it was sent \
    answers 422 and says why, field by field; so does a field or a parameter that a request does not take, and a value that \
    a parameter does not take. An empty value counts as none.\n\n\
    What GET tells of a target or a saved query may be sent back whole with PUT: what that does not change has to be as it is, and \
    what changes by itself is not looked at.\n\n\
    A list says with `count` how many there are, and with `next` where the next ones are.\n\n\
    Bodies are JSON, with `Content-Type: application/json`. What a page of another site makes a browser send is refused.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "tom-alerts",
        description = INTRODUCTION
    ),
    paths(
        brokers::get,
        queries::get_list,
        queries::post,
        queries::get,
        queries::put,
        queries::delete,
        starting::post_saved,
        listeners::get,
        listeners::put,
        listeners::delete,
        runs::get_list,
        starting::post,
        runs::get,
        runs::post_cancel,
        run_alerts::get_alerts,
        run_alerts::post_targets,
        unreadable::get_list,
        unreadable::get_bytes,
        unreadable::post_retry,
        alerts::get,
        targets::get_list,
        targets::post,
        targets::get,
        targets::put,
        targets::delete,
        target_alerts::get,
        sharing::get_query,
        sharing::put_query,
        sharing::get_run,
        sharing::put_run,
        sharing::get_target,
        sharing::put_target,
        get,
    ),
    tags(
        (name = "Brokers", description = "Where alerts come from, and what can be asked there."),
        (name = "Queries", description = "A broker's form as it was filled in, kept under a name."),
        (name = "Listeners", description = "A saved query that goes on until it is paused: alerts are stored as they come, a run a day."),
        (name = "Runs", description = "One execution of a query, and the alerts that it found."),
        (name = "Alerts", description = "What a survey published of one detection, whichever runs found it."),
        (name = "Targets", description = "Places in the sky with names that the team follows."),
        (name = "Sharing", description = "Who sees a query, a run or a target, who of them may change it, and who may share it further."),
        (name = "Description", description = "What stands here, for tools.")
    ),
    security(("token" = []), ("session" = []), ()),
    modifiers(&Credentials, &CommonRefusals)
)]
struct Description;

/// By what a request shows who makes it.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "An API token, made on /accounts/tokens/. \"Authorization: Token …\" works as well.",
        ));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        let session = ApiKey::Cookie(ApiKeyValue::with_description(
            "__Host-sid",
            "The session of a browser that is signed in.",
        ));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// The description, with an example of every body.
pub(super) static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    // A description that cannot be told has no paths, which the tests miss.
    let mut described = serde_json::to_value(Description::openapi()).unwrap_or_default();
    examples::add_to(&mut described);
    described
});

/// What the service answers below `/api/`, as an OpenAPI document.
pub fn description() -> &'static Value {
    &DESCRIPTION
}

/// This description
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "Description",
    operation_id = "describe",
    responses((status = 200, description = "An OpenAPI document", body = Object, example = json!({"openapi": "3.1.0"})))
)]
pub(super) async fn get() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| DESCRIPTION.to_string());
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response()
}
