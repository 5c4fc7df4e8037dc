//! ID tokens as Google makes them, or with a flaw.
//! <https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload>

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    CLIENT_ID, CLIENT_SECRET,
    account::Account,
    id_token_flaw::{IdTokenFlaw, STRANGER},
    keys::{self, SigningKey, hs256, key},
    scopes::{EMAIL, PROFILE, Scopes},
};

/// How long an ID token is good, seconds.
const LIFETIME_S: i64 = 3600;

/// What an ID token is about.
pub(super) struct Facts<'a> {
    pub(super) issuer: &'a str,
    pub(super) account: &'a Account,
    pub(super) scopes: &'a Scopes,
    pub(super) nonce: Option<&'a str>,
    pub(super) access_token: &'a str,
    pub(super) now_s: i64,
}

impl Facts<'_> {
    fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| _ = claims.insert(name.to_owned(), value);
        set("iss", self.issuer.into());
        set("azp", CLIENT_ID.into());
        set("aud", CLIENT_ID.into());
        for (name, value) in person(self.account, self.scopes) {
            set(name, value);
        }
        set("at_hash", access_token_hash(self.access_token).into());
        if let Some(nonce) = self.nonce {
            set("nonce", nonce.into());
        }
        set("iat", self.now_s.into());
        set("exp", (self.now_s + LIFETIME_S).into());
        claims
    }
}

/// What a client may know of a person who granted these scopes.
pub(super) fn person(account: &Account, scopes: &Scopes) -> Vec<(&'static str, Value)> {
    let mut known = vec![("sub", account.sub.as_str().into())];
    if let Some(domain) = &account.hd {
        known.push(("hd", domain.as_str().into()));
    }
    if scopes.has(EMAIL) {
        known.push(("email", account.email.as_str().into()));
        known.push(("email_verified", account.email_verified.into()));
    }
    if scopes.has(PROFILE) {
        known.push(("name", account.name.as_str().into()));
    }
    known
}

/// OpenID Connect Core 3.1.3.6: the left half of the hash, as of RS256.
fn access_token_hash(access_token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}

/// Signs a token with the key that is published, unless the flaw says otherwise.
pub(super) fn mint(facts: &Facts<'_>, published: &SigningKey, flaw: Option<IdTokenFlaw>) -> String {
    let mut claims = facts.claims();
    if let Some(flaw) = flaw {
        flaw.change_claims(&mut claims, facts.now_s);
    }
    let header = match flaw {
        Some(IdTokenFlaw::HeaderNotJson) => "RS256".to_owned(),
        _ => header(published, flaw).to_string(),
    };
    let payload = match flaw {
        Some(IdTokenFlaw::PayloadNotJson) => "ada".to_owned(),
        _ => Value::Object(claims.clone()).to_string(),
    };
    let signed = format!("{}.{}", encode(&header), encode(&payload));
    let signature = encode(signature(&signed, published, flaw));
    match flaw {
        Some(IdTokenFlaw::TwoParts) => signed,
        Some(IdTokenFlaw::FiveParts) => format!("{signed}.{signature}.{signature}.{signature}"),
        Some(IdTokenFlaw::PayloadChanged) => {
            claims.insert("sub".to_owned(), STRANGER.into());
            format!("{}.{}.{signature}", encode(&header), encode(Value::Object(claims).to_string()))
        }
        Some(IdTokenFlaw::CharacterChanged(at)) => {
            with_another_character(&format!("{signed}.{signature}"), at)
        }
        _ => format!("{signed}.{signature}"),
    }
}

fn header(published: &SigningKey, flaw: Option<IdTokenFlaw>) -> Value {
    let algorithm = flaw.and_then(IdTokenFlaw::algorithm).unwrap_or("RS256");
    let mut header = json!({"alg": algorithm, "kid": published.kid, "typ": "JWT"});
    match flaw {
        Some(IdTokenFlaw::AlgorithmMissing) => header = json!({"kid": published.kid}),
        Some(IdTokenFlaw::KeyUnknown) => header["kid"] = key(keys::FOREIGN).kid.as_str().into(),
        Some(IdTokenFlaw::KeyEmbedded) => header["jwk"] = key(keys::FOREIGN).jwk(),
        Some(IdTokenFlaw::HeaderCritical) => {
            header["crit"] = json!(["https://example.net/never-heard-of"]);
            header["https://example.net/never-heard-of"] = true.into();
        }
        _ => {}
    }
    header
}

fn signature(signed: &str, published: &SigningKey, flaw: Option<IdTokenFlaw>) -> Vec<u8> {
    match flaw {
        Some(IdTokenFlaw::AlgorithmNone | IdTokenFlaw::SignatureEmpty) => Vec::new(),
        Some(IdTokenFlaw::AlgorithmHs256WithSecret) => hs256(CLIENT_SECRET.as_bytes(), signed),
        Some(IdTokenFlaw::AlgorithmHs256WithPem) => {
            hs256(published.public_pem().as_bytes(), signed)
        }
        Some(IdTokenFlaw::AlgorithmHs256WithModulus) => hs256(published.modulus(), signed),
        Some(IdTokenFlaw::AlgorithmRs384) => published.rs384(signed),
        Some(IdTokenFlaw::KeyUnknown | IdTokenFlaw::KeyForeign | IdTokenFlaw::KeyEmbedded) => {
            key(keys::FOREIGN).rs256(signed)
        }
        Some(IdTokenFlaw::SignatureWrong) => {
            let mut signature = published.rs256(signed);
            signature[100] ^= 1;
            signature
        }
        Some(IdTokenFlaw::SignatureCut) => {
            let mut signature = published.rs256(signed);
            signature.truncate(128);
            signature
        }
        _ => published.rs256(signed),
    }
}

fn encode(part: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part)
}

/// Another letter of the alphabet, with another highest bit: the last letter's lowest bits say nothing.
fn with_another_character(token: &str, at: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = token.as_bytes().to_vec();
    let at = at % bytes.len();
    let digit = ALPHABET.iter().position(|letter| *letter == bytes[at]);
    bytes[at] = digit.map_or(b'_', |digit| ALPHABET[digit ^ 32]);
    String::from_utf8(bytes).unwrap()
}
