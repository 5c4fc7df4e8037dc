//! What Google knows: the person at the browser, what was granted, and every token that was given.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    account::{Account, Consent, Ending},
    id_token_flaw::IdTokenFlaw,
    keys,
    scopes::Scopes,
};

/// So many refresh tokens of a client live for one account; one more ends the oldest.
const MOST_REFRESH_TOKENS: usize = 100;

pub(super) struct Google {
    pub(super) issuer: String,
    pub(super) account: Account,
    pub(super) consent: Consent,
    /// Where browsers may be sent back to; anywhere when it is empty.
    pub(super) redirect_uris: Vec<String>,
    pub(super) access_lifetime: Duration,
    /// Whether a refresh gives a new refresh token for the old one.
    pub(super) is_rotating: bool,
    /// Whether refresh tokens gain what is granted later with `include_granted_scopes`.
    pub(super) is_gaining: bool,
    pub(super) clock_ahead_s: i64,
    pub(super) flaw: Option<IdTokenFlaw>,
    /// The number of the key that signs and is published.
    pub(super) key: usize,
    /// What each account has granted, by `sub`.
    pub(super) grants: HashMap<String, Scopes>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) access_tokens: Vec<AccessToken>,
    pub(super) refresh_tokens: Vec<RefreshToken>,
    /// Everything given that nobody else may see: codes and tokens of every kind.
    pub(super) secrets: Vec<String>,
}

/// An authorisation code and what it is bound to.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) account: Account,
    pub(super) scopes: Scopes,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) gives_refresh_token: bool,
    pub(super) expires_at_ms: i64,
    pub(super) is_used: bool,
}

pub(super) struct AccessToken {
    pub(super) secret: String,
    pub(super) account: Account,
    pub(super) scopes: Scopes,
    /// The code that it goes back to.
    code: String,
    expires_at_ms: i64,
    is_revoked: bool,
}

pub(super) struct RefreshToken {
    pub(super) secret: String,
    pub(super) account: Account,
    pub(super) scopes: Scopes,
    /// The code that it goes back to.
    pub(super) code: String,
    pub(super) life: Life,
}

/// Whether a refresh token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Live,
    /// Another one was given for it.
    Rotated,
    Ended(Ending),
}

impl Google {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            issuer,
            account: Account::new("ada@obs.example"),
            consent: Consent::All,
            redirect_uris: Vec::new(),
            access_lifetime: Duration::from_secs(3599),
            is_rotating: false,
            is_gaining: true,
            clock_ahead_s: 0,
            flaw: None,
            key: keys::FIRST,
            grants: HashMap::new(),
            codes: HashMap::new(),
            access_tokens: Vec::new(),
            refresh_tokens: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Milliseconds since 1970 by the clock of the double.
    pub(super) fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX) + self.clock_ahead_s * 1000
    }

    /// A new secret that begins as Google's of its kind do.
    pub(super) fn new_secret(&mut self, beginning: &str) -> String {
        let random: [u8; 32] = rand::random();
        let secret = format!("{beginning}{}", BASE64_URL_SAFE_NO_PAD.encode(random));
        self.secrets.push(secret.clone());
        secret
    }

    pub(super) fn give_access_token(&mut self, of: &Account, scopes: Scopes, code: &str) -> String {
        let lifetime_ms = i64::try_from(self.access_lifetime.as_millis()).unwrap_or(i64::MAX / 2);
        let token = AccessToken {
            secret: self.new_secret("ya29.a0"),
            account: of.clone(),
            scopes,
            code: code.to_owned(),
            expires_at_ms: self.now_ms() + lifetime_ms,
            is_revoked: false,
        };
        let secret = token.secret.clone();
        self.access_tokens.push(token);
        secret
    }

    pub(super) fn give_refresh_token(
        &mut self,
        of: &Account,
        scopes: Scopes,
        code: &str,
    ) -> String {
        let secret = self.new_secret("1//0e");
        self.refresh_tokens.push(RefreshToken {
            secret: secret.clone(),
            account: of.clone(),
            scopes,
            code: code.to_owned(),
            life: Life::Live,
        });
        let is_live =
            |token: &&mut RefreshToken| token.account.sub == of.sub && token.life == Life::Live;
        let n_live = self.refresh_tokens.iter_mut().filter(is_live).count();
        let too_many = n_live.saturating_sub(MOST_REFRESH_TOKENS);
        for oldest in self.refresh_tokens.iter_mut().filter(is_live).take(too_many) {
            oldest.life = Life::Ended(Ending::TooMany);
        }
        secret
    }

    /// The access token of this secret, while it is good.
    pub(super) fn access_token(&self, secret: &str) -> Option<&AccessToken> {
        let now_ms = self.now_ms();
        self.access_tokens
            .iter()
            .rfind(|token| token.secret == secret)
            .filter(|token| !token.is_revoked && now_ms < token.expires_at_ms)
    }

    pub(super) fn live_access_tokens(&self, email: &str) -> Vec<String> {
        let now_ms = self.now_ms();
        self.access_tokens
            .iter()
            .filter(|token| token.account.email == email)
            .filter(|token| !token.is_revoked && now_ms < token.expires_at_ms)
            .map(|token| token.secret.clone())
            .collect()
    }

    pub(super) fn live_refresh_tokens(&self, email: &str) -> Vec<String> {
        self.refresh_tokens
            .iter()
            .filter(|token| token.account.email == email && token.life == Life::Live)
            .map(|token| token.secret.clone())
            .collect()
    }

    pub(super) fn expire_access_tokens(&mut self, email: &str) {
        let now_ms = self.now_ms();
        for token in &mut self.access_tokens {
            if token.account.email == email {
                token.expires_at_ms = token.expires_at_ms.min(now_ms);
            }
        }
    }

    /// Takes back the whole grant of an account: its tokens of both kinds, and the consent.
    pub(super) fn revoke_grant(&mut self, sub: &str) {
        self.grants.remove(sub);
        self.revoke_tokens(|account, _| account.sub == sub);
    }

    /// Takes back the tokens that go back to a code.
    pub(super) fn revoke_code(&mut self, revoked: &str) {
        self.revoke_tokens(|_, code| code == revoked);
    }

    /// Takes back tokens by their account and the code that they go back to.
    fn revoke_tokens(&mut self, is_meant: impl Fn(&Account, &str) -> bool) {
        for token in &mut self.access_tokens {
            token.is_revoked |= is_meant(&token.account, &token.code);
        }
        for token in &mut self.refresh_tokens {
            if is_meant(&token.account, &token.code) {
                token.life = Life::Ended(Ending::Revoked);
            }
        }
    }

    /// Ends the refresh tokens of an address for this cause. Its access tokens live on for their
    /// hour, unless the person took the access back or is gone.
    pub(super) fn end_grants(&mut self, email: &str, ending: Ending) {
        if [Ending::Revoked, Ending::AccountDeleted].contains(&ending) {
            self.revoke_all(email);
        }
        for token in self.refresh_tokens.iter_mut().filter(|token| token.account.email == email) {
            token.life = Life::Ended(ending);
        }
    }

    /// Takes back every grant of an address, as its owner does on Google's own page.
    pub(super) fn revoke_all(&mut self, email: &str) {
        let accounts = self.access_tokens.iter().map(|token| &token.account);
        let subs: Vec<_> =
            accounts.filter(|it| it.email == email).map(|it| it.sub.clone()).collect();
        for sub in subs {
            self.revoke_grant(&sub);
        }
    }
}
