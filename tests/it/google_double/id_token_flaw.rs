//! Everything that can be wrong with an ID token, and what can look wrong and is not.

use serde_json::{Map, Value, json};

/// Somebody else: another provider, client or person.
pub(super) const STRANGER: &str = "a-stranger";

/// Names the flaws once: in the type, in the lists and in words.
macro_rules! id_token_flaws {
    (
        refused { $($refused:ident = $in_words:literal,)* }
        accepted { $($accepted:ident = $odd:literal,)* }
    ) => {
        /// How an ID token differs from the one that it should be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum IdTokenFlaw {
            $($refused,)*
            $($accepted,)*
            /// One character of the whole token is another one; the number, modulo its length, says
            /// which. Must be refused.
            CharacterChanged(usize),
        }

        impl IdTokenFlaw {
            /// With each of these nobody may be signed in.
            pub(crate) const REFUSED: &[Self] = &[$(Self::$refused,)*];
            /// With each of these the sign-in must work.
            pub(crate) const ACCEPTED: &[Self] = &[$(Self::$accepted,)*];

            /// In words, for the message of a test.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$refused => $in_words,)*
                    $(Self::$accepted => $odd,)*
                    Self::CharacterChanged(_) => "one character is another one",
                }
            }
        }
    };
}

id_token_flaws! {
    refused {
        IssuerWrong = "iss is another provider",
        IssuerWithSlash = "iss ends with a slash",
        IssuerMissing = "iss is missing",
        AudienceWrong = "aud is another client",
        AudienceListWithoutUs = "aud is a list without us",
        AudienceListWithoutParty = "aud is a list of us and a stranger, azp is missing",
        AudienceListOfStrangersParty = "aud is a list of us and a stranger, azp is the stranger",
        AudienceEmpty = "aud is an empty list",
        AudienceMissing = "aud is missing",
        PartyWrong = "azp is another client",
        AlgorithmNone = "alg is none and there is no signature",
        AlgorithmHs256WithSecret = "alg is HS256 with the client secret",
        AlgorithmHs256WithPem = "alg is HS256 with the public key's PEM as secret",
        AlgorithmHs256WithModulus = "alg is HS256 with the public key's modulus as secret",
        AlgorithmRs384 = "alg is RS384, which the provider does not name",
        AlgorithmMissing = "alg is missing",
        SignatureWrong = "one bit of the signature is another one",
        SignatureCut = "the signature is too short",
        SignatureEmpty = "the signature is empty",
        PayloadChanged = "the payload was changed after it was signed",
        KeyUnknown = "kid is of no published key",
        KeyForeign = "another key signed under a published kid",
        KeyEmbedded = "the header brings the key of its own",
        HeaderCritical = "the header has a critical field that nobody knows",
        HeaderNotJson = "the header is not JSON",
        PayloadNotJson = "the payload is not JSON",
        TwoParts = "there are two parts",
        FiveParts = "there are five parts, as of an encrypted token",
        ExpiryPast = "exp was 90 s ago",
        ExpiryMissing = "exp is missing",
        ExpiryNoNumber = "exp is a word",
        IssuedInFuture = "iat is 90 s ahead",
        IssuedMissing = "iat is missing",
        NonceWrong = "nonce is another one",
        NonceEmpty = "nonce is empty",
        NonceMissing = "nonce is missing",
        AccessTokenHashWrong = "at_hash is of another access token",
        SubjectEmpty = "sub is empty",
        SubjectMissing = "sub is missing",
        EmailMissing = "email is missing",
    }
    accepted {
        Expired30SecondsAgo = "exp was 30 s ago, within the leeway",
        Issued30SecondsAhead = "iat is 30 s ahead, within the leeway",
        AudienceListOfUs = "aud is a list of us alone",
        PartyRight = "azp is us",
        PartyMissing = "azp is missing, aud is us alone",
        AccessTokenHashRight = "at_hash is of the access token that comes with it",
        AccessTokenHashMissing = "at_hash is missing, which the code flow allows",
    }
}

impl IdTokenFlaw {
    pub(super) fn change_claims(self, claims: &mut Map<String, Value>, now_s: i64) {
        let us = claims["aud"].clone();
        let issuer = claims["iss"].as_str().unwrap_or_default().to_owned();
        let mut set = |name: &str, value: Value| _ = claims.insert(name.to_owned(), value);
        match self {
            Self::IssuerWrong => set("iss", "https://accounts.example.net".into()),
            Self::IssuerWithSlash => set("iss", format!("{issuer}/").into()),
            Self::AudienceWrong => {
                set("aud", STRANGER.into());
                set("azp", STRANGER.into());
            }
            Self::AudienceListWithoutUs => {
                set("aud", json!([STRANGER, "another"]));
                set("azp", STRANGER.into());
            }
            Self::AudienceListWithoutParty => set("aud", json!([us, STRANGER])),
            Self::AudienceListOfStrangersParty => {
                set("aud", json!([us, STRANGER]));
                set("azp", STRANGER.into());
            }
            Self::AudienceEmpty => set("aud", json!([])),
            Self::AudienceListOfUs => set("aud", json!([us])),
            Self::PartyWrong => set("azp", STRANGER.into()),
            Self::PartyRight => set("azp", us),
            Self::ExpiryPast | Self::Expired30SecondsAgo => {
                let ago = if self == Self::ExpiryPast { 90 } else { 30 };
                set("exp", (now_s - ago).into());
                set("iat", (now_s - ago - 3600).into());
            }
            Self::ExpiryNoNumber => set("exp", "tomorrow".into()),
            Self::IssuedInFuture => set("iat", (now_s + 90).into()),
            Self::Issued30SecondsAhead => set("iat", (now_s + 30).into()),
            Self::NonceWrong => set("nonce", STRANGER.into()),
            Self::NonceEmpty => set("nonce", "".into()),
            Self::AccessTokenHashWrong => set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA".into()),
            Self::SubjectEmpty => set("sub", "".into()),
            _ => {}
        }
        for name in self.missing() {
            claims.remove(*name);
        }
    }

    /// Claims that are not there.
    fn missing(self) -> &'static [&'static str] {
        match self {
            Self::IssuerMissing => &["iss"],
            Self::AudienceMissing => &["aud"],
            Self::AudienceListWithoutParty | Self::PartyMissing => &["azp"],
            Self::ExpiryMissing => &["exp"],
            Self::IssuedMissing => &["iat"],
            Self::NonceMissing => &["nonce"],
            Self::AccessTokenHashMissing => &["at_hash"],
            Self::SubjectMissing => &["sub"],
            Self::EmailMissing => &["email", "email_verified"],
            _ => &[],
        }
    }

    /// The algorithm that the header names instead of RS256.
    pub(super) fn algorithm(self) -> Option<&'static str> {
        match self {
            Self::AlgorithmNone => Some("none"),
            Self::AlgorithmRs384 => Some("RS384"),
            Self::AlgorithmHs256WithSecret
            | Self::AlgorithmHs256WithPem
            | Self::AlgorithmHs256WithModulus => Some("HS256"),
            _ => None,
        }
    }
}
