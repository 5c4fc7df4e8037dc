//! The token endpoint, and what tokens are good for: exchange, refresh, revocation, the API.

use axum::http::header;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::{
    CLIENT_ID, CLIENT_SECRET,
    account::{Account, Ending},
    call::{Call, Params},
    google::{Google, Life},
    id_token::{Facts, mint, person},
    keys::key,
    reply::{Answer, Refusal},
    scopes::{CLOUD_PLATFORM, OPENID, PUBSUB, Scopes},
};

/// What a client gets by its grant.
struct Given<'a> {
    account: &'a Account,
    scopes: Scopes,
    /// The code that it goes back to.
    code: &'a str,
    nonce: Option<&'a str>,
    refresh_token: Option<String>,
}

impl Google {
    pub(super) fn token(&mut self, call: &Call) -> Result<Answer, Refusal> {
        if call.params.is_repeating() {
            return Err(Refusal::invalid_request("A parameter is repeated."));
        }
        check_client(call)?;
        match call.params.get("grant_type") {
            Some("authorization_code") => self.exchange(&call.params),
            Some("refresh_token") => self.refresh(&call.params),
            _ => Err(Refusal::new("unsupported_grant_type", "Invalid grant_type")),
        }
    }

    fn exchange(&mut self, form: &Params) -> Result<Answer, Refusal> {
        let secret = form.get("code").ok_or(Refusal::invalid_request("Missing code."))?;
        let now_ms = self.now_ms();
        let Some(code) = self.codes.get_mut(secret) else {
            return Err(Refusal::invalid_grant("Malformed auth code."));
        };
        if code.is_used {
            // Whoever came first may have been a thief. RFC 6749, section 4.1.2.
            self.revoke_code(secret);
            return Err(Refusal::invalid_grant("Bad Request"));
        }
        code.is_used = true;
        let code = code.clone();
        if now_ms >= code.expires_at_ms || !self.grants.contains_key(&code.account.sub) {
            return Err(Refusal::invalid_grant("Bad Request"));
        }
        if form.get("redirect_uri") != Some(&code.redirect_uri) {
            return Err(Refusal::new("redirect_uri_mismatch", "Bad Request"));
        }
        let verifier =
            form.get("code_verifier").ok_or(Refusal::invalid_grant("Missing code verifier."))?;
        if BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != code.challenge {
            return Err(Refusal::invalid_grant("Invalid code verifier."));
        }
        let refresh_token = code
            .gives_refresh_token
            .then(|| self.give_refresh_token(&code.account, code.scopes.clone(), secret));
        Ok(self.give(Given {
            account: &code.account,
            scopes: code.scopes,
            code: secret,
            nonce: code.nonce.as_deref(),
            refresh_token,
        }))
    }

    fn refresh(&mut self, form: &Params) -> Result<Answer, Refusal> {
        let secret =
            form.get("refresh_token").ok_or(Refusal::invalid_request("Missing refresh_token."))?;
        let is_rotating = self.is_rotating;
        let Some(token) = self.refresh_tokens.iter_mut().find(|token| token.secret == secret)
        else {
            return Err(Refusal::invalid_grant("Bad Request"));
        };
        let (account, code) = (token.account.clone(), token.code.clone());
        let mut scopes = token.scopes.clone();
        match token.life {
            Life::Live => {}
            Life::Ended(ending) => return Err(Refusal::ended(ending)),
            Life::Rotated => {
                // One of the two who have it stole it. RFC 9700, section 4.14.2.
                self.revoke_grant(&account.sub);
                return Err(Refusal::ended(Ending::Revoked));
            }
        }
        if let Some(wanted) = form.get("scope") {
            let wanted = Scopes::read(wanted).filter(|wanted| wanted.is_within(&scopes));
            scopes = wanted.ok_or(Refusal::new("invalid_scope", "Bad Request"))?;
        }
        if is_rotating {
            token.life = Life::Rotated;
        }
        let all = token.scopes.clone();
        let refresh_token = is_rotating.then(|| self.give_refresh_token(&account, all, &code));
        let given = Given { account: &account, scopes, code: &code, nonce: None, refresh_token };
        Ok(self.give(given))
    }

    /// The tokens as an answer.
    fn give(&mut self, given: Given<'_>) -> Answer {
        let Given { account, scopes, code, nonce, refresh_token } = given;
        let access_token = self.give_access_token(account, scopes.clone(), code);
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| _ = body.insert(name.to_owned(), value);
        set("access_token", access_token.as_str().into());
        set("expires_in", self.access_lifetime.as_secs().into());
        if let Some(refresh_token) = refresh_token {
            set("refresh_token", refresh_token.into());
        }
        set("scope", scopes.to_string().into());
        set("token_type", "Bearer".into());
        if scopes.has(OPENID) {
            let facts = Facts {
                issuer: &self.issuer,
                account,
                scopes: &scopes,
                nonce,
                access_token: &access_token,
                now_s: self.now_ms().div_euclid(1000),
            };
            let id_token = mint(&facts, &key(self.key), self.flaw);
            self.secrets.push(id_token.clone());
            set("id_token", id_token.into());
        }
        Answer::json(body.into())
            .of(&account.email)
            .with(header::CACHE_CONTROL, "no-cache, no-store, max-age=0, must-revalidate")
    }

    /// Ends the whole grant by either token of it.
    pub(super) fn revoke(&mut self, params: &Params) -> Result<Answer, Refusal> {
        let secret = params.get("token").ok_or(Refusal::invalid_request("Missing token."))?;
        let of_access = self.access_token(secret).map(|token| token.account.clone());
        let of_refresh = || {
            let mut tokens = self.refresh_tokens.iter();
            let token = tokens.find(|it| it.secret == secret && it.life == Life::Live)?;
            Some(token.account.clone())
        };
        let account = of_access.or_else(of_refresh).ok_or(Refusal::invalid_token())?;
        self.revoke_grant(&account.sub);
        Ok(Answer::json(Map::new().into()).of(&account.email))
    }

    pub(super) fn userinfo(&self, call: &Call) -> Answer {
        let token = call.bearer().and_then(|secret| self.access_token(secret));
        let Some(token) = token.filter(|token| token.scopes.has(OPENID)) else {
            return unauthenticated();
        };
        let known = person(&token.account, &token.scopes);
        let known: Map<_, _> =
            known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Answer::json(known.into()).of(&token.account.email)
    }

    /// Whose call to the API it is; otherwise the error that Google has for it.
    pub(super) fn api_caller(&self, call: &Call) -> Result<String, Box<Answer>> {
        let token = call.bearer().and_then(|secret| self.access_token(secret));
        let token = token.ok_or_else(|| Box::new(unauthenticated()))?;
        let email = token.account.email.clone();
        if token.scopes.has(PUBSUB) || token.scopes.has(CLOUD_PLATFORM) {
            return Ok(email);
        }
        let message = "Request had insufficient authentication scopes.";
        let reason = "ACCESS_TOKEN_SCOPE_INSUFFICIENT";
        let denied = Answer::api_error(403, "PERMISSION_DENIED", message, reason);
        Err(Box::new(denied.of(&email)))
    }
}

fn unauthenticated() -> Answer {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, \
                   login cookie or other valid authentication credential.";
    Answer::api_error(401, "UNAUTHENTICATED", message, "ACCESS_TOKEN_EXPIRED")
        .with(header::WWW_AUTHENTICATE, "Bearer realm=\"https://accounts.google.com/\"")
}

/// The client's id and secret, in one of the two places where they may be. RFC 6749, section 2.3.1.
fn check_client(call: &Call) -> Result<(), Refusal> {
    let (id, secret) = (call.params.get("client_id"), call.params.get("client_secret"));
    let is_ours = match &call.authorization {
        Some(_) if secret.is_some() => {
            return Err(Refusal::invalid_request("The client authenticates twice."));
        }
        Some(authorization) => {
            basic(authorization)
                .is_some_and(|given| given == (CLIENT_ID.into(), CLIENT_SECRET.into()))
                && id.is_none_or(|id| id == CLIENT_ID)
        }
        None => id == Some(CLIENT_ID) && secret == Some(CLIENT_SECRET),
    };
    if is_ours { Ok(()) } else { Err(Refusal::invalid_client()) }
}

/// Id and secret of a Basic header; both are form-encoded in it.
fn basic(authorization: &str) -> Option<(String, String)> {
    let pair = BASE64_STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| {
        form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}
