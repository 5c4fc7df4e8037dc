//! The URL map, and the layers around it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, Request, State},
    http::Method,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use super::{
    AppState, Site, admission, api, assets,
    context::CALLBACK,
    error::{ApiError, Error},
    guard, health, pages, retirement,
};
use crate::domain::timing::WebTiming;

/// Largest body but for uploads, bytes.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Everything that the service answers.
pub fn router(state: AppState) -> Router {
    let site = Arc::<Site>::from_ref(&state);
    let WebTiming { request, upload, .. } = state.timing();
    let sessions = admission::sessions(state.storage(), &site);
    let pages = pages()
        .layer(from_fn_with_state(request, limit_time))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    let uploads = Router::new()
        .route("/alerts/archive/upload/", post(pages::upload::post).fallback(method_not_allowed))
        .layer(from_fn_with_state(upload, limit_time))
        .layer(DefaultBodyLimit::disable());
    pages
        .merge(uploads)
        .merge(accounts(request))
        .merge(machines())
        .nest(
            "/api",
            api::router()
                .layer(from_fn_with_state(request, limit_time))
                .layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
        )
        .fallback(not_found)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(guard::measure))
                .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
                .layer(from_fn_with_state(state.clone(), retirement::close_connections))
                .layer(from_fn_with_state(site.clone(), guard::add_headers))
                .layer(from_fn_with_state(site.clone(), guard::refuse_strangers))
                .layer(from_fn_with_state(site, admission::complete_removals))
                .layer(sessions)
                .layer(from_fn_with_state(state.clone(), admission::admit))
                .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
                    Error::Internal(anyhow::anyhow!("a handler panicked")).into_response()
                })),
        )
        .with_state(state)
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(pages::home::get))
        .route("/alerts/", get(pages::query_list::redirect))
        .route("/alerts/query/list/", get(pages::query_list::get))
        .route(
            "/alerts/query/create/",
            get(pages::query_form::get_create).post(pages::query_form::post_create),
        )
        .route("/alerts/query/preview/", post(pages::query_preview::post))
        .route("/alerts/query/echo/", get(pages::query_form::get_echo))
        .route(
            "/alerts/query/{id}/update/",
            get(pages::query_form::get_update).post(pages::query_form::post_update),
        )
        .route("/alerts/query/{id}/copy/", post(pages::query_actions::post_copy))
        .route("/alerts/query/{id}/run/", post(pages::query_actions::post_run))
        .route(
            "/alerts/query/{id}/delete/",
            get(pages::query_actions::get_delete).post(pages::query_actions::post_delete),
        )
        .route(
            "/alerts/query/{id}/share/",
            get(pages::share::get_query).post(pages::share::post_query),
        )
        .route("/alerts/query/{id}/history/", get(pages::history::get_query))
        .route("/alerts/query/{id}/listener/", get(pages::listener::get))
        .route("/alerts/query/{id}/listener/start/", post(pages::listener::post_start))
        .route("/alerts/query/{id}/listener/pause/", post(pages::listener::post_pause))
        .route("/alerts/query/{id}/listener/stop/", post(pages::listener::post_stop))
        .route("/alerts/alert/create/", post(pages::save_targets::post))
        .route("/alerts/{survey}/{source_id}/", get(pages::alert::get))
        .route("/alerts/{survey}/{source_id}/packet/", get(pages::alert::get_packet))
        .route("/alerts/{survey}/{source_id}/json/", get(pages::alert::get_json))
        .route("/runs/", get(pages::run_list::get))
        .route("/runs/{id}/", get(pages::run::get))
        .route("/runs/{id}/progress/", get(pages::run::get_progress))
        .route("/runs/{id}/events/", get(pages::run_events::get))
        .route("/runs/{id}/cancel/", post(pages::run::post_cancel))
        .route("/runs/{id}/run/", post(pages::run::post_again))
        .route("/runs/{id}/selection/", post(pages::selection::post))
        .route("/runs/{id}/share/", get(pages::share::get_run).post(pages::share::post_run))
        .route("/runs/{id}/history/", get(pages::history::get_run))
        .route("/runs/{id}/unreadable/", get(pages::unreadable::get))
        .route("/runs/{run_id}/unreadable/{id}/", get(pages::unreadable::get_bytes))
        .route("/runs/{run_id}/unreadable/{id}/json/", get(pages::unreadable::get_json))
        .route("/targets/", get(pages::target_list::get))
        .route(
            "/targets/create/",
            get(pages::target_form::get_create).post(pages::target_form::post_create),
        )
        .route("/targets/{id}/", get(pages::target::get))
        .route(
            "/targets/{id}/update/",
            get(pages::target_form::get_update).post(pages::target_form::post_update),
        )
        .route(
            "/targets/{id}/delete/",
            get(pages::target::get_delete).post(pages::target::post_delete),
        )
        .route(
            "/targets/{id}/share/",
            get(pages::share::get_target).post(pages::share::post_target),
        )
        .route("/targets/{id}/history/", get(pages::history::get_target))
        .route("/subscriptions/", get(pages::subscriptions::get).post(pages::subscriptions::post))
        .route("/subscriptions/{name}/", get(pages::subscription::get))
        .route("/subscriptions/{name}/peek/", post(pages::subscription::post_peek))
        .route("/subscriptions/{name}/seek/", post(pages::subscription::post_seek))
        .route(
            "/subscriptions/{name}/delete/",
            get(pages::subscription::get_delete).post(pages::subscription::post_delete),
        )
        .route("/team/history/", get(pages::history::get))
        .route("/team/history/export/", get(pages::history::get_export))
        .route("/theme/", post(pages::theme::post))
        .method_not_allowed_fallback(method_not_allowed)
}

/// Signing in, the connection to Google, the team. They are not there in local mode.
fn accounts(limit: Duration) -> Router<AppState> {
    Router::new()
        .route("/accounts/login/", get(pages::login::get).post(pages::login::post))
        .route(CALLBACK, get(pages::callback::get))
        .route("/accounts/logout/", post(pages::login::post_logout))
        .route("/accounts/join/{token}/", get(pages::join::get))
        .route("/accounts/profile/", get(pages::profile::get))
        .route("/accounts/sharing/", post(pages::profile::post_sharing))
        .route(
            "/accounts/tokens/",
            get(pages::api_tokens::get).post(pages::api_tokens::post_create),
        )
        .route("/accounts/tokens/{id}/revoke/", post(pages::api_tokens::post_revoke))
        .route("/accounts/project/", post(pages::profile::post_project))
        .route("/accounts/sessions/end/", post(pages::profile::post_end_session))
        .route("/accounts/connect/", get(pages::connect::get).post(pages::connect::post))
        .route(
            "/accounts/disconnect/",
            get(pages::connect::get_disconnect).post(pages::connect::post_disconnect),
        )
        .route("/accounts/test/", post(pages::connect::post_test))
        .route("/team/", get(pages::team::get).post(pages::team::post_invite))
        .route("/team/invitations/{id}/delete/", post(pages::team::post_take_back))
        .route("/team/members/{id}/role/", post(pages::team::post_role))
        .route(
            "/team/members/{id}/remove/",
            get(pages::team::get_remove).post(pages::team::post_remove),
        )
        .route("/team/groups/", post(pages::groups::post_create))
        .route("/team/groups/{id}/", get(pages::groups::get))
        .route("/team/groups/{id}/add/", post(pages::groups::post_add))
        .route("/team/groups/{id}/remove/", post(pages::groups::post_remove))
        .route(
            "/team/groups/{id}/delete/",
            get(pages::groups::get_delete).post(pages::groups::post_delete),
        )
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(limit, limit_time))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// What machines ask for.
fn machines() -> Router<AppState> {
    Router::new()
        .route("/static/{hash}/{name}", get(assets::get))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
}

/// Nothing here; but a page whose final `/` was left out is found, as TOM's users expect.
async fn not_found(request: Request) -> Response {
    let path = request.uri().path();
    let is_page =
        request.method() == Method::GET && !path.ends_with('/') && !path.starts_with("/static/");
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte))
        && !path.starts_with("//");
    if is_page && is_plain {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        return Redirect::permanent(&format!("{path}/{query}")).into_response();
    }
    Error::NotFound.into_response()
}

async fn method_not_allowed() -> Error {
    Error::MethodNotAllowed
}

async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_api => Error::TooSlow.into_json().into_response(),
        Err(_) => Error::TooSlow.into_response(),
    }
}

/// The answer to a path below `/api/` where nothing is.
pub(super) async fn api_not_found() -> ApiError {
    Error::NotFound.into_json()
}

/// The answer to a method that a path below `/api/` does not take.
pub(super) async fn api_method_not_allowed() -> ApiError {
    Error::MethodNotAllowed.into_json()
}
