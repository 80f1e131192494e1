//! The four conditions of a booking and since when each has its value. Pure; part of [`crate::decide`].

use crate::crd::BookingStatus;
use crate::decide::Observed;
use contract::kinds::readiness::{Readiness, State};
use contract::kinds::{Effects, Finding};
use contract::{Condition, ConditionStatus, ConditionType, MessageKey};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// After this long without readiness the sentence says so.
const TOO_LONG_SECONDS: i64 = 15 * 60;

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
pub(crate) fn ready(before: &BookingStatus, readiness: &Readiness, seen: &Observed) -> Condition {
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
    let waiting = previous
        .filter(|previous| previous.status == ConditionStatus::False)
        .is_some_and(|previous| seen.at.as_second() - previous.since.as_second() > TOO_LONG_SECONDS);
    // A broker names its own limit, which may be days.
    let unusual = waiting && readiness.message != MessageKey::ServicePending;
    if unusual && readiness.state == State::Starting {
        let detail = change.key.text_de(&change.args);
        change.key = MessageKey::TookTooLong;
        change.args = BTreeMap::from([("detail".to_owned(), detail)]);
    }
    change.condition(before, seen.at)
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
