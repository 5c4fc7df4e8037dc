//! The authorisation endpoint: the consent page, whose answer the test has set.
//! <https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient>

use url::Url;

use super::{
    CLIENT_ID,
    account::Consent,
    call::Params,
    google::{Code, Google},
    reply::Answer,
    scopes::{Scopes, is_identity},
};

/// How long a code is good, milliseconds.
const CODE_LIFETIME_MS: i64 = 600_000;

/// The length of a SHA-256 hash in base64url: the only challenges that there can be.
const CHALLENGE_LENGTH: usize = 43;

/// What a request asks for, once it is sound.
struct Wish<'a> {
    redirect_uri: &'a str,
    scopes: Scopes,
    challenge: &'a str,
    nonce: Option<&'a str>,
    prompts: Vec<&'a str>,
    is_offline: bool,
    is_including_granted: bool,
}

/// Why nobody agreed: the error's word and its description.
type Failure = (&'static str, &'static str);

impl Google {
    /// Where the browser goes from here: back with a code or an error, or to a page that stays.
    pub(super) fn authorize(&mut self, params: &Params) -> Answer {
        let redirect_uri = match self.trusted_redirect_uri(params) {
            Ok(redirect_uri) => redirect_uri,
            Err((status, error)) => return Answer::page(status, error),
        };
        let outcome = read(params, redirect_uri).and_then(|wish| self.ask(&wish));
        let mut back = Url::parse(redirect_uri).unwrap();
        let mut query = back.query_pairs_mut();
        if let Some(state) = params.get("state") {
            query.append_pair("state", state);
        }
        match outcome {
            Ok((scopes, code, is_page_shown)) => {
                query.append_pair("code", &code);
                query.append_pair("scope", &scopes.to_string());
                query.append_pair("authuser", "0");
                if let Some(domain) = &self.account.hd {
                    query.append_pair("hd", domain);
                }
                query.append_pair("prompt", if is_page_shown { "consent" } else { "none" });
            }
            Err((error, description)) => {
                query.append_pair("error", error);
                if !description.is_empty() {
                    query.append_pair("error_description", description);
                }
            }
        }
        drop(query);
        Answer::redirect(back.as_str())
    }

    /// The address to go back to, or the page that says why a browser is not sent there.
    fn trusted_redirect_uri<'a>(&self, params: &'a Params) -> Result<&'a str, (u16, &'static str)> {
        if params.is_repeating() {
            return Err((400, "invalid_request"));
        }
        if params.get("client_id") != Some(CLIENT_ID) {
            return Err((401, "invalid_client"));
        }
        let redirect_uri = params.get("redirect_uri").ok_or((400, "invalid_request"))?;
        let is_registered = self.redirect_uris.is_empty()
            || self.redirect_uris.iter().any(|registered| registered == redirect_uri);
        if !is_registered || Url::parse(redirect_uri).is_err() {
            return Err((400, "redirect_uri_mismatch"));
        }
        Ok(redirect_uri)
    }

    /// What is granted by the person, as a code; and whether they were asked at all.
    fn ask(&mut self, wish: &Wish<'_>) -> Result<(Scopes, String, bool), Failure> {
        let sub = self.account.sub.clone();
        let is_first = !self.grants.contains_key(&sub);
        let earlier = self.grants.get(&sub).cloned().unwrap_or_default();
        let is_consent_prompted = wish.prompts.contains(&"consent");
        let is_consent_asked = is_consent_prompted || !wish.scopes.is_within(&earlier);
        let is_page_shown = is_consent_asked || wish.prompts.contains(&"select_account");
        if wish.prompts.contains(&"none") && is_page_shown {
            return Err(("interaction_required", ""));
        }
        match &self.consent {
            Consent::Decline if is_page_shown => return Err(("access_denied", "")),
            Consent::Fail { error, description } => return Err((error, description)),
            _ => {}
        }
        let is_granted =
            |scope: &str| is_identity(scope) || earlier.has(scope) || self.consent.ticks(scope);
        let mut scopes = wish.scopes.only(is_granted);
        if scopes.is_empty() {
            return Err(("access_denied", ""));
        }
        self.grants.entry(sub.clone()).or_default().add(&scopes);
        if wish.is_including_granted {
            scopes.add(&earlier);
            if self.is_gaining {
                for token in self.refresh_tokens.iter_mut().filter(|it| it.account.sub == sub) {
                    token.scopes.add(&scopes);
                }
            }
        }
        let gives_refresh_token = wish.is_offline && (is_first || is_consent_prompted);
        Ok((scopes.clone(), self.give_code(wish, scopes, gives_refresh_token), is_page_shown))
    }

    fn give_code(&mut self, wish: &Wish<'_>, scopes: Scopes, gives_refresh_token: bool) -> String {
        let secret = self.new_secret("4/0A");
        let code = Code {
            account: self.account.clone(),
            scopes,
            redirect_uri: wish.redirect_uri.to_owned(),
            challenge: wish.challenge.to_owned(),
            nonce: wish.nonce.map(str::to_owned),
            gives_refresh_token,
            expires_at_ms: self.now_ms() + CODE_LIFETIME_MS,
            is_used: false,
        };
        self.codes.insert(secret.clone(), code);
        secret
    }
}

/// What a request asks for, or the error that goes back with the browser.
fn read<'a>(params: &'a Params, redirect_uri: &'a str) -> Result<Wish<'a>, Failure> {
    if params.get("response_type") != Some("code") {
        return Err(("unsupported_response_type", ""));
    }
    let challenge = params
        .get("code_challenge")
        .filter(|challenge| challenge.len() == CHALLENGE_LENGTH)
        .ok_or(("invalid_request", "code challenge required"))?;
    if params.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "transform algorithm not supported"));
    }
    let scopes =
        params.get("scope").ok_or(("invalid_request", "Missing required parameter: scope"))?;
    Ok(Wish {
        redirect_uri,
        scopes: Scopes::read(scopes).ok_or(("invalid_scope", ""))?,
        challenge,
        nonce: params.get("nonce"),
        prompts: params.get("prompt").unwrap_or_default().split(' ').collect(),
        is_offline: params.get("access_type") == Some("offline"),
        is_including_granted: params.get("include_granted_scopes") == Some("true"),
    })
}
