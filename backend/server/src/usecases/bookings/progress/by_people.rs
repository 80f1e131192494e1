//! The steps of a booking that people fulfil: the tasks that matter to both sides, with whoever acts next.

use super::super::load::Loaded;
use super::{INVOICED, invoice_waits, ordered, step};
use crate::http::views::orders::OrderAction;
use crate::http::views::text::Text;
use crate::http::views::timeline::{Money, Step, StepState, Why};
use db::tasks::TaskRow;
use domain::order::OrderKind;
use domain::task::{ACCEPT, CONFIRM_END, CONFIRM_START, END, KNOWN, Known, START, Side, next};
use domain::time::berlin_day;
use jiff::Timestamp;

/// How it came about, or how it ends. `why` carries whether money runs.
pub(super) fn steps(of: &Loaded, why: Option<Why>, now: Timestamp) -> (OrderAction, Vec<Step>) {
    let money = why.map_or(Money::None, |why| why.money);
    let gone = of.seen.as_ref().and_then(|seen| seen.gone_at);
    if !of.ending() {
        let mut steps = ordered(of, OrderKind::Create);
        steps.push(of_task(of, "taken", ACCEPT));
        let own: Vec<&TaskRow> = own(of).collect();
        if !own.is_empty() {
            let open = own.iter().any(|row| row.state == "open");
            steps.push(step("set-up", !open, own.iter().filter_map(|row| at(row)).max().filter(|_| !open)));
        }
        steps.push(of_task(of, "start-stated", START));
        steps.push(of_task(of, "start-confirmed", CONFIRM_START));
        wait(of, &mut steps, money);
        return (OrderAction::Create, steps);
    }
    let mut steps = ordered(of, OrderKind::Terminate);
    let ends_at = of.row.ends_at.map_or(now, |at| at.to_jiff());
    let mut end = step("end", ends_at <= now, (ends_at <= now).then_some(ends_at));
    if ends_at > now {
        end.state = StepState::Waiting;
        end.why = Some(Why {
            reason: Text::new("wished-end").with("end_date", berlin_day(ends_at)),
            money,
            actor: Text::new("nobody"),
            due: Some(ends_at.into()),
        });
        steps.push(end);
        return (OrderAction::Terminate, steps);
    }
    steps.push(end);
    if of.tasks.iter().any(|row| row.step == END) {
        steps.push(of_task(of, "end-stated", END));
        steps.push(of_task(of, "end-confirmed", CONFIRM_END));
    } else {
        steps.push(step("never-taken", gone.is_some(), gone));
    }
    let issued_at = of.final_invoice.as_ref().map(|head| head.issued_at.to_jiff());
    let code = if of.settled && issued_at.is_none() { "settled" } else { INVOICED };
    steps.push(step(code, of.settled || issued_at.is_some(), issued_at));
    if gone.is_none() {
        wait(of, &mut steps, money);
    } else if let Some(last) = steps.iter_mut().find(|step| step.text.code == INVOICED)
        && last.state != StepState::Done
        && of.seen.as_ref().is_some_and(|seen| seen.ready_at.is_some())
    {
        last.state = StepState::Waiting;
        last.why = Some(invoice_waits(of, ends_at, now));
    }
    (OrderAction::Terminate, steps)
}

/// That the provider accepted a booking by hand which its operator then provisions.
pub(super) fn taken(of: &Loaded) -> Option<Step> {
    let accepts = of.tasks.iter().any(|row| row.step == ACCEPT);
    accepts.then(|| of_task(of, "taken", ACCEPT))
}

/// The steps while the provider decides about what its operator provisions, and if it declined; nothing in any other case.
pub(super) fn decision(of: &Loaded, why: Option<&Why>) -> Option<Vec<Step>> {
    let row = of.tasks.iter().find(|row| row.step == ACCEPT)?;
    let mut steps = ordered(of, OrderKind::Create);
    if row.state == "declined" {
        let mut declined = step("declined", true, at(row));
        declined.state = StepState::Failed;
        declined.said.clone_from(&row.reason);
        steps.push(declined);
        return Some(steps);
    }
    if row.state != "open" || of.ending() || of.by_people() {
        return None;
    }
    steps.extend(taken(of));
    steps.extend(["fetched", "applied", "ready"].map(|code| step(code, false, None)));
    wait(of, &mut steps, why.map_or(Money::None, |why| why.money));
    Some(steps)
}

/// What the offering lists between acceptance and start.
fn own(of: &Loaded) -> impl Iterator<Item = &TaskRow> {
    of.tasks.iter().filter(|row| row.step == domain::task::ACCESS || !KNOWN.contains(&row.step.as_str()))
}

fn of_task(of: &Loaded, code: &str, name: &str) -> Step {
    let row = of.tasks.iter().find(|row| row.step == name);
    let done = row.filter(|row| row.state == "done");
    step(code, done.is_some(), done.and_then(at))
}

fn at(row: &TaskRow) -> Option<Timestamp> {
    row.closed_at.map(|at| at.to_jiff())
}

/// Marks the first step that is not done with whoever acts next and until when.
fn wait(of: &Loaded, steps: &mut [Step], money: Money) {
    let known: Vec<Known> = of.tasks.iter().filter_map(|row| row.to_known().ok()).collect();
    let Some(next) = next(&known) else { return };
    let Some(step) = steps.iter_mut().find(|step| step.state != StepState::Done) else { return };
    let row = of.tasks.iter().find(|row| row.step == next.step);
    let reason = if KNOWN.contains(&next.step.as_str()) || next.step == "set-up" {
        Text::new(format!("task-{}", next.step))
    } else {
        Text::new("task-own").with("title", row.map(|row| row.title.as_str()).unwrap_or_default())
    };
    let provider = &of.provider.short_name;
    let actor = match next.side {
        Side::Provider => Text::new("provider-people").with("name", provider),
        Side::Customer => Text::new("customer-task").with("name", &of.customer.short_name),
    };
    step.state = if next.overdue(of.now) { StepState::Failed } else { StepState::Waiting };
    step.at = None;
    step.why = Some(Why { reason, money, actor, due: next.due.map(Into::into) });
}
