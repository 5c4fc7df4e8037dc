//! The provider's answers as types: openidconnect's, with Google's own claims and the address for revoking.

use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, ProviderMetadata, RequestTokenError,
    StandardErrorResponse, StandardTokenResponse, core,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::connection::ConnectionError;

/// Claims of Google's beside the standard ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct GoogleClaims {
    /// The organisation that manages the account.
    pub(super) hd: Option<String>,
}
impl AdditionalClaims for GoogleClaims {}

/// RFC 7009 and RFC 8414: where tokens are revoked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Revocation {
    pub(super) revocation_endpoint: Option<Url>,
}
impl AdditionalProviderMetadata for Revocation {}

pub(super) type Metadata = ProviderMetadata<
    Revocation,
    core::CoreAuthDisplay,
    core::CoreClientAuthMethod,
    core::CoreClaimName,
    core::CoreClaimType,
    core::CoreGrantType,
    core::CoreJweContentEncryptionAlgorithm,
    core::CoreJweKeyManagementAlgorithm,
    core::CoreJsonWebKey,
    core::CoreResponseMode,
    core::CoreResponseType,
    core::CoreSubjectIdentifierType,
>;

pub(super) type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        GoogleClaims,
        EmptyExtraTokenFields,
        core::CoreGenderClaim,
        core::CoreJweContentEncryptionAlgorithm,
        core::CoreJwsSigningAlgorithm,
    >,
    core::CoreTokenType,
>;

pub(super) type OpenIdClient = openidconnect::Client<
    GoogleClaims,
    core::CoreAuthDisplay,
    core::CoreGenderClaim,
    core::CoreJweContentEncryptionAlgorithm,
    core::CoreJsonWebKey,
    core::CoreAuthPrompt,
    StandardErrorResponse<core::CoreErrorResponseType>,
    TokenAnswer,
    core::CoreTokenIntrospectionResponse,
    core::CoreRevocableToken,
    core::CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

pub(super) type TokenError =
    RequestTokenError<ConnectionError, StandardErrorResponse<core::CoreErrorResponseType>>;
