//! What an operator saw, per booking. Times come from the API server of the cluster, never from the operator's clock.

use crate::MessageKey;
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

/// What is known of one booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// The booking.
    pub booking: Uuid,
    /// The generation of the wanted state that this is about.
    pub generation: i64,
    /// All four conditions that are known.
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
