//! The OpenID provider: the address to send a browser to, and the exchanges that follow.

use std::fmt;

use chrono::{DateTime, Utc};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, core,
};
use url::Url;

use super::{
    connection::Connections,
    discovery::Discovery,
    error::{OAuthError, RefreshError},
    id_token::{self, IdTokenError},
    openid::{Metadata, OpenIdClient},
    refusals::{error_word, exchange_error, refresh_error},
    token::{Exchanged, Tokens, is_bearer},
};
use crate::{
    domain::{grant::GoogleRight, timing::Timing},
    google::Token,
};

/// This deployment, as the provider knows it.
#[derive(Clone)]
pub struct Client {
    /// The provider: the base of its discovery document.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Token,
    /// Where browsers come back to, exactly as registered.
    pub redirect_uri: String,
}

/// Why somebody is sent to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To say who they are.
    SignIn {
        /// Whether they want to choose among their accounts.
        chooses_account: bool,
    },
    /// To grant something.
    Connect {
        /// What.
        scopes: Vec<GoogleRight>,
        /// Whether we can renew tokens already; otherwise the provider is told to ask, which brings a refresh token.
        can_refresh: bool,
        /// Whom we expect.
        email: Option<String>,
    },
}

/// A browser's way to the provider, and the secrets that its way back is checked by.
pub struct Authorisation {
    /// Where to send the browser.
    pub url: Url,
    /// Comes back with the browser.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves that the code was made for us (PKCE).
    pub verifier: String,
}

/// The OpenID provider.
pub struct Provider {
    client: Client,
    redirect_uri: RedirectUrl,
    connections: Connections,
    discovery: Discovery,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.client.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// The provider of a deployment. It is asked nothing before it is needed.
    pub fn new(client: Client, timing: &Timing) -> Result<Self, OAuthError> {
        let bad = |error: &dyn fmt::Display| OAuthError::BadProvider(error.to_string());
        let issuer = IssuerUrl::new(client.issuer.clone()).map_err(|error| bad(&error))?;
        let redirect_uri =
            RedirectUrl::new(client.redirect_uri.clone()).map_err(|error| bad(&error))?;
        let is_local = issuer.url().host_str().is_some_and(is_loopback);
        if issuer.url().scheme() != "https" && !is_local {
            return Err(OAuthError::BadProvider("its address must begin with https://".to_owned()));
        }
        let connections = Connections::new(is_local, timing).map_err(|error| bad(&error))?;
        let discovery = Discovery::new(issuer, connections.clone(), timing.provider);
        Ok(Self { client, redirect_uri, connections, discovery })
    }

    /// The issuer, as configured.
    pub fn issuer(&self) -> &str {
        &self.client.issuer
    }

    /// Scheme, host and port of the provider, for the policy on where forms may lead.
    pub fn origin(&self) -> String {
        self.discovery.issuer().origin().ascii_serialization()
    }

    /// Prepares a browser's way to the provider, with secrets made for this one time.
    pub async fn authorise(&self, purpose: &Purpose) -> Result<Authorisation, OAuthError> {
        let metadata = self.discovery.metadata().await?;
        let client = self.openid_client(&metadata);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                core::CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .set_pkce_challenge(challenge)
            .add_scope(openidconnect::Scope::new("email".to_owned()));
        match purpose {
            Purpose::SignIn { chooses_account } => {
                request = request.add_scope(openidconnect::Scope::new("profile".to_owned()));
                if *chooses_account {
                    request = request.add_prompt(self.account_prompt());
                }
            }
            Purpose::Connect { scopes, can_refresh, email } => {
                request = request
                    .add_scopes(
                        scopes
                            .iter()
                            .map(|scope| openidconnect::Scope::new(scope.url().to_owned())),
                    )
                    .add_extra_param("access_type", "offline")
                    .add_extra_param("include_granted_scopes", "true");
                if !can_refresh {
                    request = request.add_prompt(core::CoreAuthPrompt::Consent);
                }
                if let Some(email) = email {
                    request = request.add_extra_param("login_hint", email);
                }
            }
        }
        let (url, state, nonce) = request.url();
        Ok(Authorisation {
            url,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Exchanges the code that a browser brought back, and checks who is vouched for. An answer that names no scopes
    /// grants what was asked for (RFC 6749, 5.1).
    pub async fn exchange(
        &self,
        code: String,
        nonce: &str,
        verifier: String,
        asked: &[GoogleRight],
        now: DateTime<Utc>,
    ) -> Result<Exchanged, OAuthError> {
        let metadata = self.discovery.metadata().await?;
        let client = self.openid_client(&metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OAuthError::BadProvider(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = request.request_async(&self.connections).await.map_err(exchange_error)?;
        if !is_bearer(&answer) {
            return Err(OAuthError::BadProvider("its token is of an unknown type".to_owned()));
        }
        let checked = id_token::identity(&client, &answer, nonce, now);
        let identity = match checked {
            Err(IdTokenError::UnknownKey) => {
                let metadata = self.discovery.with_new_keys().await?;
                id_token::identity(&self.openid_client(&metadata), &answer, nonce, now)
            }
            other => other,
        };
        let identity = identity.map_err(|error| OAuthError::BadIdToken(error.to_string()))?;
        Ok(Exchanged { identity, tokens: Tokens::of(&answer, asked) })
    }

    /// Renews an access token. `had` is what the grant had: an answer that names none has the same.
    pub async fn refresh(
        &self,
        token: &Token,
        had: &[GoogleRight],
    ) -> Result<Tokens, RefreshError> {
        let metadata = self.discovery.metadata().await.map_err(RefreshError::passing)?;
        let (client, token) =
            (self.openid_client(&metadata), RefreshToken::new(token.secret().to_owned()));
        let request = client.exchange_refresh_token(&token).map_err(RefreshError::passing)?;
        let answer = request.request_async(&self.connections).await.map_err(refresh_error)?;
        if !is_bearer(&answer) {
            return Err(RefreshError::passing("its token is of an unknown type"));
        }
        Ok(Tokens::of(&answer, had))
    }

    /// Revokes a grant at the provider (RFC 7009); the error is a sentence's part.
    pub async fn revoke(&self, token: &Token) -> Result<(), String> {
        let metadata = self.discovery.metadata().await.map_err(|error| error.to_string())?;
        let Some(endpoint) = metadata.additional_metadata().revocation_endpoint.clone() else {
            return Err("it has no way to revoke".to_owned());
        };
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token.secret())
            .append_pair("client_id", &self.client.client_id)
            .append_pair("client_secret", self.client.client_secret.secret())
            .finish();
        let answer = self.connections.post_form(endpoint.as_str(), form).await;
        let answer = answer.map_err(|error| error.to_string())?;
        // By RFC 7009 a token that is dead already is no error; Google calls it one.
        if answer.status().is_success()
            || error_word(answer.body()).as_deref() == Some("invalid_token")
        {
            return Ok(());
        }
        Err(format!("it answers with status {}", answer.status().as_u16()))
    }

    /// Google shows its list of accounts; other providers know at least how to ask anew.
    fn account_prompt(&self) -> core::CoreAuthPrompt {
        if self.discovery.issuer().host_str() == Some("accounts.google.com") {
            core::CoreAuthPrompt::SelectAccount
        } else {
            core::CoreAuthPrompt::Login
        }
    }

    fn openid_client(&self, metadata: &Metadata) -> OpenIdClient {
        let auth_type = match metadata.token_endpoint_auth_methods_supported() {
            Some(methods) if !methods.contains(&core::CoreClientAuthMethod::ClientSecretBasic) => {
                AuthType::RequestBody
            }
            _ => AuthType::BasicAuth,
        };
        OpenIdClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.client.client_id.clone()),
            Some(ClientSecret::new(self.client.client_secret.secret().to_owned())),
        )
        .set_redirect_uri(self.redirect_uri.clone())
        .set_auth_type(auth_type)
    }
}

/// Names of this computer.
fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}
