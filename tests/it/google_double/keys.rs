//! The RSA keys that sign ID tokens. Each is made once for all tests of a machine, because that is slow.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RsaEncoding},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

static KEYS: Mutex<Vec<Arc<SigningKey>>> = Mutex::new(Vec::new());

/// A key that the double never publishes for its own.
pub(super) const FOREIGN: usize = 0;
/// The key that a double begins with; the next ones follow it.
pub(super) const FIRST: usize = 1;

pub(super) struct SigningKey {
    pub(super) kid: String,
    pair: KeyPair,
}

/// The key of this number, the same one for every double.
pub(super) fn key(number: usize) -> Arc<SigningKey> {
    let mut keys = KEYS.lock().unwrap();
    while keys.len() <= number {
        let number = keys.len();
        keys.push(Arc::new(SigningKey::numbered(number)));
    }
    Arc::clone(&keys[number])
}

impl SigningKey {
    /// Of the folder for what tests throw away, where the first process that wants it has put it.
    fn numbered(number: usize) -> Self {
        let file = std::env::temp_dir().join(format!("tom-alerts-test-key-{number}.pkcs8"));
        if !file.exists() {
            let made = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&made).unwrap();
            let written = tempfile::NamedTempFile::new().unwrap();
            fs::write(&written, der.as_ref()).unwrap();
            // Of processes that make it at once one is the first, and its key is everybody's.
            let _ = written.persist_noclobber(&file);
        }
        let pair = KeyPair::from_pkcs8(&fs::read(&file).unwrap()).unwrap();
        let digest = Sha256::digest(modulus(&pair));
        let kid = BASE64_URL_SAFE_NO_PAD.encode(&digest[..20]);
        Self { kid, pair }
    }

    /// As a set of keys has it. RFC 7517.
    pub(super) fn jwk(&self) -> Value {
        let n = BASE64_URL_SAFE_NO_PAD.encode(modulus(&self.pair));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": "AQAB"})
    }

    pub(super) fn modulus(&self) -> &[u8] {
        modulus(&self.pair)
    }

    /// The public key as a PEM file has it.
    pub(super) fn public_pem(&self) -> String {
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(self.pair.public_key()).unwrap();
        let text = BASE64_STANDARD.encode(der.as_ref());
        let lines: Vec<_> =
            text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    pub(super) fn rs256(&self, text: &str) -> Vec<u8> {
        self.sign(&RSA_PKCS1_SHA256, text)
    }

    pub(super) fn rs384(&self, text: &str) -> Vec<u8> {
        self.sign(&RSA_PKCS1_SHA384, text)
    }

    fn sign(&self, padding: &'static dyn RsaEncoding, text: &str) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(padding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        signature
    }
}

pub(super) fn hs256(secret: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

/// The modulus inside the DER of an `RSAPublicKey` (RFC 8017): with 2048 bits and the exponent
/// 65537 it ends five bytes before the end.
fn modulus(pair: &KeyPair) -> &[u8] {
    let der = pair.public_key().as_ref();
    let end = der.len() - 5;
    assert_eq!(der[end..], [2, 3, 1, 0, 1], "the exponent is 65537");
    &der[end - 256..end]
}
