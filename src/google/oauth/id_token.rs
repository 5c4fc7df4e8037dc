//! The checks on an ID token. <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IdToken, IdTokenVerifier,
    Nonce, OAuth2TokenResponse, SignatureVerificationError, TokenResponse, core,
};

use super::openid::{GoogleClaims, OpenIdClient, TokenAnswer};
use crate::domain::member::Identity;

/// How far our clock and the provider's may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Longest name and address that we take, characters.
const MAX_NAME: usize = 200;

/// Which check failed; for the log and the page's small print.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum IdTokenError {
    #[error("there is no ID token")]
    Missing,
    #[error("it is signed with a key that the provider does not publish")]
    UnknownKey,
    #[error("{0}")]
    Refused(String),
    #[error("it is meant for another party")]
    OtherParty,
    #[error("it belongs to another access token")]
    OtherAccessToken,
    #[error("it names nobody")]
    Nobody,
}

type GoogleIdToken = IdToken<
    GoogleClaims,
    core::CoreGenderClaim,
    core::CoreJweContentEncryptionAlgorithm,
    core::CoreJwsSigningAlgorithm,
>;

/// Whom an answer vouches for, if every check holds.
pub(super) fn identity(
    client: &OpenIdClient,
    answer: &TokenAnswer,
    nonce: &str,
    now: DateTime<Utc>,
) -> Result<Identity, IdTokenError> {
    let token = answer.id_token().ok_or(IdTokenError::Missing)?;
    let latest = now + LEEWAY;
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs([core::CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
        .set_time_fn(move || now - LEEWAY)
        .set_issue_time_verifier_fn(move |issued| {
            if issued <= latest { Ok(()) } else { Err("it comes from the future".to_owned()) }
        });
    let nonce = Nonce::new(nonce.to_owned());
    let claims = token.claims(&verifier, &nonce).map_err(|error| refusal(&error))?;
    check_party(client.client_id(), claims.authorized_party())?;
    check_access_token(&verifier, token, answer.access_token(), claims.access_token_hash())?;
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > 255 {
        return Err(IdTokenError::Nobody);
    }
    let email = claims.email().map(|email| shortened(email)).unwrap_or_default().to_lowercase();
    let name = claims.name().and_then(|name| name.get(None)).map(|name| shortened(name));
    Ok(Identity {
        issuer: claims.issuer().as_str().to_owned(),
        subject: subject.to_owned(),
        is_email_verified: claims.email_verified() == Some(true),
        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| email.clone()),
        hosted_domain: claims.additional_claims().hd.as_deref().map(str::to_lowercase),
        email,
    })
}

/// Check 5: a party that is named must be us. Several audiences (check 4) do not come so far: we trust none but us.
fn check_party(own: &ClientId, party: Option<&ClientId>) -> Result<(), IdTokenError> {
    match party {
        Some(party) if party != own => Err(IdTokenError::OtherParty),
        _ => Ok(()),
    }
}

/// Section 3.1.3.8: where the ID token names its access token, it must be the one that came with it.
fn check_access_token(
    verifier: &IdTokenVerifier<'_, core::CoreJsonWebKey>,
    token: &GoogleIdToken,
    access: &AccessToken,
    named: Option<&AccessTokenHash>,
) -> Result<(), IdTokenError> {
    let Some(named) = named else { return Ok(()) };
    let algorithm = token.signing_alg().map_err(|_| IdTokenError::OtherAccessToken)?;
    let key = token.signing_key(verifier).map_err(|_| IdTokenError::OtherAccessToken)?;
    match AccessTokenHash::from_token(access, algorithm, key) {
        Ok(actual) if actual == *named => Ok(()),
        _ => Err(IdTokenError::OtherAccessToken),
    }
}

fn refusal(error: &ClaimsVerificationError) -> IdTokenError {
    match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => IdTokenError::UnknownKey,
        ClaimsVerificationError::SignatureVerification(_) => {
            IdTokenError::Refused("its signature is not the provider's".to_owned())
        }
        ClaimsVerificationError::Expired(_) => {
            IdTokenError::Refused("its time is over, or has not come".to_owned())
        }
        ClaimsVerificationError::InvalidAudience(_) => IdTokenError::OtherParty,
        ClaimsVerificationError::InvalidIssuer(_) => {
            IdTokenError::Refused("it comes from another provider".to_owned())
        }
        ClaimsVerificationError::InvalidNonce(_) => {
            IdTokenError::Refused("it was made for another sign-in".to_owned())
        }
        _ => IdTokenError::Refused("it cannot be read".to_owned()),
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect::<String>().trim().to_owned()
}
