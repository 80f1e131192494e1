//! Usage: half-open intervals of allocation meters and cumulative readings of consumption meters.
//!
//! The identity of an interval is (booking, meter, from); the same identity with another content is a conflict, never
//! an update. All times are whole seconds UTC; intervals are cut at midnight in Berlin.

use crate::{Meter, canonical};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `amount` of `meter` was allocated during `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageRecord {
    /// The booking.
    pub booking: Uuid,
    /// An allocation meter.
    pub meter: Meter,
    /// Number of the transition in the booking's log; several intervals may share it, none is missing in between.
    pub seq: i64,
    /// First second.
    pub from: Timestamp,
    /// First second after it.
    pub to: Timestamp,
    /// In the unit of the meter; 0 is an interval too.
    pub amount: i64,
    /// Epoch of the marketplace in which it was sent; no part of identity or content.
    pub epoch: i64,
}

impl UsageRecord {
    /// SHA-256 of everything but the epoch: tells a duplicate from a conflict.
    pub fn content_hash(&self) -> String {
        canonical::sha256_hex(
            format!(
                "{}|{}|{}|{}|{}|{}",
                self.booking,
                self.meter.code(),
                self.seq,
                self.from.as_second(),
                self.to.as_second(),
                self.amount
            )
            .as_bytes(),
        )
    }
}

/// A counter stood at `value` at `at`. The marketplace bills what the maximum per (uid, epoch) grew by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CumulativeReading {
    /// The booking.
    pub booking: Uuid,
    /// A consumption meter.
    pub meter: Meter,
    /// Names the counter, derived from the booking.
    pub uid: String,
    /// Rises whenever the counter starts anew.
    pub epoch: i64,
    /// What the counter showed; never falls within an epoch.
    pub value: i64,
    /// Time of the API server.
    pub at: Timestamp,
}

impl CumulativeReading {
    /// SHA-256 of the content; the identity is (booking, meter, uid, epoch, at).
    pub fn content_hash(&self) -> String {
        canonical::sha256_hex(
            format!(
                "{}|{}|{}|{}|{}|{}",
                self.booking,
                self.meter.code(),
                self.uid,
                self.epoch,
                self.value,
                self.at.as_second()
            )
            .as_bytes(),
        )
    }
}

/// Body of `POST /agent/v1/usage`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageBatch {
    /// At most [`crate::protocol::MAX_USAGE`] together with `readings`.
    #[serde(default)]
    pub records: Vec<UsageRecord>,
    /// Consumption.
    #[serde(default)]
    pub readings: Vec<CumulativeReading>,
}

/// What became of one record or reading, after commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// Stored now.
    Accepted,
    /// Was stored before with the same content.
    Duplicate,
    /// Stored before with another content: quarantined and alarmed, not to be sent again.
    Conflict,
    /// Not acceptable as it is.
    Rejected {
        /// Stable code such as `unknown-booking` or `not-whole-seconds`.
        code: String,
        /// For the provider's log.
        detail: String,
    },
}

impl Answer {
    /// Whether the operator may forget the record: it is stored, or it is quarantined.
    pub fn settles(&self) -> bool {
        match self {
            Answer::Accepted | Answer::Duplicate | Answer::Conflict => true,
            Answer::Rejected { .. } => false,
        }
    }
}

/// Answer to a batch, both lists in the order of the batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsageAnswers {
    /// One per record.
    #[serde(default)]
    pub records: Vec<Answer>,
    /// One per reading.
    #[serde(default)]
    pub readings: Vec<Answer>,
}
