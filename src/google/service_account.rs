//! A service account's key: tokens signed by ourselves, by Google's own crate.

use std::path::Path;

use async_trait::async_trait;
use google_cloud_auth::credentials::{
    AccessTokenCredentials,
    service_account::{AccessSpecifier, Builder},
};
use serde_json::Value;

use super::{
    Token,
    access::{AccessError, TokenSource},
};

/// What a stream needs.
/// <https://developers.google.com/identity/protocols/oauth2/scopes#pubsub>
const PUBSUB_SCOPE: &str = "https://www.googleapis.com/auth/pubsub";

/// What a query of BigQuery needs.
/// <https://developers.google.com/identity/protocols/oauth2/scopes#bigquery>
const BIGQUERY_SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

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
            .with_access_specifier(AccessSpecifier::from_scopes([PUBSUB_SCOPE, BIGQUERY_SCOPE]))
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

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::AsDer,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
    };
    use base64::{
        Engine,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    use serde_json::json;

    use super::*;

    fn key_file(pair: &KeyPair) -> String {
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(pair).unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        json!({
            "type": "service_account",
            "project_id": "my-proj",
            "private_key_id": "key-1",
            "private_key": pem,
            "client_email": "alerts@my-proj.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": "https://oauth2.googleapis.com/token",
        })
        .to_string()
    }

    #[tokio::test]
    async fn tokens_are_signed_by_the_key_for_pubsub_and_bigquery_and_not_given_twice_after_a_refusal()
     {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let account = ServiceAccount::from_key(&key_file(&pair)).unwrap();
        assert_eq!(account.project(), Some("my-proj"));
        let token = account.token(None).await.unwrap();
        let (signed, signature) = token.secret().rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["iss"], "alerts@my-proj.iam.gserviceaccount.com");
        assert_eq!(claims["scope"], format!("{PUBSUB_SCOPE} {BIGQUERY_SCOPE}"));
        let refused = account.token(Some(&token)).await.unwrap_err();
        assert!(matches!(refused, AccessError::BadKey(_)), "{refused:?}");
        assert!(!format!("{token:?} {account:?}").contains(token.secret()));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_without_quoting_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        for (text, is_json) in [
            ("", false),
            ("not json: s3cret", false),
            ("{\"type\":\"authorized_user\",\"s\":\"s3cret\"}", true),
            (
                "{\"type\":\"service_account\",\"client_email\":\"a@b\",\"private_key\":\"s3cret\"}",
                true,
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let result = ServiceAccount::from_key_file(&path);
            if let Err(error) = &result {
                assert!(!error.to_string().contains("s3cret"), "{error}");
            }
            // A key that is no PEM is found out at the first token.
            assert!(result.is_err() || is_json && text.contains("private_key"), "{text}");
        }
        let missing = ServiceAccount::from_key_file(&folder.path().join("none.json"));
        assert!(matches!(missing, Err(KeyError::Unreadable { .. })));
    }
}
