//! Secrets at rest: AES-256-GCM with associated data, under a key that is not in the database.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest::{SHA256, digest},
};

use crate::domain::sealed::Sealed;

/// Length of a key, bytes.
pub const KEY_LEN: usize = 32;

/// Why a secret cannot be made, kept or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// It was encrypted under a key that was not given.
    #[error("the secret was encrypted under another key")]
    OtherKey,
    /// It was changed, or belongs to something else.
    #[error("the secret is damaged or belongs elsewhere")]
    Refused,
    /// The key has the wrong length, or the cipher failed.
    #[error("the cipher cannot be used")]
    Unusable,
    /// The system gives no random numbers.
    #[error("the system has no randomness")]
    NoRandomness,
}

/// Encrypts under one key, decrypts under that and older ones. It is never printed.
pub struct Cipher {
    keys: Vec<(String, RandomizedNonceKey)>,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").field("key_ids", &self.key_ids()).finish()
    }
}

impl Cipher {
    /// A cipher that encrypts under `key` and also decrypts what was encrypted under `previous`.
    pub fn new(key: &[u8; KEY_LEN], previous: Option<&[u8; KEY_LEN]>) -> Result<Self, CipherError> {
        let keys = std::iter::once(key)
            .chain(previous)
            .map(|key| {
                let cipher = RandomizedNonceKey::new(&AES_256_GCM, key)
                    .map_err(|_| CipherError::Unusable)?;
                Ok((key_id(key), cipher))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Names of the keys, the one that encrypts first.
    pub fn key_ids(&self) -> Vec<&str> {
        self.keys.iter().map(|(id, _)| id.as_str()).collect()
    }

    /// Whether there is the key that a secret was sealed with.
    pub fn has_key_of(&self, sealed: &Sealed) -> bool {
        self.keys.iter().any(|(id, _)| *id == sealed.key_id)
    }

    /// Encrypts a secret so that it opens only together with `context`: what it is and whose.
    pub fn seal(&self, secret: &str, context: &str) -> Result<Sealed, CipherError> {
        let (key_id, key) = self.keys.first().ok_or(CipherError::Unusable)?;
        let mut text = secret.as_bytes().to_vec();
        let nonce = key
            .seal_in_place_append_tag(bound(context, key_id), &mut text)
            .map_err(|_| CipherError::Unusable)?;
        let bytes = nonce.as_ref().iter().chain(&text).copied().collect();
        Ok(Sealed { key_id: key_id.clone(), bytes })
    }

    /// Decrypts a secret that was sealed with the same `context`.
    pub fn open(&self, sealed: &Sealed, context: &str) -> Result<String, CipherError> {
        let (_, key) =
            self.keys.iter().find(|(id, _)| *id == sealed.key_id).ok_or(CipherError::OtherKey)?;
        let (nonce, text) = sealed.bytes.split_at_checked(NONCE_LEN).ok_or(CipherError::Refused)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CipherError::Refused)?;
        let mut text = text.to_vec();
        let opened = key
            .open_in_place(nonce, bound(context, &sealed.key_id), &mut text)
            .map_err(|_| CipherError::Refused)?;
        String::from_utf8(opened.to_vec()).map_err(|_| CipherError::Refused)
    }
}

fn bound(context: &str, key_id: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("{context}\n{key_id}").into_bytes())
}

/// A name for a key that tells nothing of it.
fn key_id(key: &[u8; KEY_LEN]) -> String {
    let named = digest(&SHA256, &[b"tom-alerts key id\n".as_slice(), key].concat());
    let short = named.as_ref().iter().take(8).fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
    format!("{short:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_key_and_context_only() {
        let cipher = Cipher::new(&[1; KEY_LEN], None).unwrap();
        let sealed = cipher.seal("1//refresh", "member 7 refresh_token").unwrap();
        assert_eq!(cipher.open(&sealed, "member 7 refresh_token").unwrap(), "1//refresh");
        assert_ne!(cipher.seal("1//refresh", "member 7 refresh_token").unwrap(), sealed);
        for other in ["member 8 refresh_token", "member 7 access_token", ""] {
            assert_eq!(cipher.open(&sealed, other), Err(CipherError::Refused), "{other}");
        }
        let stranger = Cipher::new(&[2; KEY_LEN], None).unwrap();
        assert_eq!(stranger.open(&sealed, "member 7 refresh_token"), Err(CipherError::OtherKey));
        let renamed = Sealed { key_id: stranger.keys[0].0.clone(), ..sealed.clone() };
        assert_eq!(stranger.open(&renamed, "member 7 refresh_token"), Err(CipherError::Refused));
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let cipher = Cipher::new(&[1; KEY_LEN], None).unwrap();
        let sealed = cipher.seal("secret", "here").unwrap();
        for at in 0..sealed.bytes.len() {
            for bit in 0..8 {
                let mut damaged = sealed.clone();
                damaged.bytes[at] ^= 1 << bit;
                assert_eq!(cipher.open(&damaged, "here"), Err(CipherError::Refused));
            }
            let cut = Sealed { bytes: sealed.bytes[..at].to_vec(), ..sealed.clone() };
            assert_eq!(cipher.open(&cut, "here"), Err(CipherError::Refused));
        }
    }

    #[test]
    fn two_keys_live_while_one_follows_the_other() {
        let old = Cipher::new(&[1; KEY_LEN], None).unwrap();
        let both = Cipher::new(&[2; KEY_LEN], Some(&[1; KEY_LEN])).unwrap();
        let sealed = old.seal("secret", "here").unwrap();
        assert_eq!(both.open(&sealed, "here").unwrap(), "secret");
        assert_eq!(both.seal("secret", "here").unwrap().key_id, both.key_ids()[0]);
        assert!(!format!("{both:?}").contains("secret"));
    }
}
