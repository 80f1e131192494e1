//! What both sides tell each other so that they find out when one of them was restored to an earlier state.
//!
//! The marketplace says with every full list what it holds of each booking; the operator reports what does not fit. Neither
//! acts upon a difference: people decide, and their decision comes as an ordinary wanted state of a higher generation.

use crate::desired::free_object;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the marketplace holds of one booking of the location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// The booking.
    pub booking: Uuid,
    /// The location reported it as usable and not as gone: where nothing of it is left, it is reported and not provisioned a
    /// second time.
    #[serde(default)]
    pub used: bool,
    /// The end of its stored usage; none before the first interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Tail>,
}

/// The last stored interval of the allocation meters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tail {
    /// Number of its transition.
    pub seq: i64,
    /// First second.
    pub from: Timestamp,
    /// First second after it.
    pub to: Timestamp,
    /// Meter code → amount.
    pub sizes: BTreeMap<String, i64>,
}

/// What kind of difference it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The location holds it, and the marketplace does not hold it (any more). It is kept as it is.
    Unlisted,
    /// The location obeys a later wish than the marketplace knows. It is kept as it is.
    Newer,
    /// It was usable, and nothing of it is left at the location. It is not provisioned a second time.
    Lost,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Unlisted, Self::Newer, Self::Lost];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unlisted => "unlisted",
            Self::Newer => "newer",
            Self::Lost => "lost",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One booking about which the two sides do not agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The booking.
    pub booking: Uuid,
    /// What kind.
    pub kind: DifferenceKind,
    /// The wanted state that the location obeys: a [`crate::Desired`] of some version; none where nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "free_object")]
    pub desired: Option<Value>,
    /// Since when it is there, as far as the location knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When nothing of it was left, if it ended meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Timestamp>,
}

/// Body of `POST /agent/v1/differences`; answered with 204 after commit. What was reported before and is missing here is
/// settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Differences {
    /// Epoch of the list that was compared.
    pub epoch: i64,
    /// All of them, at most [`crate::protocol::MAX_DIFFERENCES`].
    pub differences: Vec<Difference>,
}
