//! How an operator becomes known: a one-time code against the public half of a key that never leaves the cluster; and how
//! it replaces that key later.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Public Ed25519 key (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicJwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// 32 bytes, base64url without padding.
    pub x: String,
}

/// `kid` of an operator's key: the operator and the beginning of the key's digest.
pub fn key_id(operator: Uuid, key: &PublicJwk) -> String {
    let digest = crate::canonical::sha256_hex(key.x.as_bytes());
    format!("{operator}.{}", digest.get(..16).unwrap_or_default())
}

/// Body of `POST /agent/v1/enrolment`; the only call without an assertion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolment {
    /// What the portal showed once.
    pub code: String,
    /// Public half of the operator's key.
    pub key: PublicJwk,
    /// Version of the operator.
    pub operator_version: String,
}

/// Answer to it; the same one for the same code with the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolled {
    /// `iss` and `sub` of every assertion.
    pub operator: Uuid,
    /// `kid` of every assertion.
    pub key_id: String,
    /// `aud` of every assertion: the marketplace's public address as it knows it itself.
    pub audience: String,
    /// The location that this operator serves.
    pub location: Uuid,
    /// Name of that location, for logs.
    pub location_name: String,
    /// Present epoch.
    pub epoch: i64,
}

/// Body of `POST /agent/v1/keys`, with an assertion of the present key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextKey {
    /// Public half of the key that takes over.
    pub key: PublicJwk,
}

/// Answer to it; the same one for the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyTaken {
    /// `kid` of every assertion with the next key, valid from now on.
    pub key_id: String,
    /// The key before it is valid until then; absent where it was so for good already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_until: Option<Timestamp>,
}
