//! The URL map, and the layers around it.

use std::sync::Arc;

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
    AppState, Site, api,
    door::{admission, guard, own_task, retirement, session},
    frame::{assets, error::Error, error_page},
    health, paths,
    screens::{account, alert, home, query, run, shared, subscription, target, team},
};
use crate::domain::timing::WebTiming;

/// Largest body but for uploads, bytes.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Everything that the service answers.
pub fn router(state: AppState) -> Router {
    let site = Arc::<Site>::from_ref(&state);
    let sessions = session::layer(state.storage(), &site);
    let uploads = Router::new()
        .route("/alerts/{broker}/upload/", post(query::upload::post).fallback(method_not_allowed))
        .layer(DefaultBodyLimit::disable());
    pages()
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .merge(uploads)
        .merge(accounts().layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .merge(machines())
        .nest("/api", api::router().layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .fallback(not_found)
        // Within the limit of time: what is begun is finished when the time is up, too.
        .layer(from_fn(own_task::finish_changes))
        .layer(from_fn_with_state(state.timing(), limit_time))
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(guard::measure))
                .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
                .layer(from_fn_with_state(state.clone(), retirement::close_connections))
                .layer(from_fn_with_state(site.clone(), guard::add_headers))
                .layer(from_fn(error_page::draw_for_strangers))
                .layer(from_fn_with_state(site.clone(), guard::refuse_strangers))
                .layer(from_fn_with_state(site, session::complete_cookies))
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
        .route("/", get(home::get))
        .route("/alerts/", get(query::list::redirect))
        .route("/alerts/query/list/", get(query::list::get))
        .route("/alerts/query/create/", get(query::form::get_create).post(query::form::post_create))
        .route("/alerts/query/preview/", post(query::preview::post))
        .route("/alerts/query/echo/", get(query::echo::get))
        .route(
            "/alerts/query/{id}/update/",
            get(query::form::get_update).post(query::form::post_update),
        )
        .route("/alerts/query/{id}/copy/", post(query::actions::post_copy))
        .route("/alerts/query/{id}/run/", post(query::actions::post_run))
        .route(
            "/alerts/query/{id}/delete/",
            get(query::actions::get_delete).post(query::actions::post_delete),
        )
        .route(
            "/alerts/query/{id}/share/",
            get(shared::share::get_query).post(shared::share::post_query),
        )
        .route("/alerts/query/{id}/history/", get(shared::history::get_query))
        .route("/alerts/query/{id}/listener/", get(query::listener::get))
        .route("/alerts/query/{id}/listener/start/", post(query::listener_actions::post_start))
        .route("/alerts/query/{id}/listener/pause/", post(query::listener_actions::post_pause))
        .route("/alerts/query/{id}/listener/stop/", post(query::listener_actions::post_stop))
        .route("/alerts/alert/create/", post(run::save::post))
        .route("/alerts/{survey}/{source_id}/", get(alert::detail::get))
        .route("/alerts/{survey}/{source_id}/packet/", get(alert::detail::get_packet))
        .route("/alerts/{survey}/{source_id}/json/", get(alert::detail::get_json))
        .merge(runs_and_targets())
        .method_not_allowed_fallback(method_not_allowed)
}

fn runs_and_targets() -> Router<AppState> {
    Router::new()
        .route("/runs/", get(run::list::get))
        .route("/runs/{id}/", get(run::detail::get))
        .route("/runs/{id}/progress/", get(run::detail::get_progress))
        .route("/runs/{id}/events/", get(run::events::get))
        .route("/runs/{id}/cancel/", post(run::detail::post_cancel))
        .route("/runs/{id}/run/", post(run::detail::post_again))
        .route("/runs/{id}/selection/", post(run::selection::post))
        .route("/runs/{run_id}/saves/{id}/", get(run::save_report::get))
        .route("/runs/{id}/share/", get(shared::share::get_run).post(shared::share::post_run))
        .route("/runs/{id}/history/", get(shared::history::get_run))
        .route("/runs/{id}/unreadable/", get(run::unreadable::get))
        .route("/runs/{id}/unreadable/retry/", post(run::unreadable::post_retry))
        .route("/runs/{run_id}/unreadable/{id}/", get(run::unreadable::get_bytes))
        .route("/runs/{run_id}/unreadable/{id}/json/", get(run::unreadable::get_json))
        .route("/targets/", get(target::list::get))
        .route("/targets/create/", get(target::form::get_create).post(target::form::post_create))
        .route("/targets/echo/", get(target::echo::get))
        .route("/targets/{id}/", get(target::detail::get))
        .route(
            "/targets/{id}/update/",
            get(target::form::get_update).post(target::form::post_update),
        )
        .route(
            "/targets/{id}/delete/",
            get(target::detail::get_delete).post(target::detail::post_delete),
        )
        .route(
            "/targets/{id}/share/",
            get(shared::share::get_target).post(shared::share::post_target),
        )
        .route("/targets/{id}/history/", get(shared::history::get_target))
        .route("/subscriptions/", get(subscription::list::get).post(subscription::list::post))
        .route("/subscriptions/{name}/", get(subscription::detail::get))
        .route("/subscriptions/{name}/peek/", post(subscription::detail::post_peek))
        .route("/subscriptions/{name}/seek/", post(subscription::detail::post_seek))
        .route(
            "/subscriptions/{name}/delete/",
            get(subscription::detail::get_delete).post(subscription::detail::post_delete),
        )
        .route("/team/history/", get(shared::history::get))
        .route("/team/history/export/", get(shared::history_export::get_export))
        .route("/answers/{id}/", get(shared::kept_answer::get))
        .route("/theme/", post(account::theme::post))
        .route("/api/docs/", get(api::docs::get))
        .method_not_allowed_fallback(method_not_allowed)
}

/// Signing in, the connection to Google, the team. They are not there in local mode.
fn accounts() -> Router<AppState> {
    Router::new()
        .route("/accounts/login/", get(account::sign_in::get).post(account::sign_in::post))
        .route("/accounts/callback/", get(account::callback::get))
        .route("/accounts/logout/", post(account::sign_in::post_logout))
        .route("/accounts/join/{token}/", get(team::join::get))
        .route("/accounts/profile/", get(account::profile::get))
        .route("/accounts/sharing/", post(account::profile::post_sharing))
        .route("/accounts/tokens/", get(account::tokens::get).post(account::tokens::post_create))
        .route("/accounts/tokens/{id}/revoke/", post(account::tokens::post_revoke))
        .route("/accounts/project/", post(account::profile::post_project))
        .route("/accounts/sessions/end/", post(account::profile::post_end_session))
        .route("/accounts/connect/", get(account::connect::get).post(account::connect::post))
        .route(
            "/accounts/disconnect/",
            get(account::connect::get_disconnect).post(account::connect::post_disconnect),
        )
        .route("/accounts/test/", post(account::connect::post_test))
        .route("/team/", get(team::members::get).post(team::invitations::post_invite))
        .route("/team/invitations/{id}/delete/", post(team::invitations::post_take_back))
        .route("/team/members/{id}/role/", post(team::membership::post_role))
        .route(
            "/team/members/{id}/remove/",
            get(team::membership::get_remove).post(team::membership::post_remove),
        )
        .route("/team/groups/", post(team::groups::post_create))
        .route("/team/groups/{id}/", get(team::groups::get))
        .route("/team/groups/{id}/add/", post(team::groups::post_add))
        .route("/team/groups/{id}/remove/", post(team::groups::post_remove))
        .route(
            "/team/groups/{id}/delete/",
            get(team::groups::get_delete).post(team::groups::post_delete),
        )
        .method_not_allowed_fallback(method_not_allowed)
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

/// Whether files are sent there, which may take long.
fn is_upload(path: &str) -> bool {
    path.strip_prefix("/alerts/")
        .and_then(|rest| rest.strip_suffix("/upload/"))
        .is_some_and(|broker| !broker.contains('/'))
}

async fn limit_time(State(timing): State<WebTiming>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = paths::is_api(path);
    let limit = if is_upload(path) { timing.upload } else { timing.request };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_api => Error::TooSlow.into_json().into_response(),
        Err(_) => Error::TooSlow.into_response(),
    }
}
