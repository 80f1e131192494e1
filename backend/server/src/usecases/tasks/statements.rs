//! From when to when a service was there: stated by the provider, confirmed by the customer or answered with an objection.
//! Only what is confirmed costs anything.

use super::{Deal, Locked, close_rest, closed, observe, observed, refusal, tell};
use crate::app::App;
use crate::ports::secrets::new_id;
use crate::usecases::{Error, Refusal};
use contract::{Condition, ConditionStatus, ConditionType, MessageKey};
use db::bookings::BookingRow;
use db::tasks::{StatementRow, TaskChange};
use domain::agent::Known as Observed;
use domain::ids::{BookingId, TaskId};
use domain::order::Finding;
use domain::policy::{Action, Actor};
use domain::task::{self, Life, Refused, Side, State, What};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What the provider states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateDay {
    /// From the beginning of this day the service is there, or is not there any more.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// For the customer; may be empty.
    #[serde(default)]
    pub note: String,
}

/// States the start or the end, whichever the task is about. Refuses a day that cannot be true, and a start before everything
/// else is done.
pub async fn state(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: TaskId,
    cmd: &StateDay,
) -> Result<(), Error> {
    let deal =
        Deal::find(app, actor, Action::FulfilBooking, booking).await?.of(Side::Provider)?.by_people()?;
    let now = app.clock.now();
    app.db
        .write(&deal.scope, async |conn: &mut db::Conn| {
            let all = Locked::of(conn, booking).await?;
            let (row, _) = all.get(id)?;
            let what = What::of_step(&row.step).filter(|what| row.step == what.stated_by());
            let what = what.ok_or_else(|| refusal(&Refused::OtherWay, ""))?;
            // The booking may have been ended since it was looked at; its tasks are locked, so it is read anew.
            let booked = db::bookings::get(conn, &deal.scope, booking).await?;
            let life = life(&booked, observed(conn, &booked).await?.as_ref());
            let at = task::state(what, cmd.day, &all.known, &life, now);
            let at = at.map_err(|refused| refusal(&refused, "/day"))?;
            task::fits(&cmd.note).map_err(|refused| refusal(&refused, "/note"))?;
            let stated = StatementRow {
                id: new_id(),
                booking_id: booked.id,
                organisation_id: booked.organisation_id,
                provider_id: booked.provider_id,
                what: what.code().to_owned(),
                effective_at: at.into(),
                note: cmd.note.trim().to_owned(),
                stated_by: actor.person.0,
                stated_at: now.into(),
                answer: None,
                reason: None,
                answered_by: None,
                answered_at: None,
            };
            db::tasks::insert_statement(conn, &stated).await?;
            let done = TaskChange { reason: None, ..closed(row, State::Done, Some(actor), now) };
            db::tasks::update(conn, id, &done).await?;
            let waits = all.step(what.answered_by())?;
            let asked = TaskChange {
                due_at: Some(task::confirm_by(now).into()),
                told_at: None,
                reminded_at: None,
                reason: None,
                ..TaskChange::of(waits)
            };
            db::tasks::update(conn, TaskId(waits.id), &asked).await?;
            let detail = json!({
                "event": "stated", "what": what, "number": booked.number, "statement": stated.id, "effective_at": at,
                "note": stated.note,
            });
            Ok(((), deal.remember(actor, Action::FulfilBooking, detail, now)))
        })
        .await
}

/// What the customer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was so.
    Confirm,
    /// It was not so; needs a reason.
    Object,
}

/// The customer's word about a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerStatement {
    /// Which.
    pub answer: Answer,
    /// What is not so; the provider reads it.
    #[serde(default)]
    pub reason: String,
}

/// Confirms what was stated, or objects to it. A confirmed start lets money run from the stated time, a confirmed end closes
/// the booking; an objection gives the task back to the provider.
pub async fn answer(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: TaskId,
    cmd: &AnswerStatement,
) -> Result<(), Error> {
    let deal =
        Deal::find(app, actor, Action::ConfirmBooking, booking).await?.of(Side::Customer)?.by_people()?;
    let now = app.clock.now();
    app.db
        .write(&deal.scope, async |conn: &mut db::Conn| {
            let all = Locked::of(conn, booking).await?;
            let (row, _) = all.get(id)?;
            let what = What::of_step(&row.step).filter(|what| row.step == what.answered_by());
            let what = what.ok_or_else(|| refusal(&Refused::OtherWay, ""))?;
            let stated = db::tasks::list_statements(conn, &deal.scope, booking).await?;
            let open = |what: What| stated.iter().find(|it| it.what == what.code() && it.answer.is_none());
            let said = match cmd.answer {
                Answer::Confirm => task::Answer::Confirmed,
                Answer::Object => task::Answer::Objected(&cmd.reason),
            };
            let allowed = task::answer(what, said, &all.known, open(What::Start).is_some());
            allowed.map_err(|refused| refusal(&refused, "/reason"))?;
            let statement = open(what).ok_or_else(|| Refusal::new("task-already-closed"))?;
            match cmd.answer {
                Answer::Confirm => confirm(conn, &deal, &all, (what, statement), actor, now).await?,
                Answer::Object => object(conn, &all, (what, statement), cmd, actor, now).await?,
            }
            tell::answered(conn, app, &deal, (what, statement), cmd, now).await?;
            let detail = json!({
                "event": cmd.answer, "what": what, "number": deal.row.number, "statement": statement.id,
                "effective_at": statement.effective_at.to_jiff(), "reason": cmd.reason.trim(),
            });
            Ok(((), deal.remember(actor, Action::ConfirmBooking, detail, now)))
        })
        .await
}

async fn confirm(
    conn: &mut db::Conn,
    deal: &Deal,
    all: &Locked,
    (what, statement): (What, &StatementRow),
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Error> {
    db::tasks::update_answered(conn, statement.id, ("confirmed", None), actor.person.0, now).await?;
    let row = all.step(what.answered_by())?;
    db::tasks::update(conn, TaskId(row.id), &closed(row, State::Done, Some(actor), now)).await?;
    let at = statement.effective_at.to_jiff();
    let booked = db::bookings::get(conn, &deal.scope, BookingId(deal.row.id)).await?;
    let before = observed(conn, &booked).await?;
    let change = |known: &mut Observed| match what {
        What::Start => {
            known.ready_at = known.ready_at.or(Some(at));
            known.conditions = vec![ready(at)];
        }
        What::End => known.gone_at = known.gone_at.or(Some(at)),
    };
    observe(conn, &booked, before, change, now).await?;
    if what == What::End {
        close_rest(conn, &all.rows, &[what.answered_by()], now).await?;
    }
    Ok(())
}

async fn object(
    conn: &mut db::Conn,
    all: &Locked,
    (what, statement): (What, &StatementRow),
    cmd: &AnswerStatement,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let reason = cmd.reason.trim();
    db::tasks::update_answered(conn, statement.id, ("objected", Some(reason)), actor.person.0, now).await?;
    let row = all.step(what.answered_by())?;
    db::tasks::update(conn, TaskId(row.id), &TaskChange { due_at: None, ..TaskChange::of(row) }).await?;
    let row = all.step(what.stated_by())?;
    let again = TaskChange {
        due_at: Some(task::restate_by(now).into()),
        state: State::Open.code().to_owned(),
        reason: Some(reason.to_owned()),
        closed_by: None,
        closed_at: None,
        told_at: None,
        reminded_at: None,
        ..TaskChange::of(row)
    };
    Ok(db::tasks::update(conn, TaskId(row.id), &again).await?)
}

/// The condition of a service whose start was confirmed.
fn ready(since: Timestamp) -> Condition {
    Condition {
        r#type: ConditionType::Ready,
        status: ConditionStatus::True,
        reason: "Confirmed".to_owned(),
        message_key: MessageKey::Ready,
        message_args: Default::default(),
        since,
    }
}

fn life(row: &BookingRow, observed: Option<&Observed>) -> Life {
    Life {
        begun: row.created_at.to_jiff(),
        ready: observed.and_then(|known| known.ready_at),
        ends: row.ends_at.map(|at| at.to_jiff()),
    }
}

/// A day that was typed in three inputs.
pub fn typed_day(day: &str, month: &str, year: &str) -> Result<Date, Finding> {
    if [day, month, year].iter().all(|part| part.is_empty()) {
        return Err(Finding::new("/day", "stated-day-missing"));
    }
    let read = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    read().ok_or_else(|| Finding::new("/day", "date-invalid"))
}
