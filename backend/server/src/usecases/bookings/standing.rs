//! Where a booking stands, in the words of the screen: phase, reason, who acts, whether money runs.

use super::{wanted_from_code, wish};
use crate::http::views::bookings::BookingPhase;
use crate::http::views::text::Text;
use crate::http::views::timeline::{Money, Why};
use contract::message::Acts;
use contract::{ConditionStatus, MessageKey};
use db::bookings::BookingRow;
use domain::booking::{Phase, Seen, UnderWay, billable, message, phase, tainted, under_way};
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Phase with the sentence that explains it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// As the screen names it.
    pub phase: BookingPhase,
    /// As the rules name it.
    pub rule: Phase,
    /// `reason-<code>`: what the operator says, or that it is silent.
    pub reason: Option<Text>,
    /// Who acts next.
    pub acts: Acts,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Standing {
    /// The same of a booking whose last cost was invoiced.
    #[must_use]
    pub fn with_settled(mut self, settled: bool) -> Self {
        if settled && self.phase == BookingPhase::Gone {
            self.phase = BookingPhase::Settled;
        }
        self
    }
}

/// Computes the standing of a booking; nothing of it is stored. `agreed` is the generation of what was agreed last.
pub fn standing(
    (row, agreed): (&BookingRow, i64),
    seen: Option<&Seen>,
    heard_at: Option<Timestamp>,
    now: Timestamp,
) -> Standing {
    let rule = phase(wish(row), seen, heard_at, now);
    let said = seen.and_then(|seen| message(&seen.conditions));
    let key = said.map(|(key, _)| key);
    let over = row.wanted == "present" && row.ends_at.is_some_and(|at| at.to_jiff() <= now);
    let shown = match rule {
        Phase::Stopped if over => BookingPhase::Retained,
        Phase::Active | Phase::Degraded | Phase::Stuck if over => BookingPhase::Terminating,
        Phase::Waiting => BookingPhase::Waiting,
        Phase::Provisioning => BookingPhase::Provisioning,
        Phase::Stopped => BookingPhase::Stopped,
        Phase::Active | Phase::Stuck if seen.is_some_and(|seen| tainted(&seen.conditions)) => {
            BookingPhase::Tainted
        }
        Phase::Active if matches!(key, Some(MessageKey::Changing | MessageKey::Restoring)) => {
            BookingPhase::Changing
        }
        Phase::Active => BookingPhase::Active,
        Phase::Degraded => match seen.and_then(|seen| under_way(wish(row), agreed, seen)) {
            Some(UnderWay::Change) => BookingPhase::Changing,
            Some(UnderWay::Start) => BookingPhase::Starting,
            Some(UnderWay::Stop) => BookingPhase::Stopping,
            None => BookingPhase::Degraded,
        },
        Phase::Stuck => BookingPhase::Degraded,
        Phase::Unknown => BookingPhase::Unknown,
        Phase::Terminating => BookingPhase::Terminating,
        Phase::Gone if seen.is_some_and(never_began) => BookingPhase::NotBegun,
        Phase::Gone => BookingPhase::Gone,
    };
    let silent = heard_at.is_none_or(|at| now.duration_since(at) > domain::booking::SILENCE);
    let (reason, acts, since) = match (rule, said) {
        (Phase::Gone, said) => {
            let proof = said.filter(|(key, _)| *key == MessageKey::ServiceGone);
            let text = proof.map_or_else(
                || Text::new(MessageKey::Gone.code()),
                |(key, condition)| sentence(key, &condition.message_args),
            );
            (Some(text), Acts::Nobody, seen.and_then(|seen| seen.gone_at))
        }
        (_, _) if silent => (Some(silence(heard_at)), Acts::Provider, heard_at),
        (_, None) => (Some(Text::new("not-fetched")), Acts::Nobody, None),
        (_, Some((key, condition))) => {
            // Since when it can be used says nothing about since when it is not as ordered.
            let told = key.as_ordered() || condition.status != ConditionStatus::True;
            (Some(sentence(key, &condition.message_args)), key.acts(), told.then_some(condition.since))
        }
    };
    Standing { phase: shown, rule, reason, acts, since }
}

/// Whether nobody ever said anything of it but that it is over.
pub(super) fn never_began(seen: &Seen) -> bool {
    seen.ready_at.is_none() && seen.conditions.is_empty()
}

/// What the operator said, as code and arguments.
pub(super) fn sentence(key: MessageKey, args: &BTreeMap<String, String>) -> Text {
    let mut text = Text::new(key.code());
    // Every sentence finds every argument that any of them has, so that none is shown with a gap.
    for name in ["detail", "object", "kind", "version"] {
        text = text.with(name, args.get(name).map_or("–", String::as_str));
    }
    text
}

/// That the operator is silent, or was never heard.
pub(super) fn silence(heard_at: Option<Timestamp>) -> Text {
    match heard_at {
        Some(at) => Text::new("operator-silent").with("since_at", at),
        None => Text::new("not-fetched"),
    }
}

/// What is known about the money of a booking.
#[derive(Debug, Clone, Copy)]
pub(super) struct MoneyFacts {
    /// Net per month, as ordered.
    pub monthly: Decimal,
    /// Net per month by the agreement before, while the location has not done what was agreed last.
    pub former: Option<Decimal>,
    /// Net per month while stopped; nothing where it cannot be stopped.
    pub stopped: Option<Decimal>,
    /// What the order binds in its budget; none for whoever does not see the order.
    pub committed: Option<Decimal>,
}

/// Whether the customer pays while this lasts.
pub(super) fn money(
    row: &BookingRow,
    seen: Option<&Seen>,
    facts: MoneyFacts,
    rule: Phase,
    now: Timestamp,
) -> Money {
    // What was ordered costs what it costs once it is so.
    let runs = facts.former.unwrap_or(facts.monthly);
    let monthly = facts.stopped.filter(|_| rule == Phase::Stopped).unwrap_or(runs);
    let ready_at = seen.and_then(|seen| seen.ready_at);
    let gone_at = seen.and_then(|seen| seen.gone_at);
    let span = billable(ready_at, row.wished_start_at.to_jiff(), row.ends_at.map(|at| at.to_jiff()), gone_at);
    match span {
        Some((from, to)) if from <= now && to.is_none_or(|to| to > now) => {
            Money::AsBefore { monthly: monthly.into() }
        }
        Some((from, to)) if from > now && to.is_none_or(|to| to > from) => reserved(facts),
        Some(_) => Money::Over,
        None if wanted_from_code(&row.wanted) == contract::Wanted::Present => reserved(facts),
        None => Money::Over,
    }
}

fn reserved(facts: MoneyFacts) -> Money {
    facts.committed.map_or(Money::None, |amount| Money::Reserved { amount: amount.into() })
}

/// What invariant 10 asks for. `provider` is the name of the provider.
pub(super) fn why(standing: &Standing, money: Money, provider: &str) -> Option<Why> {
    let reason = standing.reason.clone()?;
    let actor = match standing.acts {
        Acts::Nobody if standing.rule == Phase::Waiting => Text::new("operator"),
        Acts::Nobody => Text::new("nobody"),
        Acts::Provider => Text::new("provider").with("name", provider),
        Acts::Customer => Text::new("customer"),
    };
    Some(Why { reason, money, actor, due: None })
}

#[cfg(test)]
#[path = "standing_test.rs"]
mod tests;
