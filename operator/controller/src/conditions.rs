//! The four conditions of a booking and since when each has its value. Pure; part of [`crate::decide`].

use crate::crd::BookingStatus;
use crate::decide::Observed;
use contract::kinds::readiness::{Readiness, State};
use contract::kinds::{Effects, Finding};
use contract::{Condition, ConditionStatus, ConditionType, InEffect, Kind, MessageKey};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// After this long without readiness people are told.
const UNREADY_SECONDS: i64 = 15 * 60;
/// Stopping and deleting wait for what shuts down; a database is given half an hour for it by its engine.
const ENDING_SECONDS: i64 = 45 * 60;
/// For a change during which the booking can be used.
const CHANGING_SECONDS: i64 = 60 * 60;
/// An archive of a large database is read for hours.
const RESTORING_SECONDS: i64 = 12 * 60 * 60;

/// A condition to be.
pub(crate) struct Change {
    pub(crate) kind: ConditionType,
    pub(crate) status: ConditionStatus,
    pub(crate) key: MessageKey,
    pub(crate) args: BTreeMap<String, String>,
    pub(crate) since: Option<Timestamp>,
}

impl Change {
    /// Keeps the time of the previous condition while the status is the same.
    pub(crate) fn condition(self, before: &BookingStatus, at: Timestamp) -> Condition {
        let previous = before.condition(self.kind);
        let since = match previous {
            Some(previous) if previous.status == self.status => previous.since,
            Some(previous) => self.since.unwrap_or(at).max(previous.since).min(at),
            None => self.since.unwrap_or(at).min(at),
        };
        Condition {
            r#type: self.kind,
            status: self.status,
            reason: format!("{:?}", self.key),
            message_key: self.key,
            message_args: self.args,
            since,
        }
    }
}

/// Are plan and order understood and permitted here?
pub(crate) fn accepted(effects: &Result<Effects, Vec<Finding>>) -> Change {
    let (status, key, args) = match effects {
        Ok(_) => (ConditionStatus::True, MessageKey::Accepted, BTreeMap::new()),
        Err(findings) => {
            let code = findings.first().map(|finding| finding.code.as_str()).unwrap_or_default();
            let detail: Vec<String> = findings.iter().map(ToString::to_string).collect();
            let (key, name) = match code {
                "kind-unavailable" => (MessageKey::KindUnavailable, "kind"),
                "policy-refused" | "broker-unknown" => (MessageKey::PolicyRefused, "detail"),
                "volume-cannot-grow" => (MessageKey::VolumeCannotGrow, "detail"),
                "plan-unreadable" => (MessageKey::PlanInvalid, "detail"),
                _ => (MessageKey::OrderInvalid, "detail"),
            };
            let value = detail.join(" ").trim().to_owned();
            (ConditionStatus::False, key, BTreeMap::from([(name.to_owned(), value)]))
        }
    };
    Change { kind: ConditionType::Accepted, status, key, args, since: None }
}

/// Can the customer use it?
pub(crate) fn ready(
    kind: Kind,
    (before, pending): (&BookingStatus, Option<InEffect>),
    readiness: &Readiness,
    seen: &Observed,
) -> Condition {
    let previous = before.condition(ConditionType::Ready);
    // What was up but had no address could not be used: its own time would be too early.
    let waited = previous.is_some_and(|previous| previous.message_key == MessageKey::WaitingForAddress);
    let status =
        if readiness.state == State::Running { ConditionStatus::True } else { ConditionStatus::False };
    let mut change = Change {
        kind: ConditionType::Ready,
        status,
        key: readiness.message,
        args: readiness.args.clone(),
        since: if waited { None } else { readiness.since },
    };
    let unready =
        previous.filter(|previous| previous.status == ConditionStatus::False).map(|previous| previous.since);
    let wished = pending.map(|pending| pending.since);
    // What was stopped for a month and shall start now does not take long since a month.
    let since = if status == ConditionStatus::True {
        wished
    } else {
        unready.max(wished.filter(|_| unready.is_some()))
    };
    if let Some((seconds, key)) = limit(kind, readiness)
        && since.is_some_and(|since| is_over(since, seen.at, seconds))
    {
        let detail = change.key.text_de(&change.args);
        change.key = key;
        change.args = BTreeMap::from([("detail".to_owned(), detail)]);
    }
    change.condition(before, seen.at)
}

/// How long something may go on by itself, and what is said afterwards; nothing where it is at rest, or where somebody was
/// told already.
fn limit(kind: Kind, readiness: &Readiness) -> Option<(i64, MessageKey)> {
    let broker = kind == Kind::SharedService;
    match (readiness.state, readiness.message) {
        // A broker names its own limit, which may be days.
        (_, MessageKey::ServicePending) => None,
        (State::Running, MessageKey::Changing) if broker => None,
        (State::Starting, _) => Some((UNREADY_SECONDS, MessageKey::TookTooLong)),
        (State::Changing, _) if readiness.serves => Some((CHANGING_SECONDS, MessageKey::ChangeTooLong)),
        (State::Changing, _) => Some((UNREADY_SECONDS, MessageKey::NotServing)),
        (State::Stopping, _) => Some((ENDING_SECONDS, MessageKey::StopTooLong)),
        (State::Running, MessageKey::Changing | MessageKey::Growing) => {
            Some((CHANGING_SECONDS, MessageKey::ChangeTooLong))
        }
        (State::Running, MessageKey::Restoring) => Some((RESTORING_SECONDS, MessageKey::ChangeTooLong)),
        (State::Running | State::Stopped | State::Failed, _) => None,
    }
}

/// Whether what ends has been there for too long; a broker takes its own time and says itself when it does not go on.
pub(crate) fn is_stuck(kind: Kind, pending: Option<InEffect>, at: Timestamp) -> bool {
    kind != Kind::SharedService && pending.is_some_and(|pending| is_over(pending.since, at, ENDING_SECONDS))
}

/// Whether the cluster has taken nothing for too long.
pub(crate) fn is_unreachable(before: &BookingStatus, at: Timestamp) -> bool {
    before.condition(ConditionType::Applied).is_some_and(|applied| {
        applied.status == ConditionStatus::Unknown && is_over(applied.since, at, UNREADY_SECONDS)
    })
}

fn is_over(since: Timestamp, at: Timestamp, seconds: i64) -> bool {
    at.as_second() - since.as_second() > seconds
}

/// Is there a log?
pub(crate) fn metered(status: &BookingStatus) -> Change {
    let (value, key) = if status.log.is_empty() {
        (ConditionStatus::False, MessageKey::NotYetMetered)
    } else {
        (ConditionStatus::True, MessageKey::Metered)
    };
    let since = status.log.first().map(|entry| entry.from);
    Change { kind: ConditionType::Metered, status: value, key, args: BTreeMap::new(), since }
}

/// The German sentence of a condition.
pub(crate) fn sentence(status: &BookingStatus, shown: ConditionType) -> String {
    status
        .condition(shown)
        .map(|condition| condition.message_key.text_de(&condition.message_args))
        .unwrap_or_default()
}
