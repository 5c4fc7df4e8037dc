//! `/accounts/tokens/`: a member's keys for programs. A token is shown once, when it is made.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};

use crate::{
    actions::secret::{new_secret, secret_hash},
    domain::{
        api_token::{ApiToken, DEFAULT_DAYS, MAX_DAYS, NewApiToken},
        text_input::parse_integer,
    },
    storage::Storage,
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id},
            flash::Note,
            shown_once::{brought, redirect_showing, take_away},
        },
        paths,
        state::{Accounts, AppState},
        widgets::{
            controls::{ButtonLook, PostButton, TimeView},
            words::{moment, post_button},
        },
    },
};

/// `/accounts/tokens/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/account/tokens.html")]
struct TokensPage {
    chrome: Chrome,
    /// Tokens that were made just now: they are shown once.
    fresh: Vec<FreshToken>,
    rows: Vec<TokenRow>,
    form: TokenForm,
    /// Address of the API, for the example.
    api_url: String,
}

/// A token that was made just now.
#[derive(Clone, Debug)]
struct FreshToken {
    name: String,
    token: String,
}

/// A token to be made, as typed.
#[derive(Clone, Debug)]
struct TokenForm {
    name: String,
    may_write: bool,
    /// Whether its owner may, so that a token could.
    owner_writes: bool,
    days: String,
    max_days: u16,
    name_error: Option<String>,
    days_error: Option<String>,
}

/// A token that was made.
#[derive(Clone, Debug)]
struct TokenRow {
    name: String,
    rights: String,
    created: TimeView,
    last_used: Option<TimeView>,
    expires: TimeView,
    /// Makes it void; absent once it is.
    revoke: Option<PostButton>,
}

/// How every token begins: whoever finds one knows what it opens.
const TOKEN_PREFIX: &str = "tomalerts_";

/// Longest name, characters.
const MAX_NAME: usize = 100;

/// `GET /accounts/tokens/`
pub(in crate::web) async fn get(
    State(state): State<AppState>,
    _: Accounts,
    context: PageContext,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let secrets = brought(&headers);
    let mut fresh = Vec::new();
    for secret in &secrets {
        fresh.extend(fresh_token(&state, &context, secret).await?);
    }
    let mut answer = page(&state, &context, fresh, blank(&context), StatusCode::OK).await?;
    for secret in secrets {
        take_away(&mut answer, secret, paths::TOKENS, state.site());
    }
    Ok(answer)
}

/// A token that was made just now, if it is theirs.
async fn fresh_token(
    state: &AppState,
    context: &PageContext,
    secret: &str,
) -> Result<Option<FreshToken>, Error> {
    let token = format!("{TOKEN_PREFIX}{secret}");
    let name = state.storage().name_of_token(&context.asker, &secret_hash(&token)).await?;
    Ok(name.map(|name| FreshToken { name, token }))
}

/// `POST /accounts/tokens/`: makes one, which its page then shows.
pub(in crate::web) async fn post_create(
    State(state): State<AppState>,
    _: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    let mut typed = TokenForm {
        name: form.text("name").unwrap_or_default().to_owned(),
        may_write: form.text("access") == Some("write"),
        days: form
            .all("days")
            .next()
            .map_or(DEFAULT_DAYS.to_string(), |text| text.trim().to_owned()),
        ..blank(&context)
    };
    let days = parse_integer(&typed.days, "d").ok().and_then(|days| u16::try_from(days).ok());
    let days = days.filter(|days| (1..=MAX_DAYS).contains(days));
    typed.name_error = match typed.name.chars().count() {
        0 => Some("This field is required.".to_owned()),
        n if n > MAX_NAME => Some(format!("A name can have at most {MAX_NAME} characters.")),
        _ => None,
    };
    typed.days_error = match days {
        Some(_) => None,
        None => Some(format!("Enter a whole number of days from 1 to {MAX_DAYS}.")),
    };
    if let (Some(days), None) = (days, &typed.name_error) {
        let secret = new_secret().map_err(|error| Error::Internal(error.into()))?;
        let token = format!("{TOKEN_PREFIX}{secret}");
        let new = NewApiToken { name: typed.name.clone(), may_write: typed.may_write, days };
        let made = state.storage().create_token(&context.asker, &new, &secret_hash(&token)).await?;
        if made.is_some() {
            return Ok(redirect_showing(&secret, paths::TOKENS, state.site()));
        }
        typed.name_error =
            Some("You have the maximum number of tokens. Revoke one first.".to_owned());
    }
    page(&state, &context, Vec::new(), typed, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// `POST /accounts/tokens/{id}/revoke/`
pub(in crate::web) async fn post_revoke(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    if storage.revoke_token(&context.asker, id).await? {
        Ok(redirect_with(Note::TokenRevoked, paths::TOKENS))
    } else {
        Err(Error::NotFound)
    }
}

fn blank(context: &PageContext) -> TokenForm {
    TokenForm {
        name: String::new(),
        may_write: false,
        owner_writes: context.asker.may_work(),
        days: DEFAULT_DAYS.to_string(),
        max_days: MAX_DAYS,
        name_error: None,
        days_error: None,
    }
}

async fn page(
    state: &AppState,
    context: &PageContext,
    fresh: Vec<FreshToken>,
    form: TokenForm,
    status: StatusCode,
) -> Result<Response, Error> {
    let now = state.now();
    let tokens = state.storage().list_tokens(&context.asker).await?;
    let base = state.site().public_url().as_str().trim_end_matches('/').to_owned();
    let page = TokensPage {
        chrome: context.chrome(Section::Elsewhere),
        fresh,
        rows: tokens.iter().map(|token| token_row(token, now)).collect(),
        form,
        api_url: format!("{base}{}", paths::API_TARGETS),
    };
    Ok(context.render_as(status, &page))
}

fn token_row(token: &ApiToken, now: chrono::DateTime<chrono::Utc>) -> TokenRow {
    TokenRow {
        name: token.name.clone(),
        rights: if token.may_write { "read and write" } else { "read" }.to_owned(),
        created: moment(token.created, now),
        last_used: token.last_used.map(|at| moment(at, now)),
        expires: moment(token.expires, now),
        revoke: token.is_alive.then(|| {
            post_button(
                "Revoke",
                paths::token_revocation(token.id),
                ButtonLook::Danger,
                &format!("the token {}", token.name),
                Vec::new(),
            )
        }),
    }
}
