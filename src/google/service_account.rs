//! A service account's key: tokens signed by ourselves, by Google's own crate.

use std::path::Path;

use async_trait::async_trait;
use google_cloud_auth::credentials::{
    AccessTokenCredentials,
    service_account::{AccessSpecifier, Builder},
};
use serde_json::Value;

use super::access::{AccessError, Token, TokenSource};

/// What a stream needs.
/// <https://developers.google.com/identity/protocols/oauth2/scopes#pubsub>
const PUBSUB_SCOPE: &str = "https://www.googleapis.com/auth/pubsub";

/// Why a key file is of no use; said at the start of the service.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file.
    #[error("the key file {path} cannot be read: {reason}")]
    Unreadable {
        /// Where.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// What is in it. Its content is a secret, so nothing of it is quoted.
    #[error(
        "{0} is not a service account's key (JSON with type, project_id, client_email and private_key)"
    )]
    NotAKey(String),
}

/// A service account of the deployment.
#[derive(Debug)]
pub struct ServiceAccount {
    email: String,
    project: Option<String>,
    credentials: AccessTokenCredentials,
}

impl ServiceAccount {
    /// Reads a key file as Google Cloud writes it.
    pub fn from_key_file(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| KeyError::Unreadable {
            path: shown.clone(),
            reason: error.to_string(),
        })?;
        Self::from_key(&text).ok_or(KeyError::NotAKey(shown))
    }

    fn from_key(text: &str) -> Option<Self> {
        let key: Value = serde_json::from_str(text).ok()?;
        if key.get("type")?.as_str()? != "service_account" {
            return None;
        }
        let email = key.get("client_email")?.as_str()?.to_owned();
        let project = key.get("project_id").and_then(Value::as_str).map(str::to_owned);
        let credentials = Builder::new(key)
            .with_access_specifier(AccessSpecifier::from_scopes([PUBSUB_SCOPE]))
            .build_access_token_credentials()
            .ok()?;
        Some(Self { email, project, credentials })
    }

    /// The project it belongs to.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }
}

#[async_trait]
impl TokenSource for ServiceAccount {
    async fn token(&self, refused: Option<&Token>) -> Result<Token, AccessError> {
        let token = self.credentials.access_token().await.map_err(|error| {
            if error.is_transient() {
                AccessError::Passing(error.to_string())
            } else {
                AccessError::BadKey(error.to_string())
            }
        })?;
        let token = Token::new(token.token);
        if refused == Some(&token) {
            // It is signed with the key as it is: another one would be refused as well.
            return Err(AccessError::BadKey("Google refuses tokens signed with it".to_owned()));
        }
        Ok(token)
    }

    fn acts_as(&self) -> String {
        format!("the service account {}", self.email)
    }
}
