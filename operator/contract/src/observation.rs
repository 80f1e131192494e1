//! What an operator saw, per booking. Times come from the API server of the cluster, never from the operator's clock.

use crate::{MessageKey, lenient};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The four questions that are answered for every booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ConditionType {
    /// Are the plan and the order understood and permitted here?
    Accepted,
    /// Is everything written to the cluster?
    Applied,
    /// Can the customer use it?
    Ready,
    /// Is the transition log up to date?
    Metered,
}

/// Answer to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// Yes.
    True,
    /// No.
    False,
    /// It could not be found out.
    Unknown,
}

/// One condition in the form of Kubernetes, with a message key instead of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which question.
    pub r#type: ConditionType,
    /// The answer.
    pub status: ConditionStatus,
    /// CamelCase word for machines.
    pub reason: String,
    /// Sentence for people.
    #[schemars(with = "String")]
    pub message_key: MessageKey,
    /// Arguments of the sentence.
    #[serde(default)]
    pub message_args: BTreeMap<String, String>,
    /// When `status` became what it is.
    pub since: Timestamp,
}

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// `postgresql`, `web` or `ssh`.
    pub name: String,
    /// Host name, verifiable by the certificate where there is one.
    pub host: String,
    /// TCP port.
    #[schemars(with = "i32", range(min = 1, max = 65535))]
    pub port: u16,
    /// IP address, for clients whose resolver does not know the host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Address for a browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Since when a wanted state is what runs (or what is stopped).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InEffect {
    /// Its generation.
    pub generation: i64,
    /// In-cluster time, whole seconds.
    pub since: Timestamp,
}

/// To which moments the data of a booking can go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recoverable {
    /// Whose archive it is: the number of the restore that serves, 0 for the beginning.
    #[schemars(with = "i32", range(min = 0))]
    pub database: u32,
    /// The earliest moment.
    pub since: Timestamp,
    /// When the last full backup was complete.
    pub last_backup: Timestamp,
    /// Whether what is written since then is archived all the time; else nothing after the last backup is safe.
    pub archiving: bool,
}

/// Which restore's data serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restored {
    /// The number of the restore.
    #[schemars(with = "i32", range(min = 0))]
    pub number: u32,
    /// Since when, in-cluster time.
    pub at: Timestamp,
}

/// What was not as it was written, although nobody wished it otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tampering {
    /// Somebody edited it.
    Changed,
    /// Somebody deleted it.
    Deleted,
}

impl Tampering {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }
}

/// An object of a booking that was written again because somebody had changed or deleted it by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repair {
    /// When it was written again, by the API server.
    pub at: Timestamp,
    /// Kind and name.
    pub object: String,
    /// What had happened to it.
    pub what: Tampering,
}

/// What is known of one booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// The booking.
    pub booking: Uuid,
    /// The generation of the wanted state that this is about.
    pub generation: i64,
    /// All four conditions that are known.
    #[serde(deserialize_with = "lenient::list")]
    pub conditions: Vec<Condition>,
    /// Where it can be reached; empty until it can.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// When it was usable for the first time: start of billing, unless the wished start is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ready: Option<Timestamp>,
    /// The latest wanted state that was reached; none from operators that do not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_effect: Option<InEffect>,
    /// To which moments its data can go back; none without backups, and before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recoverable: Option<Recoverable>,
    /// The restore that took over last; none before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
    /// The last repairs, ascending; not all of them, where there are many.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub repairs: Vec<Repair>,
    /// Time of the API server at this observation.
    pub seen_at: Timestamp,
    /// When the last object and the last volume were gone: the proof of deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Timestamp>,
}

impl Observation {
    /// The condition of this type, if it is known.
    pub fn condition(&self, wanted: ConditionType) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.r#type == wanted)
    }
}

/// Body of `POST /agent/v1/observations`; answered with 204 after commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObservationBatch {
    /// Epoch of the list that the operator obeys.
    pub epoch: i64,
    /// At most [`crate::protocol::MAX_OBSERVATIONS`].
    pub observations: Vec<Observation>,
}
