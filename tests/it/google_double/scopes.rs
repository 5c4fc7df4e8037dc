//! Scopes by the names that Google writes in its answers.

use std::fmt;

pub(crate) const PUBSUB: &str = "https://www.googleapis.com/auth/pubsub";
pub(crate) const BIGQUERY: &str = "https://www.googleapis.com/auth/bigquery";
pub(super) const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
pub(super) const OPENID: &str = "openid";
pub(super) const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
pub(super) const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";
const ANY: &str = "https://www.googleapis.com/auth/";

/// A set of scopes in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a list with spaces between; `None` when one is no scope of Google's.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut scopes = Self::default();
        for word in text.split_whitespace() {
            let name = match word {
                "email" => EMAIL,
                "profile" => PROFILE,
                OPENID => OPENID,
                other if other.starts_with(ANY) => other,
                _ => return None,
            };
            scopes.add(&Self(vec![name.to_owned()]));
        }
        Some(scopes)
    }

    pub(super) fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|one| one == scope)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_within(&self, others: &Self) -> bool {
        self.0.iter().all(|scope| others.has(scope))
    }

    pub(super) fn add(&mut self, others: &Self) {
        for scope in &others.0 {
            if !self.has(scope) {
                self.0.push(scope.clone());
            }
        }
    }

    pub(super) fn only(&self, is_kept: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|scope| is_kept(scope)).cloned().collect())
    }
}

/// Whether a scope only tells who somebody is.
pub(super) fn is_identity(scope: &str) -> bool {
    [OPENID, EMAIL, PROFILE].contains(&scope)
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
