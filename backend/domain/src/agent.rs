//! What an operator is told, and what becomes of its word.
//!
//! Owns: the way from a booking to [`contract::Desired`], how an observation is joined with what was known before, when a
//! wanted end takes effect. Does not own: phases ([`crate::booking`]), usage ([`crate::metering`]).

use contract::{
    Condition, ConditionStatus, ConditionType, Endpoint, InEffect, MessageKey, Observation, Recoverable,
    Restored, Wanted,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The event that an object was written again which somebody had changed or deleted by hand.
pub const REPAIRED: &str = "repaired";

/// What is known of a booking from its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Which wanted state it is about.
    pub generation: i64,
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Ways in.
    pub endpoints: Vec<Endpoint>,
    /// First time it was usable; never changes once known.
    pub ready_at: Option<Timestamp>,
    /// The latest wanted state that was reached, and since when.
    pub in_effect: Option<InEffect>,
    /// To which moments its data can go back.
    pub recoverable: Option<Recoverable>,
    /// The restore that took over last.
    pub restored: Option<Restored>,
    /// Time of the last repair that was told.
    pub repaired_at: Option<Timestamp>,
    /// When nothing was left; never changes once known.
    pub gone_at: Option<Timestamp>,
    /// Time of the cluster at the last change.
    pub observed_at: Timestamp,
}

/// A change worth remembering in the history of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `accepted`, `refused`, `ready`, `interrupted`, `blocked`, `effective`, `repaired`, `deleting`, `gone`.
    pub name: &'static str,
    /// When, by the cluster.
    pub at: Timestamp,
    /// Message key and its arguments.
    pub detail: Value,
}

/// What an observation changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Nothing: it was known, or it is older than what is known.
    Nothing,
    /// This is known from now on.
    Changed {
        /// The whole of it.
        known: Box<Known>,
        /// What is to be remembered.
        events: Vec<Event>,
    },
}

/// Joins an observation with what is known. A repeated, delayed or reordered one changes nothing; the first readiness and
/// the end stay as they were first reported.
pub fn hear(before: Option<&Known>, said: &Observation) -> Heard {
    if let Some(known) = before
        && (said.generation, said.seen_at) < (known.generation, known.observed_at)
    {
        return Heard::Nothing;
    }
    let known = Known {
        generation: said.generation,
        conditions: said.conditions.clone(),
        endpoints: said.endpoints.clone(),
        ready_at: before.and_then(|known| known.ready_at).or(said.first_ready),
        in_effect: latest(before.and_then(|known| known.in_effect), said.in_effect),
        recoverable: said.recoverable,
        restored: took_over(before.and_then(|known| known.restored), said.restored),
        repaired_at: said
            .repairs
            .iter()
            .map(|repair| repair.at)
            .chain(before.and_then(|known| known.repaired_at))
            .max(),
        gone_at: before.and_then(|known| known.gone_at).or(said.gone),
        observed_at: said.seen_at,
    };
    let same =
        before.is_some_and(|before| Known { observed_at: known.observed_at, ..before.clone() } == known);
    if same {
        return Heard::Nothing;
    }
    let mut events = events(before, &known);
    events.extend(repairs(before, said));
    Heard::Changed { known: Box::new(known), events }
}

/// Repairs that nobody told before. An operator keeps the last ones only, and tells them again.
fn repairs(before: Option<&Known>, said: &Observation) -> Vec<Event> {
    let told = before.and_then(|known| known.repaired_at);
    let new = said.repairs.iter().filter(|repair| told.is_none_or(|told| repair.at > told));
    new.map(|repair| Event {
        name: REPAIRED,
        at: repair.at,
        detail: json!({"object": repair.object, "what": repair.what.code()}),
    })
    .collect()
}

/// What was reached stays as it was first reported, until a later wanted state is reached.
fn latest(before: Option<InEffect>, said: Option<InEffect>) -> Option<InEffect> {
    match (before, said) {
        (Some(before), Some(said)) if said.generation > before.generation => Some(said),
        (None, Some(said)) => Some(said),
        (before, _) => before,
    }
}

/// When a restore took over stays as it was first reported, also where the cluster forgot it.
fn took_over(before: Option<Restored>, said: Option<Restored>) -> Option<Restored> {
    match (before, said) {
        (Some(before), Some(said)) if said.number != before.number => Some(said),
        (before, said) => before.or(said),
    }
}

fn events(before: Option<&Known>, known: &Known) -> Vec<Event> {
    let mut events = Vec::new();
    let was = |kind| before.and_then(|known| find(&known.conditions, kind)).map(|condition| condition.status);
    if let Some(accepted) = find(&known.conditions, ConditionType::Accepted)
        && Some(accepted.status) != was(ConditionType::Accepted)
    {
        match accepted.status {
            ConditionStatus::True => events.push(event("accepted", accepted)),
            ConditionStatus::False => events.push(event("refused", accepted)),
            ConditionStatus::Unknown => {}
        }
    }
    if let Some(ready) = find(&known.conditions, ConditionType::Ready) {
        let ready_before = was(ConditionType::Ready) == Some(ConditionStatus::True);
        if ready.status == ConditionStatus::True && !ready_before {
            let first = known.ready_at.filter(|_| before.is_none_or(|known| known.ready_at.is_none()));
            events.push(Event { at: first.unwrap_or(ready.since), ..event("ready", ready) });
        } else if ready.status != ConditionStatus::True
            && ready_before
            && known.gone_at.is_none()
            && !matches!(
                ready.message_key,
                MessageKey::Deleting
                    | MessageKey::DeleteTooLong
                    | MessageKey::ServiceStuck
                    | MessageKey::ServiceGone
            )
        {
            events.push(event("interrupted", ready));
        }
    }
    events.extend(blocked(before, known));
    if let Some(reached) = known.in_effect
        && before.and_then(|known| known.in_effect) != Some(reached)
    {
        events.push(Event {
            name: "effective",
            at: reached.since,
            detail: json!({"generation": reached.generation}),
        });
    }
    // What is deleted is named at the beginning: afterwards nobody could tell what there was.
    let deletes = |known: &Known| {
        find(&known.conditions, ConditionType::Ready).is_some_and(|ready| {
            matches!(ready.message_key, MessageKey::Deleting | MessageKey::DeleteTooLong)
        })
    };
    if deletes(known)
        && !before.is_some_and(deletes)
        && let Some(ready) = find(&known.conditions, ConditionType::Ready)
    {
        events.push(Event { at: known.observed_at, ..event("deleting", ready) });
    }
    if let Some(gone) = known.gone_at
        && before.is_none_or(|known| known.gone_at.is_none())
    {
        // What a service broker answered to the end is the proof of it.
        let proof = find(&known.conditions, ConditionType::Ready)
            .filter(|ready| ready.message_key == MessageKey::ServiceGone);
        let plain = json!({"message_key": MessageKey::Gone.code(), "args": {}});
        let detail = proof.map_or(plain, |ready| event("gone", ready).detail);
        events.push(Event { name: "gone", at: gone, detail });
    }
    events
}

/// That somebody has to act. The same about a later wish is news: that one is not carried out, either.
fn blocked(before: Option<&Known>, known: &Known) -> Option<Event> {
    let blocking = crate::booking::blocking(&known.conditions).filter(|_| known.gone_at.is_none())?;
    let told = before.filter(|before| before.generation == known.generation);
    let told = told.and_then(|before| crate::booking::blocking(&before.conditions));
    if told.is_some_and(|told| told.message_key == blocking.message_key) {
        return None;
    }
    // Since when it can be used says nothing about since when it is not as ordered.
    let at = if blocking.status == ConditionStatus::True { known.observed_at } else { blocking.since };
    Some(Event { at, ..event("blocked", blocking) })
}

fn event(name: &'static str, condition: &Condition) -> Event {
    let detail = json!({"message_key": condition.message_key.code(), "args": condition.message_args});
    Event { name, at: condition.since, detail }
}

fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.r#type == kind)
}

/// When an ordered end takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Billing ends here, even if the cluster is cut off.
    pub ends_at: Timestamp,
    /// What is wanted until then.
    pub wanted: Wanted,
}

/// The end that was wished for, but never before now; data stay until it has come.
pub fn ending(wished_at: Timestamp, now: Timestamp) -> Ending {
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    if wished_at > now {
        Ending { ends_at: wished_at, wanted: Wanted::Present }
    } else {
        Ending { ends_at: now, wanted: Wanted::Absent }
    }
}

/// Until when data are kept that an ended booking leaves behind: whole days after the end.
pub fn kept_until(ends_at: Timestamp, days: i64) -> Timestamp {
    ends_at.checked_add(jiff::Span::new().hours(24 * days.clamp(0, 365))).unwrap_or(ends_at)
}

#[cfg(test)]
#[path = "agent_test.rs"]
mod tests;
