//! Each flaw of an ID token breaks what its name says and nothing else. The judge here knows no more
//! than the token, the published keys and OpenID Connect Core 3.1.3.7.

use std::collections::HashSet;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RsaPublicKeyComponents,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Account, CLIENT_ID, CLIENT_SECRET, IdTokenFlaw,
    client::{ADA, Client, answer},
    id_token_flaw::STRANGER,
    keys::{FIRST, hs256, key},
};

const LEEWAY_S: i64 = 60;

/// Everything that is wrong with a token.
struct Judge {
    issuer: String,
    keys: Value,
    access_token: String,
    now_s: i64,
}

impl Judge {
    async fn of(client: &Client, tokens: &Value) -> Self {
        Self {
            issuer: client.double.issuer(),
            keys: answer(client.http.get(client.url("/jwks"))).await.1,
            access_token: tokens["access_token"].as_str().unwrap().to_owned(),
            now_s: client.double.google(|google| google.now_ms() / 1000),
        }
    }

    fn faults(&self, token: &str) -> Vec<&'static str> {
        let parts: Vec<_> = token.split('.').collect();
        let [header_part, payload_part, signature] = parts[..] else { return vec!["parts"] };
        let Some(header) = decoded(header_part) else { return vec!["header"] };
        let Some(claims) = decoded(payload_part) else { return vec!["payload"] };
        let mut faults = Vec::new();
        let mut check = |name, is_right: bool| {
            if !is_right {
                faults.push(name);
            }
        };
        check("alg", header["alg"] == "RS256");
        check("crit", header["crit"].is_null());
        check("jwk", header["jwk"].is_null());
        let known = self.keys["keys"].as_array().unwrap();
        let key = known.iter().find(|key| key["kid"] == header["kid"]);
        check("kid", key.is_some());
        let signed = format!("{header_part}.{payload_part}");
        check("signature", key.is_some_and(|key| is_signed(&signed, signature, key)));
        let audience = match &claims["aud"] {
            Value::Array(list) => list.clone(),
            other => vec![other.clone()],
        };
        check("iss", claims["iss"] == self.issuer.as_str());
        check("aud", audience == [json!(CLIENT_ID)]);
        check("azp", claims["azp"] == CLIENT_ID || claims["azp"].is_null() && audience.len() == 1);
        let (exp, iat) = (claims["exp"].as_i64(), claims["iat"].as_i64());
        check("exp", exp.is_some_and(|exp| self.now_s < exp + LEEWAY_S));
        check("iat", iat.is_some_and(|iat| iat <= self.now_s + LEEWAY_S));
        check("nonce", claims["nonce"] == "the-nonce");
        let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&self.access_token)[..16]);
        check("at_hash", claims["at_hash"] == hash.as_str() || claims["at_hash"].is_null());
        check("sub", claims["sub"] == Account::new(ADA).sub.as_str());
        check("email", claims["email"] == ADA && claims["email_verified"] == true);
        faults
    }
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Whether a signature is of a published key, by RS256.
fn is_signed(signed: &str, signature: &str, key: &Value) -> bool {
    let field = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else { return false };
    let key = RsaPublicKeyComponents { n: field("n"), e: field("e") };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
}

/// What a judge finds of a flaw.
fn expected(flaw: IdTokenFlaw) -> &'static [&'static str] {
    use IdTokenFlaw as F;
    match flaw {
        F::IssuerWrong | F::IssuerWithSlash | F::IssuerMissing => &["iss"],
        F::AudienceWrong
        | F::AudienceListWithoutUs
        | F::AudienceListOfStrangersParty
        | F::AudienceListWithoutParty => &["aud", "azp"],
        F::AudienceEmpty | F::AudienceMissing => &["aud"],
        F::PartyWrong => &["azp"],
        F::AlgorithmNone
        | F::AlgorithmHs256WithSecret
        | F::AlgorithmHs256WithPem
        | F::AlgorithmHs256WithModulus
        | F::AlgorithmRs384 => &["alg", "signature"],
        F::AlgorithmMissing => &["alg"],
        F::SignatureWrong | F::SignatureCut | F::SignatureEmpty | F::KeyForeign => &["signature"],
        F::PayloadChanged => &["signature", "sub"],
        F::KeyUnknown => &["kid", "signature"],
        F::KeyEmbedded => &["jwk", "signature"],
        F::HeaderCritical => &["crit"],
        F::HeaderNotJson => &["header"],
        F::PayloadNotJson => &["payload"],
        F::TwoParts | F::FiveParts => &["parts"],
        F::ExpiryPast | F::ExpiryMissing | F::ExpiryNoNumber => &["exp"],
        F::IssuedInFuture | F::IssuedMissing => &["iat"],
        F::NonceWrong | F::NonceEmpty | F::NonceMissing => &["nonce"],
        F::AccessTokenHashWrong => &["at_hash"],
        F::SubjectEmpty | F::SubjectMissing => &["sub"],
        F::EmailMissing => &["email"],
        _ => &[],
    }
}

/// The ID token of a sign-in with a flaw, and its judge.
async fn sign_in(client: &Client, flaw: Option<IdTokenFlaw>) -> (String, Judge) {
    client.double.flaw(flaw);
    let tokens = client.connect(&[]).await;
    let judge = Judge::of(client, &tokens).await;
    (tokens["id_token"].as_str().unwrap().to_owned(), judge)
}

#[tokio::test]
async fn a_token_without_a_flaw_and_one_that_only_looks_odd_are_accepted() {
    let client = Client::start().await;
    let accepted = IdTokenFlaw::ACCEPTED.iter().copied().map(Some);
    let mut payloads = HashSet::new();
    for flaw in accepted.chain([None]) {
        let (token, judge) = sign_in(&client, flaw).await;
        assert_eq!(judge.faults(&token), [""; 0], "{}", flaw.map_or("none", IdTokenFlaw::name));
        let mut claims = decoded(token.split('.').nth(1).unwrap()).unwrap();
        for (name, unit) in [("exp", judge.now_s), ("iat", judge.now_s)] {
            claims[name] = ((claims[name].as_i64().unwrap() - unit) / 10).into();
        }
        let at_hash = claims["at_hash"].take().is_string();
        payloads.insert(format!("{claims} {at_hash}"));
    }
    assert!(payloads.len() >= 6, "the odd ones differ: {payloads:#?}");
}

#[tokio::test]
async fn each_flaw_breaks_what_its_name_says() {
    let client = Client::start().await;
    assert!(IdTokenFlaw::REFUSED.len() >= 24);
    let mut names = HashSet::new();
    for flaw in IdTokenFlaw::REFUSED {
        let (token, judge) = sign_in(&client, Some(*flaw)).await;
        assert_eq!(judge.faults(&token), expected(*flaw), "{}", flaw.name());
        assert!(!expected(*flaw).is_empty() && names.insert(flaw.name()), "{}", flaw.name());
    }
}

#[tokio::test]
async fn a_changed_character_breaks_any_token() {
    let client = Client::start().await;
    let (token, judge) = sign_in(&client, None).await;
    assert!(judge.faults(&token).is_empty());
    for at in (0..token.len()).step_by(41).chain([token.len() - 1]) {
        let (changed, judge) = sign_in(&client, Some(IdTokenFlaw::CharacterChanged(at))).await;
        assert!(!judge.faults(&changed).is_empty(), "{at}: {changed}");
    }
}

#[tokio::test]
async fn forged_signatures_are_what_a_careless_client_would_take() {
    let client = Client::start().await;
    let public = key(FIRST);
    for (flaw, secret) in [
        (IdTokenFlaw::AlgorithmHs256WithSecret, CLIENT_SECRET.as_bytes()),
        (IdTokenFlaw::AlgorithmHs256WithPem, public.public_pem().as_bytes()),
        (IdTokenFlaw::AlgorithmHs256WithModulus, public.modulus()),
    ] {
        let (token, _) = sign_in(&client, Some(flaw)).await;
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(signature, BASE64_URL_SAFE_NO_PAD.encode(hs256(secret, signed)));
        assert_eq!(decoded(signed.split('.').next().unwrap()).unwrap()["alg"], "HS256");
    }
    let (token, judge) = sign_in(&client, Some(IdTokenFlaw::AlgorithmRs384)).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let field = |name: &str| {
        BASE64_URL_SAFE_NO_PAD.decode(judge.keys["keys"][0][name].as_str().unwrap()).unwrap()
    };
    let key = RsaPublicKeyComponents { n: field("n"), e: field("e") };
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify(&RSA_PKCS1_2048_8192_SHA384, signed.as_bytes(), &signature).unwrap();
    let (token, _) = sign_in(&client, Some(IdTokenFlaw::KeyEmbedded)).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let header = decoded(signed.split('.').next().unwrap()).unwrap();
    assert!(is_signed(signed, signature, &header["jwk"]), "its own key signed it");
    let (token, _) = sign_in(&client, Some(IdTokenFlaw::PayloadChanged)).await;
    let claims = decoded(token.split('.').nth(1).unwrap()).unwrap();
    assert_eq!(claims["sub"], STRANGER);
}

#[tokio::test]
async fn a_token_is_judged_by_the_key_of_its_time_and_by_the_clock() {
    let client = Client::start().await;
    let (old, _) = sign_in(&client, None).await;
    client.double.rotate_keys();
    let (new, judge) = sign_in(&client, None).await;
    assert_eq!(judge.faults(&new), [""; 0]);
    assert_eq!(judge.faults(&old), ["kid", "signature", "at_hash"]);

    client.double.clock_ahead(3600);
    let (ahead, _) = sign_in(&client, None).await;
    assert!(judge.faults(&ahead).contains(&"iat"), "our clock is an hour behind");
}

#[tokio::test]
async fn a_token_says_of_a_person_what_was_granted() {
    let client = Client::start().await;
    let account = Account { hd: Some("obs.example".to_owned()), ..Account::new(ADA) };
    client.double.account(account);
    let claims = async |scope| {
        let tokens = client.connect(&[("scope", scope)]).await;
        decoded(tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap()).unwrap()
    };
    let bare = claims("openid").await;
    assert_eq!((&bare["email"], &bare["name"]), (&Value::Null, &Value::Null));
    let full = claims("openid email profile").await;
    assert_eq!((&full["email"], &full["name"]), (&ADA.into(), &"ada".into()));
    assert_eq!((&full["hd"], &full["azp"]), (&"obs.example".into(), &CLIENT_ID.into()));
}
