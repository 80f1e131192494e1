//! What marketplace and operator agree on, and nothing else: kinds, meters and the messages of the agent protocol.
//!
//! Both programs are compiled against this crate; it performs no IO, knows no clock and no randomness. Reading order:
//! [`meter`] and [`kinds`] (what can be booked and measured), [`desired`] (marketplace → operator), [`observation`],
//! [`usage`], [`heartbeat`] (operator → marketplace), [`compare`] (after a restore), [`enrolment`], [`reveal`], [`protocol`]
//! (who may say it), [`version`] (who understands whom).

pub mod canonical;
pub mod compare;
pub mod desired;
pub mod enrolment;
pub mod heartbeat;
pub mod kinds;
pub mod lenient;
pub mod message;
pub mod meter;
pub mod observation;
pub mod protocol;
pub mod reveal;
pub mod usage;
pub mod version;

pub use compare::{Difference, DifferenceKind, Differences, Held, Tail};
pub use desired::{
    Desired, DesiredList, Exposure, ExposureClass, OrganisationRef, Power, RawDesired, RawDesiredList,
    Restore, Wanted, lines_hash, list_hash, raw_list_hash,
};
pub use enrolment::{Enrolled, Enrolment, KeyTaken, NextKey, PublicJwk, key_id};
pub use heartbeat::{Abilities, BrokerPlan, Capacity, Heartbeat, HeartbeatAnswer, PostgresqlVersion};
pub use kinds::{Finding, Kind};
pub use message::MessageKey;
pub use meter::{Meter, Nature};
pub use observation::{
    Condition, ConditionStatus, ConditionType, Endpoint, InEffect, Observation, ObservationBatch,
    Recoverable, Repair, Restored, Tampering,
};
pub use reveal::{
    PendingReveal, PendingReveals, PendingRotation, PendingWord, RotationOutcome, SealedReveal, WordOutcome,
};
pub use usage::{Answer, CumulativeReading, RawUsageBatch, UsageAnswers, UsageBatch, UsageRecord};
