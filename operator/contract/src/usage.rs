//! Usage: half-open intervals of allocation meters and cumulative readings of consumption meters.
//!
//! The identity of an interval is (booking, meter, from); the same identity with another content is a conflict, never
//! an update. All times are whole seconds UTC; intervals are cut at midnight in Berlin.

use crate::{Meter, canonical};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
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

/// The same batch as a marketplace reads it first, so that a meter of a newer operator does not hold up the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RawUsageBatch {
    /// Each a [`UsageRecord`] of some version.
    #[serde(default)]
    pub records: Vec<Value>,
    /// Each a [`CumulativeReading`] of some version.
    #[serde(default)]
    pub readings: Vec<Value>,
}

/// What of a raw batch could not be read: why, by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unreadable {
    records: BTreeMap<usize, String>,
    readings: BTreeMap<usize, String>,
}

impl RawUsageBatch {
    /// What can be read of it, and what cannot.
    pub fn read(self) -> (UsageBatch, Unreadable) {
        let mut unreadable = Unreadable::default();
        let records = read_each(self.records, &mut unreadable.records);
        let readings = read_each(self.readings, &mut unreadable.readings);
        (UsageBatch { records, readings }, unreadable)
    }
}

impl Unreadable {
    /// The answers to the whole batch, from those to what could be read of it.
    pub fn complete(self, answers: UsageAnswers) -> UsageAnswers {
        UsageAnswers {
            records: fill(answers.records, self.records),
            readings: fill(answers.readings, self.readings),
        }
    }
}

fn read_each<T: DeserializeOwned>(all: Vec<Value>, unreadable: &mut BTreeMap<usize, String>) -> Vec<T> {
    let mut read = Vec::with_capacity(all.len());
    for (position, value) in all.into_iter().enumerate() {
        match T::deserialize(value) {
            Ok(one) => read.push(one),
            Err(error) => drop(unreadable.insert(position, error.to_string())),
        }
    }
    read
}

/// Puts a rejection into each position that could not be read.
fn fill(answers: Vec<Answer>, unreadable: BTreeMap<usize, String>) -> Vec<Answer> {
    let mut all = answers;
    for (position, detail) in unreadable {
        let rejected = Answer::Rejected { code: "unreadable".to_owned(), detail };
        all.insert(position.min(all.len()), rejected);
    }
    all
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
    /// Of a booking that the marketplace lost in a restore and that two people decided to end: not stored, never billed,
    /// not to be sent again. Only operators that report differences get it.
    GivenUp,
    /// Not acceptable as it is.
    Rejected {
        /// Stable code such as `unknown-booking` or `not-whole-seconds`.
        code: String,
        /// For the provider's log.
        detail: String,
    },
    /// An answer of a newer version: nothing is settled by it.
    #[serde(other)]
    Unknown,
}

impl Answer {
    /// Whether the operator may forget the record: it is stored, or it is quarantined.
    pub fn settles(&self) -> bool {
        match self {
            Answer::Accepted | Answer::Duplicate | Answer::Conflict | Answer::GivenUp => true,
            Answer::Rejected { .. } | Answer::Unknown => false,
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
