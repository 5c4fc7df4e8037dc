//! Who comes in without an invitation, by the settings.

use crate::{domain::member::Identity, storage::Welcome};

/// Who comes in without an invitation.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Addresses of admins, in lower case.
    pub admins: Vec<String>,
    /// Domains whose people are members, in lower case.
    pub domains: Vec<String>,
}

impl Policy {
    /// How the settings welcome somebody. At Google an address of a domain may belong to a private account: there the
    /// organisation must vouch for it (`hd`).
    /// <https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload>
    pub(super) fn welcome(&self, identity: &Identity) -> Welcome {
        if !identity.is_email_verified {
            return Welcome::Nobody;
        }
        if self.admins.contains(&identity.email) {
            return Welcome::Admin;
        }
        let of_address = identity
            .email
            .split_once('@')
            .map(|(_, domain)| domain.to_owned())
            .filter(|domain| !domain.contains('@'));
        let is_google = identity.issuer == "https://accounts.google.com";
        let domain = match &identity.hosted_domain {
            Some(hosted) if Some(hosted) == of_address.as_ref() => of_address,
            Some(_) => None,
            None if is_google => None,
            None => of_address,
        };
        let is_welcome = domain.is_some_and(|domain| self.domains.contains(&domain));
        if is_welcome { Welcome::Member } else { Welcome::Nobody }
    }

    /// Whether the first of all may be admin: where no admin is named, anybody; but of the domains, where there are some.
    pub(super) fn may_found(&self, welcome: Welcome) -> bool {
        self.admins.is_empty() && (self.domains.is_empty() || welcome == Welcome::Member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(issuer: &str, email: &str, hosted_domain: Option<&str>) -> Identity {
        Identity {
            issuer: issuer.to_owned(),
            subject: "1".to_owned(),
            email: email.to_owned(),
            is_email_verified: true,
            name: "Ada".to_owned(),
            hosted_domain: hosted_domain.map(str::to_owned),
        }
    }

    #[test]
    fn only_those_whom_the_settings_name_are_welcome() {
        let policy = Policy {
            admins: vec!["boss@obs.example".to_owned()],
            domains: vec!["obs.example".to_owned()],
        };
        let (google, other) = ("https://accounts.google.com", "https://login.obs.example");
        let cases = [
            (google, "boss@obs.example", None, Welcome::Admin),
            (google, "ada@obs.example", Some("obs.example"), Welcome::Member),
            // A private account may have an address of the domain.
            (google, "ada@obs.example", None, Welcome::Nobody),
            (google, "ada@obs.example", Some("evil.example"), Welcome::Nobody),
            (google, "ada@evil.example", Some("obs.example"), Welcome::Nobody),
            (other, "ada@obs.example", None, Welcome::Member),
            (other, "ada@obs.example.evil.example", None, Welcome::Nobody),
            (other, "ada@sub.obs.example", None, Welcome::Nobody),
            (other, "obs.example", None, Welcome::Nobody),
            (other, "x@evil.example@obs.example", None, Welcome::Nobody),
        ];
        for (issuer, email, hosted, expected) in cases {
            let found = policy.welcome(&identity(issuer, email, hosted));
            assert_eq!(found, expected, "{issuer} {email} {hosted:?}");
        }
        let unverified =
            Identity { is_email_verified: false, ..identity(other, "boss@obs.example", None) };
        assert_eq!(policy.welcome(&unverified), Welcome::Nobody);
    }
}
