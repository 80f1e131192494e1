//! Paths, limits and the signed assertion that every call of an operator carries.
//!
//! `Authorization: Bearer <JWT>`: EdDSA (Ed25519), header `typ: operator+jwt` and `kid`; claims [`Claims`]. A refused
//! call is answered by problem+json (RFC 9457) with one of [`Refusal`] as `code`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST`, one-time code → operator id.
pub const ENROLMENT: &str = "/agent/v1/enrolment";
/// `POST`, the operator's next key.
pub const KEYS: &str = "/agent/v1/keys";
/// `GET ?after=N&wait=S`; without `after` the full list.
pub const BOOKINGS: &str = "/agent/v1/bookings";
/// `POST`.
pub const OBSERVATIONS: &str = "/agent/v1/observations";
/// `POST`.
pub const USAGE: &str = "/agent/v1/usage";
/// `POST`.
pub const HEARTBEAT: &str = "/agent/v1/heartbeat";
/// `POST`.
pub const DIFFERENCES: &str = "/agent/v1/differences";
/// `GET ?wait=S`; `POST /{id}`.
pub const REVEALS: &str = "/agent/v1/reveals";

/// `POST /{id}`.
pub const ROTATIONS: &str = "/agent/v1/rotations";
/// `POST /{id}`.
pub const WORDS: &str = "/agent/v1/words";

/// `typ` of the assertion.
pub const ASSERTION_TYPE: &str = "operator+jwt";
/// An assertion lives at most this long, in seconds.
pub const ASSERTION_SECONDS: i64 = 120;
/// A long poll waits at most this long, in seconds.
pub const MAX_WAIT_SECONDS: u64 = 30;
/// Observations per batch.
pub const MAX_OBSERVATIONS: usize = 500;
/// Usage records and readings per batch.
pub const MAX_USAGE: usize = 5000;
/// Differences in one report; what is beyond comes once these are settled.
pub const MAX_DIFFERENCES: usize = 500;
/// Body size that the marketplace accepts from operators, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Claims of the assertion. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claims {
    /// Operator id.
    pub iss: String,
    /// The same operator id.
    pub sub: String,
    /// Exactly the audience of the enrolment.
    pub aud: String,
    /// Issued at.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// At most `iat` + [`ASSERTION_SECONDS`].
    pub exp: i64,
    /// Unique until `exp`; a second use is refused.
    pub jti: String,
    /// Method and path with query, such as `GET /agent/v1/bookings?after=7&wait=25`.
    pub htm: String,
    /// SHA-256 of the body in lower-case hexadecimal; of the empty text where there is no body.
    pub body_sha256: String,
}

/// Codes of refusals at the agent API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No assertion, or one that does not verify.
    Unauthenticated,
    /// Expired or not yet valid; the problem carries `now`.
    ClockSkew,
    /// `jti` was seen before.
    Replayed,
    /// Enrolment code unknown, expired, or used with another key.
    CodeInvalid,
    /// Signed with a key that was replaced: it may finish what it began, and not name a successor.
    KeyReplaced,
    /// The operator obeys an older epoch: fetch the full list first.
    EpochOutdated,
}
