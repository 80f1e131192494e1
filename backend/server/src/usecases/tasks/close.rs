//! Closes a task, or takes it over.

use super::{Deal, Locked, closed, decide, observe, observed, refusal, tell};
use crate::app::App;
use crate::usecases::{Error, bookings};
use db::tasks::{TaskChange, TaskRow};
use domain::ids::{BookingId, RevealId, TaskId};
use domain::policy::{Action, Actor};
use domain::task::{self, ACCEPT, ANSWER_ACCESS, Close, Refused, Side, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What becomes of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It does not have to be done; needs a reason.
    NotNeeded,
    /// The provider does not take the booking on; needs a reason.
    Decline,
    /// This person looks after it.
    Take,
}

/// A word about a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseTask {
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why it is not needed; customer and provider read it.
    #[serde(default)]
    pub reason: String,
}

/// Closes a task of the own side, or takes it over. Who accepts a booking takes over everything of it that nobody has.
pub async fn close(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: TaskId,
    cmd: &CloseTask,
) -> Result<(), Error> {
    let deal = Deal::find(app, actor, Action::DoTask, booking).await?;
    let now = app.clock.now();
    app.db
        .write(&deal.scope, async |conn: &mut db::Conn| {
            let all = Locked::of(conn, booking).await?;
            let (row, known) = all.get(id)?;
            let how = match cmd.outcome {
                Outcome::Done => Close::Done,
                Outcome::NotNeeded => Close::NotNeeded(&cmd.reason),
                Outcome::Decline => Close::Declined(&cmd.reason),
                Outcome::Take => {
                    take(conn, row, deal.side, actor).await?;
                    let detail = json!({"event": "taken", "task": id, "step": row.step});
                    return Ok(((), deal.remember(actor, Action::DoTask, detail, now)));
                }
            };
            task::close(known, &all.known, how, deal.side).map_err(|refused| refusal(&refused, "/reason"))?;
            save(conn, row, how, actor, now).await?;
            match how {
                Close::Declined(reason) => decide::decline(conn, app, &deal, &all.rows, reason, now).await?,
                Close::Done if row.step == ACCEPT => {
                    decide::accept(conn, &deal, now).await?;
                    accept(conn, &deal, &all.rows, actor, now).await?;
                }
                Close::Done | Close::NotNeeded(_) => {}
            }
            tell::closed(conn, app, &deal, row, how, now).await?;
            let detail = json!({
                "event": cmd.outcome, "task": id, "step": row.step, "number": deal.row.number,
                "reason": cmd.reason.trim(),
            });
            Ok(((), deal.remember(actor, Action::DoTask, detail, now)))
        })
        .await
}

async fn take(conn: &mut db::Conn, row: &TaskRow, own: Side, actor: &Actor) -> Result<(), Error> {
    let refused = match () {
        () if row.side != own.code() => Some(Refused::NotYours),
        () if row.state != State::Open.code() => Some(Refused::AlreadyClosed),
        () => None,
    };
    if let Some(refused) = refused {
        return Err(refusal(&refused, ""));
    }
    let change = TaskChange { owner_id: Some(actor.person.0), ..TaskChange::of(row) };
    Ok(db::tasks::update(conn, TaskId(row.id), &change).await?)
}

async fn save(
    conn: &mut db::Conn,
    row: &TaskRow,
    how: Close<'_>,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let (state, reason) = match how {
        Close::Done => (State::Done, None),
        Close::NotNeeded(reason) => (State::NotNeeded, Some(reason.trim().to_owned())),
        Close::Declined(reason) => (State::Declined, Some(reason.trim().to_owned())),
    };
    let change = TaskChange { reason, ..closed(row, state, Some(actor), now) };
    db::tasks::update(conn, TaskId(row.id), &change).await?;
    // Whoever waits for access data learns at once that there will be none.
    if let Some(reveal) = row.reveal_id.filter(|_| row.step == ANSWER_ACCESS) {
        db::reveals::update_answered(conn, RevealId(reveal), None, now).await?;
    }
    Ok(())
}

async fn accept(
    conn: &mut db::Conn,
    deal: &Deal,
    rows: &[TaskRow],
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Error> {
    if bookings::by_people(&deal.row) {
        let before = observed(conn, &deal.row).await?;
        observe(conn, &deal.row, before, |_known| {}, now).await?;
    }
    let free = |row: &&TaskRow| row.side == "provider" && row.owner_id.is_none() && row.step != ACCEPT;
    for row in rows.iter().filter(free) {
        let change = TaskChange { owner_id: Some(actor.person.0), ..TaskChange::of(row) };
        db::tasks::update(conn, TaskId(row.id), &change).await?;
    }
    Ok(())
}
