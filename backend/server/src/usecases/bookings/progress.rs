//! The steps of a booking that somebody can follow: how it came about, or how it ends.

use super::load::Loaded;
use super::standing::{MoneyFacts, Standing, money, why};
use crate::http::views::bookings::{BookingPhase, Progress};
use crate::http::views::orders::OrderAction;
use crate::http::views::text::Text;
use crate::http::views::timeline::{Money, Step, StepState, Why};
use contract::{ConditionStatus, ConditionType, Kind, Power};
use db::orders::{DecisionRow, OrderRow};
use domain::booking::{Phase, SILENCE};
use domain::order::{Decision, OrderKind};
use domain::time::{Month, berlin_day};
use jiff::{SignedDuration, Timestamp};

mod by_people;

/// The location does not know the present wish yet.
const NOT_FETCHED: &str = "not-fetched";
/// The step that a person of the provider takes.
const INVOICED: &str = "final-invoice";

/// The steps of the latest change of a booking.
pub(super) fn progress(of: &Loaded, standing: &Standing, facts: MoneyFacts, now: Timestamp) -> Progress {
    let standing = &since_told(of, standing);
    let mut why =
        why(standing, money(&of.row, of.seen.as_ref(), facts, standing.rule, now), &of.provider.short_name);
    if let (Some(why), Some(told_at)) = (&mut why, told_at(of))
        && why.actor.code == "provider"
    {
        why.actor = Text::new("provider-told").with("name", &of.provider.short_name).with("told_at", told_at);
    }
    if let Some(why) = &mut why
        && unheard(of)
    {
        why.reason = Text::new(NOT_FETCHED);
        why.actor = Text::new("operator");
    }
    let ends = of.ending();
    let (action, steps) = if let Some(steps) = by_people::decision(of, why.as_ref()) {
        (OrderAction::Create, steps)
    } else if of.by_people() {
        by_people::steps(of, why, now)
    } else if ends {
        (OrderAction::Terminate, ending(of, standing, why, now))
    } else if let Some(kind) = switched(of) {
        match kind {
            OrderKind::Change => (OrderAction::Change, changing(of, standing, why)),
            OrderKind::Stop => (OrderAction::Stop, switching(of, standing, why, kind)),
            OrderKind::Resume => (OrderAction::Resume, switching(of, standing, why, kind)),
            OrderKind::Restore => (OrderAction::Restore, restoring(of, standing, why)),
            _ => (OrderAction::Start, switching(of, standing, why, kind)),
        }
    } else {
        (OrderAction::Create, beginning(of, standing, why))
    };
    let done = steps.iter().filter(|step| step.state == StepState::Done).count();
    // A person issues invoices; nothing changes by itself while only that is open.
    let mut open = steps.iter().filter(|step| step.state != StepState::Done);
    let live = !of.by_people()
        && (action == OrderAction::Change && of.agreed_in_effect() != Some(true)
            || action == OrderAction::Restore && of.went_back.is_none()
            || !matches!(
                standing.phase,
                BookingPhase::Active | BookingPhase::Stopped | BookingPhase::Settled
            ))
        && open.any(|step| step.text.code != INVOICED);
    Progress {
        booking: of.row.id,
        action,
        done: u32::try_from(done).unwrap_or(u32::MAX),
        steps,
        as_of: of.heard_at().unwrap_or(of.row.created_at.to_jiff()).into(),
        live,
    }
}

/// Whether what the location said last is about an earlier wish, because it has not fetched the present one. That it is silent
/// says more.
fn unheard(of: &Loaded) -> bool {
    let silent = of.heard_at().is_none_or(|at| of.now.duration_since(at) > SILENCE);
    let older = of.seen.as_ref().is_some_and(|seen| seen.generation < of.row.generation);
    !of.by_people() && !silent && older && !of.fetched()
}

/// What can be used, but not as ordered, is so since it was reported.
fn since_told(of: &Loaded, standing: &Standing) -> Standing {
    let blocked = || of.events.iter().rev().find(|event| event.name == "blocked");
    let since = standing.since.or_else(|| {
        let tainted = standing.phase == BookingPhase::Tainted;
        blocked().filter(|_| tainted).map(|event| event.happened_at.to_jiff())
    });
    Standing { since, ..standing.clone() }
}

/// When the provider was told about what holds the booking up now.
fn told_at(of: &Loaded) -> Option<Timestamp> {
    let blocked = of.events.iter().rev().find(|event| event.name == "blocked")?.id.to_string();
    let told = of.events.iter().find(|event| {
        event.name == "announced"
            && event.detail.get("event").and_then(|id| id.as_str()) == Some(blocked.as_str())
            && event.detail.get("provider").and_then(|told| told.as_bool()) == Some(true)
    });
    told.map(|event| event.recorded_at.to_jiff())
}

fn beginning(of: &Loaded, standing: &Standing, why: Option<Why>) -> Vec<Step> {
    let mut steps = ordered(of, OrderKind::Create);
    steps.extend(by_people::taken(of));
    let seen = of.seen.as_ref();
    let since = |kind| {
        let conditions = seen.map(|seen| seen.conditions.as_slice()).unwrap_or_default();
        let found = conditions.iter().find(|condition| condition.r#type == kind);
        found.filter(|condition| condition.status == ConditionStatus::True).map(|condition| condition.since)
    };
    let ready_at = seen.and_then(|seen| seen.ready_at);
    let accepted = since(ConditionType::Accepted);
    let fetched = of.fetched() || seen.is_some();
    steps.push(step("fetched", fetched, accepted));
    let applied = since(ConditionType::Applied);
    // A broker does elsewhere what is made in the cluster for other kinds.
    let made = if of.row.kind == Kind::SharedService.code() { "applied-service" } else { "applied" };
    steps.push(step(made, applied.is_some() || ready_at.is_some(), applied));
    steps.push(step("ready", ready_at.is_some(), ready_at));
    match standing.rule {
        Phase::Active if standing.phase == BookingPhase::Tainted => stop_at(&mut steps, standing, why),
        Phase::Active | Phase::Stopped | Phase::Gone | Phase::Terminating => {}
        Phase::Waiting | Phase::Provisioning | Phase::Degraded | Phase::Stuck | Phase::Unknown => {
            stop_at(&mut steps, standing, why);
        }
    }
    steps
}

/// Whether the booking was stopped, started or changed last, if it ever was.
fn switched(of: &Loaded) -> Option<OrderKind> {
    of.events.iter().rev().find_map(|event| match event.name.as_str() {
        "stop-ordered" => Some(OrderKind::Stop),
        "start-ordered" => Some(OrderKind::Start),
        "change-ordered" => Some(OrderKind::Change),
        "resume-ordered" => Some(OrderKind::Resume),
        "restore-ordered" => Some(OrderKind::Restore),
        _ => None,
    })
}

fn switching(of: &Loaded, standing: &Standing, why: Option<Why>, kind: OrderKind) -> Vec<Step> {
    let mut steps = ordered(of, kind);
    let heard = of.seen.as_ref().is_some_and(|seen| seen.generation >= of.row.generation);
    steps.push(step("fetched", of.fetched() || heard, None));
    // What the customer had stopped before its end stays so when the end is taken back.
    let (code, wanted) = match (kind, super::power_of(&of.row)) {
        (OrderKind::Stop, _) | (_, Power::Off) => ("stopped", Phase::Stopped),
        _ => ("started", Phase::Active),
    };
    let done = standing.rule == wanted;
    steps.push(step(code, done, standing.since.filter(|_| done)));
    if !done || standing.phase == BookingPhase::Tainted {
        stop_at(&mut steps, standing, why);
    }
    steps
}

fn changing(of: &Loaded, standing: &Standing, why: Option<Why>) -> Vec<Step> {
    let mut steps = ordered(of, OrderKind::Change);
    let heard = of.seen.as_ref().is_some_and(|seen| seen.generation >= of.row.generation);
    steps.push(step("fetched", of.fetched() || heard, None));
    let done = of.agreed_in_effect() == Some(true);
    steps.push(step("changed", done, of.in_effect.filter(|_| done).map(|it| it.since)));
    if !done || standing.phase == BookingPhase::Tainted {
        stop_at(&mut steps, standing, why);
    }
    steps
}

fn restoring(of: &Loaded, standing: &Standing, why: Option<Why>) -> Vec<Step> {
    let mut steps = ordered(of, OrderKind::Restore);
    let heard = of.seen.as_ref().is_some_and(|seen| seen.generation >= of.row.generation);
    steps.push(step("fetched", of.fetched() || heard, None));
    let since = of.went_back;
    steps.push(step("restored", since.is_some(), since));
    if since.is_none() || standing.phase == BookingPhase::Tainted {
        stop_at(&mut steps, standing, why);
    }
    steps
}

fn ending(of: &Loaded, standing: &Standing, why: Option<Why>, now: Timestamp) -> Vec<Step> {
    let mut steps = ordered(of, OrderKind::Terminate);
    let ends_at = of.row.ends_at.map(|at| at.to_jiff()).unwrap_or(now);
    let gone_at = of.seen.as_ref().and_then(|seen| seen.gone_at);
    let ended = ends_at <= now;
    let mut end = step("end", ended, ended.then_some(ends_at));
    if !ended {
        end.state = StepState::Waiting;
        end.why = why.clone().map(|why| Why {
            reason: Text::new("wished-end").with("end_date", berlin_day(ends_at)),
            actor: Text::new("nobody"),
            due: Some(ends_at.into()),
            ..why
        });
    }
    steps.push(end);
    let kept_until = of.row.deletes_at.map(|at| at.to_jiff()).filter(|at| *at > ends_at);
    if let Some(until) = kept_until {
        let over = until <= now;
        let mut kept = step("kept", over, over.then_some(until));
        if ended && !over {
            kept.state = StepState::Waiting;
            kept.why = Some(Why {
                reason: Text::new("data-kept"),
                money: Money::Over,
                actor: Text::new(match of.settled || of.final_invoice.is_some() {
                    true => "nobody",
                    false => "customer-may-resume",
                }),
                due: Some(until.into()),
            });
        }
        steps.push(kept);
    }
    let deleting =
        of.events.iter().find(|event| event.name == "deleting").map(|event| event.happened_at.to_jiff());
    steps.push(step("deleting", gone_at.is_some(), gone_at.or(deleting)));
    steps.push(step("gone", gone_at.is_some(), gone_at));
    let complete = gone_at.is_some_and(|gone| of.watermark().is_some_and(|mark| mark >= gone));
    steps.push(step("final-usage", complete, None));
    let issued_at = of.final_invoice.as_ref().map(|head| head.issued_at.to_jiff());
    let code = if of.settled && issued_at.is_none() { "settled" } else { INVOICED };
    steps.push(step(code, of.settled || issued_at.is_some(), issued_at));
    let waits = kept_until.is_some_and(|until| until > now) && standing.phase == BookingPhase::Retained;
    if ended && gone_at.is_none() && !waits {
        stop_at(&mut steps, standing, why);
    } else if ended
        && !waits
        && let Some(next) = steps.iter_mut().find(|step| step.state != StepState::Done)
    {
        next.state = StepState::Running;
        if next.text.code == INVOICED {
            next.state = StepState::Waiting;
            next.why = Some(invoice_waits(of, ends_at, now));
        }
    }
    steps
}

/// Who issues the last invoice, and when its month is over.
fn invoice_waits(of: &Loaded, ends_at: Timestamp, now: Timestamp) -> Why {
    let over = Month::of(ends_at - SignedDuration::from_secs(1)).period().to();
    Why {
        reason: Text::new("invoice-waits"),
        money: Money::Over,
        actor: Text::new("provider-bills").with("name", &of.provider.short_name),
        due: (over > now).then(|| over.into()),
    }
}

/// Request and decision of the latest order of a kind; whoever does not see orders sees only when it took effect.
fn ordered(of: &Loaded, kind: OrderKind) -> Vec<Step> {
    let found: Option<&(OrderRow, Option<DecisionRow>)> = of.orders.iter().rev().find(|(order, decision)| {
        let decision = decision.as_ref().and_then(|decision| Decision::from_code(&decision.decision));
        order.kind == kind.code() && decision.is_some_and(Decision::takes_effect)
    });
    let Some((order, decision)) = found else {
        let name = match kind {
            OrderKind::Create => "began",
            OrderKind::Change => "change-ordered",
            OrderKind::Stop => "stop-ordered",
            OrderKind::Start => "start-ordered",
            OrderKind::Terminate => "end-ordered",
            OrderKind::Resume => "resume-ordered",
            // Shown beside the booking, and never as its last change: nothing happens at the location.
            OrderKind::Transfer => "transfer-ordered",
            OrderKind::Restore => "restore-ordered",
        };
        let event = of.events.iter().rev().find(|event| event.name == name);
        let code = if kind.needs_approval() { "approved" } else { "requested" };
        return vec![step(code, true, event.map(|event| event.happened_at.to_jiff()))];
    };
    let mut requested = step("requested", true, Some(order.requested_at.to_jiff()));
    requested.who = of.name_of(order.requested_by);
    let by_rule = decision.as_ref().is_some_and(|it| it.decision == Decision::ByRule.code());
    if !kind.needs_approval() || by_rule {
        requested.said = Some(order.justification.clone()).filter(|said| !said.is_empty());
        return vec![requested];
    }
    let mut approved =
        step("approved", true, decision.as_ref().map(|decision| decision.decided_at.to_jiff()));
    approved.who = decision.as_ref().and_then(|decision| decision.decided_by).and_then(|who| of.name_of(who));
    approved.said =
        decision.as_ref().and_then(|decision| decision.reason.clone()).filter(|said| !said.is_empty());
    vec![requested, approved]
}

/// Marks the step that is not done yet (or the last one) with what is going on.
fn stop_at(steps: &mut [Step], standing: &Standing, why: Option<Why>) {
    let position =
        steps.iter().position(|step| step.state != StepState::Done).unwrap_or(steps.len().saturating_sub(1));
    let Some(step) = steps.get_mut(position) else { return };
    step.state = match (standing.rule, standing.acts) {
        (Phase::Unknown, _) => StepState::Waiting,
        (_, contract::message::Acts::Nobody) => StepState::Running,
        (Phase::Stuck | Phase::Degraded, _) => StepState::Failed,
        // It goes on by itself once somebody made room.
        (Phase::Active, _) if waits_for_room(standing) => StepState::Waiting,
        // It runs as before, and what was ordered last does not come.
        (Phase::Active, contract::message::Acts::Provider) => StepState::Failed,
        _ => StepState::Waiting,
    };
    // Since when the location said something tells nothing about a wish that it does not know.
    let heard = why.as_ref().is_none_or(|why| why.reason.code != NOT_FETCHED);
    step.at = standing.since.filter(|_| heard).map(Into::into).or(step.at);
    step.why = why;
}

fn waits_for_room(standing: &Standing) -> bool {
    standing.reason.as_ref().is_some_and(|reason| reason.code == contract::MessageKey::RestoreWaits.code())
}

fn step(code: &str, done: bool, at: Option<Timestamp>) -> Step {
    Step {
        state: if done { StepState::Done } else { StepState::Todo },
        text: Text::new(code),
        at: at.map(Into::into),
        who: None,
        said: None,
        why: None,
    }
}
