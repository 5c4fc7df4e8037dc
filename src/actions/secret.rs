//! Secrets that a link, a header or a cookie carries: how they are made, and what is kept of them.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::google::cipher::CipherError;

/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 32;

/// A secret that nobody guesses, as text that may stand in an address.
pub fn new_secret() -> Result<String, CipherError> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| CipherError::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether a text can be a secret of ours.
pub fn is_secret(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == SECRET_BYTES)
}

/// What is kept of a secret: its SHA-256.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}
