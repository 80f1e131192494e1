//! What nobody waits for: plans how bookings end, tells people what they have to do, reminds them once, and closes what
//! nobody can do any more.

use super::begin::task as task_row;
use super::{ENDED, EXPIRED, close_rest, closed, observe, observed, tell};
use crate::app::App;
use crate::usecases::{Error, record};
use db::tasks::{TaskChange, TaskRow};
use domain::ids::{BookingId, OrganisationId, TaskId};
use domain::policy::Scope;
use domain::task::{self, ANSWER_ACCESS, CONFIRM_START, Known, START, Side, State};
use jiff::Timestamp;
use serde_json::json;

const BATCH: i64 = 50;
/// Ends come after everything that a booking began with.
const AFTER_ALL: i32 = 2000;

/// One pass; returns how many things it moved.
pub async fn sweep(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("tasks are planned, told and closed in every organisation");
    let now = app.clock.now();
    let (ending, needless, expired) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let ending = db::tasks::list_to_end(conn, BATCH).await?;
            let needless = db::tasks::list_needless(conn, BATCH).await?;
            Ok::<_, Error>((ending, needless, db::tasks::list_expired(conn, now, BATCH).await?))
        })
        .await?;
    for booking in &ending {
        end(app, &scope, *booking, now).await?;
    }
    for booking in &needless {
        give_up(app, &scope, *booking, now).await?;
    }
    for row in &expired {
        expire(app, &scope, TaskId(row.id), now).await?;
    }
    let untold = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::tasks::list_untold(conn, now, BATCH).await?)
        })
        .await?;
    for row in &untold {
        tell_one(app, &scope, TaskId(row.id), now).await?;
    }
    Ok(ending.len() + needless.len() + expired.len() + untold.len())
}

/// A booking that nobody took on is over at once; of any other the provider states the end.
async fn end(app: &App, scope: &Scope, booking: BookingId, now: Timestamp) -> Result<(), Error> {
    app.db
        .write(scope, async |conn: &mut db::Conn| {
            let rows = db::tasks::lock_of_booking(conn, booking).await?;
            let row = db::bookings::lock_named(conn, booking).await?;
            let known = rows.iter().map(TaskRow::to_known).collect::<Result<Vec<Known>, _>>()?;
            let ends_at = row.ends_at.map_or(now, |at| at.to_jiff());
            let taken = task::accepted(&known);
            if taken {
                let plans = (AFTER_ALL..).zip(task::ending(ends_at));
                let plans: Vec<TaskRow> =
                    plans.map(|(position, plan)| task_row(&row, plan, position, now)).collect();
                db::tasks::insert(conn, &plans).await?;
                // A start that was not stated or not confirmed yet still decides about money.
                close_rest(conn, &rows, &[START, CONFIRM_START], now).await?;
            } else {
                close_rest(conn, &rows, &[], now).await?;
                let before = observed(conn, &row).await?;
                observe(conn, &row, before, |known| known.gone_at = known.gone_at.or(Some(ends_at)), now)
                    .await?;
            }
            let detail = json!({"event": if taken { "end-planned" } else { ENDED }, "number": row.number});
            let customer = OrganisationId(row.organisation_id);
            let subject = format!("booking:{booking}");
            Ok::<_, Error>(((), record::by_system(customer, "tasks", "task.end", subject, detail, now)))
        })
        .await
}

/// An operator ends a booking by itself; what people were to do beside it is needless from then on.
async fn give_up(app: &App, scope: &Scope, booking: BookingId, now: Timestamp) -> Result<(), Error> {
    app.db
        .write(scope, async |conn: &mut db::Conn| {
            let rows = db::tasks::lock_of_booking(conn, booking).await?;
            let row = db::bookings::lock_named(conn, booking).await?;
            close_rest(conn, &rows, &[], now).await?;
            let detail = json!({"event": ENDED, "number": row.number});
            let customer = OrganisationId(row.organisation_id);
            let subject = format!("booking:{booking}");
            Ok::<_, Error>(((), record::by_system(customer, "tasks", "task.end", subject, detail, now)))
        })
        .await
}

/// Nobody entered the access data in time; whoever waited is told.
async fn expire(app: &App, scope: &Scope, id: TaskId, now: Timestamp) -> Result<(), Error> {
    app.db
        .write(scope, async |conn: &mut db::Conn| {
            let row = db::tasks::lock_named(conn, id).await?;
            let booking = db::bookings::lock_named(conn, row.booking_id.into()).await?;
            if row.state == State::Open.code() {
                let over = TaskChange {
                    reason: Some(EXPIRED.to_owned()),
                    ..closed(&row, State::NotNeeded, None, now)
                };
                db::tasks::update(conn, id, &over).await?;
                let asker = tell::asker(conn, &row).await?;
                let people = tell::people(conn, &booking, (Side::Customer, asker), now).await?;
                tell::mail(conn, app, &people, ("access-unanswered", &booking, &row), now).await?;
            }
            let detail = json!({"event": EXPIRED, "task": id, "number": booking.number});
            let customer = OrganisationId(booking.organisation_id);
            let subject = format!("booking:{}", booking.id);
            Ok::<_, Error>(((), record::by_system(customer, "tasks", "task.expire", subject, detail, now)))
        })
        .await
}

/// Tells whoever owns a task that it waits, or once that its time is over.
async fn tell_one(app: &App, scope: &Scope, id: TaskId, now: Timestamp) -> Result<(), Error> {
    app.db
        .write(scope, async |conn: &mut db::Conn| {
            let row = db::tasks::lock_named(conn, id).await?;
            let booking = db::bookings::lock_named(conn, row.booking_id.into()).await?;
            let known = row.to_known()?;
            let late = known.overdue(now);
            let code = match () {
                () if !known.actionable() => None,
                () if late && row.reminded_at.is_none() => Some("task-overdue"),
                () if row.told_at.is_some() => None,
                () if row.reason.is_some() && row.step != ANSWER_ACCESS => Some("task-again"),
                () => Some("task-new"),
            };
            if let Some(code) = code {
                let people = tell::people(conn, &booking, (known.side, row.owner_id), now).await?;
                tell::mail(conn, app, &people, (code, &booking, &row), now).await?;
                let told = TaskChange {
                    told_at: row.told_at.or(Some(now.into())),
                    reminded_at: if late { Some(now.into()) } else { row.reminded_at },
                    ..TaskChange::of(&row)
                };
                db::tasks::update(conn, id, &told).await?;
            }
            let owner = OrganisationId(match known.side {
                Side::Provider => row.provider_id,
                Side::Customer => row.organisation_id,
            });
            let detail = json!({"event": code, "task": id, "step": row.step, "number": booking.number});
            let subject = format!("booking:{}", booking.id);
            Ok::<_, Error>(((), record::by_system(owner, "tasks", "task.tell", subject, detail, now)))
        })
        .await
}
