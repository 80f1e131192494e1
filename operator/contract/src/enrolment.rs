//! How an operator becomes known: a one-time code against the public half of a key that never leaves the cluster.

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

/// Answer to it.
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
