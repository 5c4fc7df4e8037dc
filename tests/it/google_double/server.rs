//! How a request is answered: by the fault that was ordered for it, or as Google does.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, header},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinSet, time::sleep};

use super::{
    Shared, State,
    call::{Call, Endpoint},
    fault::Fault,
    keys::{self, key},
    reply::{Answer, Content},
};

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&shared), request));
            // A connection that is cut on purpose ends with an error.
            let _cut = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn respond(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response, Cut> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.map_err(|_| Cut)?;
    let mut call = Call::read(&parts, body);
    let position = shared.change(|state| state.arrive(&mut call));
    if call.fault == Some(Fault::Cut) {
        return Err(Cut);
    }
    let mut answer = match call.fault.and_then(|fault| fault.instead(call.endpoint)) {
        Some(answer) => answer,
        None => shared.serve(&call).await,
    };
    if let Some(fault) = call.fault {
        fault.spoil(&mut answer);
    }
    shared.change(|state| {
        if let Some(call) = state.journal.get_mut(position) {
            call.status = Some(answer.status);
            call.error = answer.error().map(str::to_owned);
            call.email.clone_from(&answer.email);
        }
    });
    match call.fault {
        Some(Fault::Late(duration)) => sleep(duration).await,
        Some(Fault::Lost) => return Err(Cut),
        _ => {}
    }
    Ok(answer.into_response(call.fault == Some(Fault::Huge)))
}

impl State {
    /// Enters a call into the journal, with the fault that it gets; its place there.
    fn arrive(&mut self, call: &mut Call) -> usize {
        let next =
            self.faults.get_mut(&call.endpoint).and_then(std::collections::VecDeque::pop_front);
        call.fault = next.or_else(|| self.lasting_faults.get(&call.endpoint).copied());
        self.journal.push(call.clone());
        self.journal.len() - 1
    }
}

impl Shared {
    async fn serve(&self, call: &Call) -> Answer {
        match call.endpoint {
            Endpoint::Api => self.api(call).await,
            Endpoint::Unknown => Answer::page(404, "Not Found"),
            _ => self.change(|state| state.serve(call)),
        }
    }

    /// A call to the API: by the service behind it if there is one, otherwise an empty answer.
    async fn api(&self, call: &Call) -> Answer {
        let (caller, behind) = {
            let state = self.state();
            (state.google.api_caller(call), state.api_behind.clone())
        };
        match (caller, behind) {
            (Err(refused), _) => *refused,
            (Ok(email), None) => Answer::json(Map::new().into()).of(&email),
            (Ok(email), Some(behind)) => forward(call, &behind).await.of(&email),
        }
    }
}

impl State {
    fn serve(&mut self, call: &Call) -> Answer {
        let google = &mut self.google;
        match call.endpoint {
            Endpoint::Discovery => Answer::json(discovery(&google.issuer)),
            Endpoint::Jwks => {
                let number =
                    if call.fault == Some(Fault::OtherKeys) { keys::FOREIGN } else { google.key };
                Answer::json(json!({"keys": [key(number).jwk()]}))
                    .with(header::CACHE_CONTROL, "public, max-age=19800, must-revalidate")
            }
            Endpoint::Authorize => google.authorize(&call.params),
            Endpoint::Token => google.token(call).unwrap_or_else(Answer::from),
            Endpoint::Revoke => google.revoke(&call.params).unwrap_or_else(Answer::from),
            Endpoint::Userinfo => google.userinfo(call),
            Endpoint::Api | Endpoint::Unknown => unreachable!("served elsewhere"),
        }
    }
}

/// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>
fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported":
            ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    })
}

/// The answer of the service behind the API. It sees no token, since it would not know it.
async fn forward(call: &Call, behind: &str) -> Answer {
    let mut request = reqwest::Client::new()
        .request(call.method.clone(), format!("{behind}{}", call.path))
        .body(call.body.clone());
    if let Some(content_type) = &call.content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    let unavailable = || Answer::api_error(503, "UNAVAILABLE", "No answer.", "BEHIND_IS_AWAY");
    let Ok(response) = request.send().await else { return unavailable() };
    let status = response.status().as_u16();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type =
        content_type.and_then(|it| it.to_str().ok()).unwrap_or("text/plain").to_owned();
    match response.bytes().await {
        Ok(bytes) => Answer::new(status, Content::Other { content_type, bytes }),
        Err(_) => unavailable(),
    }
}
