//! What marketplace and operator agree on, and nothing else: kinds, meters and the messages of the agent protocol.
//!
//! Both programs are compiled against this crate; it performs no IO, knows no clock and no randomness. Reading order:
//! [`meter`] and [`kinds`] (what can be booked and measured), [`desired`] (marketplace → operator), [`observation`],
//! [`usage`], [`heartbeat`] (operator → marketplace), [`enrolment`], [`reveal`], [`protocol`] (who may say it).

pub mod canonical;
pub mod desired;
pub mod enrolment;
pub mod heartbeat;
pub mod kinds;
pub mod message;
pub mod meter;
pub mod observation;
pub mod protocol;
pub mod reveal;
pub mod usage;

pub use desired::{
    Desired, DesiredList, Exposure, ExposureClass, OrganisationRef, Power, RawDesiredList, Wanted, list_hash,
    raw_list_hash,
};
pub use enrolment::{Enrolled, Enrolment, KeyTaken, NextKey, PublicJwk, key_id};
pub use heartbeat::{Abilities, Capacity, Heartbeat, HeartbeatAnswer, PostgresqlVersion};
pub use kinds::{Finding, Kind};
pub use message::MessageKey;
pub use meter::{Meter, Nature};
pub use observation::{
    Condition, ConditionStatus, ConditionType, Endpoint, InEffect, Observation, ObservationBatch,
};
pub use reveal::{PendingReveal, PendingReveals, SealedReveal};
pub use usage::{Answer, CumulativeReading, UsageAnswers, UsageBatch, UsageRecord};
