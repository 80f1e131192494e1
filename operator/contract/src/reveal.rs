//! Access data on their way to one display: sealed in the provider's cluster to a key made for it.
//!
//! The marketplace only ever sees the sealed text. The plain type lives in [`Access`] and is serialised by the operator
//! alone, right before sealing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody waits for access data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PendingReveal {
    /// This display.
    pub id: Uuid,
    /// Whose access data.
    pub booking: Uuid,
    /// X25519 public key, 32 bytes, standard base64.
    pub public_key: String,
}

/// Answer to `GET /agent/v1/reveals?wait=S`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PendingReveals {
    /// Unanswered ones of this location.
    pub reveals: Vec<PendingReveal>,
    /// Orders to make new access data that the location has not carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotations: Vec<PendingRotation>,
    /// What the provider's people said about a trouble with a service broker.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<PendingWord>,
}

/// Somebody ordered new access data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PendingRotation {
    /// This order; carried out once, however often it is read.
    pub id: Uuid,
    /// Whose access data.
    pub booking: Uuid,
}

/// Body of `POST /agent/v1/rotations/{id}`; answered with 204, also where it was answered before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum RotationOutcome {
    /// There are new ones; the former ones are not handed out any more.
    Done,
    /// There are none to change.
    Unavailable {
        /// Stable code: `not-provisioned`, `unknown-booking`, `not-possible`.
        code: String,
    },
}

/// The provider's people said what shall be done about a trouble with a service broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PendingWord {
    /// This word; heard once, however often it is read.
    pub id: Uuid,
    /// What it is about.
    pub booking: Uuid,
    /// `retry` or `delete`; text, so that a word of a newer version hides no display.
    pub word: String,
    /// It may be heard for so many more seconds; none, where only what became of it is asked.
    pub seconds: i64,
}

/// Body of `POST /agent/v1/words/{id}`; answered with 204, also where it was answered before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum WordOutcome {
    /// It was heard; what comes of it is observed.
    Done,
    /// It was not heard, and will not be.
    Unavailable {
        /// Stable code: `unknown-booking`, `not-possible`, `nothing-to-do`, `too-late`, `definition-outdated`.
        code: String,
    },
}

/// Body of `POST /agent/v1/reveals/{id}`; answered with 204, or 410 if the display has expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum SealedReveal {
    /// The access data.
    Sealed {
        /// X25519 sealed box (libsodium `crypto_box_seal`) of the JSON of [`Access`], standard base64.
        sealed: String,
    },
    /// There are none (yet).
    Unavailable {
        /// Stable code: `not-provisioned`, `unknown-booking`.
        code: String,
    },
}

/// What the sealed box contains. No `Debug`: access data must not reach a log by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Lines to show, in this order.
    pub fields: Vec<AccessField>,
}

/// One line of access data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessField {
    /// `host`, `address`, `port`, `database`, `user`, `password`, `ca`, `uri`, `url`, `email`, `fingerprint`, `command`,
    /// `known-hosts`.
    pub name: String,
    /// German label.
    pub label: String,
    /// The value.
    pub value: String,
    /// Whether the page hides it until asked.
    pub secret: bool,
}

impl AccessField {
    /// A line that the page shows at once.
    pub fn shown(name: &str, label: &str, value: &str) -> AccessField {
        AccessField { name: name.to_owned(), label: label.to_owned(), value: value.to_owned(), secret: false }
    }

    /// A line that the page hides until asked.
    pub fn hidden(name: &str, label: &str, value: &str) -> AccessField {
        AccessField { name: name.to_owned(), label: label.to_owned(), value: value.to_owned(), secret: true }
    }
}
