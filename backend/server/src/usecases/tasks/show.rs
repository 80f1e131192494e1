//! The tasks of one booking, and the page of one of them.

use super::list::state;
use super::{AGAIN, ENDED, EXPIRED, side_of, title};
use crate::app::App;
use crate::http::views::tasks::{StatementView, TaskForm, TaskPageView, TaskView};
use crate::http::views::text::Text;
use crate::usecases::{Error, bookings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use db::bookings::BookingRow;
use db::tasks::{StatementRow, TaskRow};
use domain::ids::{BookingId, RevealId, TaskId};
use domain::policy::{Action, Actor, Role, authorize};
use domain::task::{ACCEPT, ANSWER_ACCESS, Close, Known, Side, What, close};
use domain::time::berlin_day;
use jiff::Timestamp;

/// What is known about the two sides of a booking by name.
pub(in crate::usecases) struct Names<'a> {
    /// Short name of the provider.
    pub provider: &'a str,
    /// Short name of the customer.
    pub customer: &'a str,
    /// A person of the own organisation, by id.
    pub person: &'a dyn Fn(uuid::Uuid) -> Option<String>,
}

/// The tasks of a booking as its page shows them.
pub(in crate::usecases) fn of_booking(
    actor: &Actor,
    row: &BookingRow,
    (tasks, statements): (&[TaskRow], &[StatementRow]),
    names: &Names<'_>,
    now: Timestamp,
) -> Result<Vec<TaskView>, Error> {
    let own = side_of(actor, row);
    let roles: &[Role] = match own {
        Side::Provider => &[Role::Fulfils],
        Side::Customer => &[Role::Orders, Role::It],
    };
    let acts = roles.iter().any(|role| actor.holds(*role));
    let view = |task: &TaskRow| -> Result<TaskView, Error> {
        let known = task.to_known()?;
        let organisation = match known.side {
            Side::Provider => names.provider,
            Side::Customer => names.customer,
        };
        let person =
            |id: Option<uuid::Uuid>| id.filter(|_| known.side == own).and_then(|id| (names.person)(id));
        Ok(TaskView {
            id: task.id,
            step: task.step.clone(),
            title: title(task),
            hint: task.hint.clone(),
            side: task.side.clone(),
            owner: person(task.owner_id).unwrap_or_else(|| organisation.to_owned()),
            due: task.due_at.map(|at| berlin_day(at.to_jiff()).into()),
            state: state(&known, now),
            reason: task.reason.as_deref().map(reason),
            closed_at: task.closed_at.map(|at| at.to_jiff().into()),
            closed_by: task
                .closed_at
                .map(|_| person(task.closed_by).unwrap_or_else(|| organisation.to_owned())),
            mine: acts && known.side == own && known.actionable(),
            statement: What::of_step(&task.step).and_then(|what| last(statements, what)).map(statement),
            public_key: None,
        })
    };
    tasks.iter().map(view).collect()
}

fn last(statements: &[StatementRow], what: What) -> Option<&StatementRow> {
    statements.iter().rev().find(|row| row.what == what.code())
}

fn statement(row: &StatementRow) -> StatementView {
    StatementView {
        what: row.what.clone(),
        effective_at: row.effective_at.to_jiff().into(),
        note: row.note.clone(),
        stated_at: row.stated_at.to_jiff().into(),
        answer: row.answer.clone(),
        reason: row.reason.clone(),
        answered_at: row.answered_at.map(|at| at.to_jiff().into()),
    }
}

/// A reason of the product is a code; any other is what somebody wrote.
fn reason(said: &str) -> Text {
    if [AGAIN, ENDED, EXPIRED].contains(&said) {
        Text::new(said)
    } else {
        Text::new("said").with("text", said)
    }
}

/// One task with the form that closes it.
pub async fn show(app: &App, actor: &Actor, booking: BookingId, id: TaskId) -> Result<TaskPageView, Error> {
    let scope = authorize(actor, Action::DoTask)?;
    let booked = bookings::show(app, actor, booking).await?;
    let mut task = booked.tasks.iter().find(|task| task.id == id.0).cloned().ok_or(Error::NotFound)?;
    let (rows, statements, key) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let rows = db::tasks::list_of_booking(conn, &scope, booking).await?;
            let own = rows.iter().find(|row| row.id == id.0);
            let key = match own.and_then(|row| row.reveal_id) {
                Some(reveal) => db::reveals::find_public_key(conn, &scope, RevealId(reveal)).await?,
                None => None,
            };
            let statements = db::tasks::list_statements(conn, &scope, booking).await?;
            Ok::<_, Error>((rows, statements, key))
        })
        .await?;
    let known = rows.iter().map(TaskRow::to_known).collect::<Result<Vec<Known>, _>>()?;
    let own = known.iter().zip(&rows).find(|(_, row)| row.id == id.0).map(|(known, _)| known);
    let own = own.ok_or(Error::NotFound)?;
    if task.mine {
        task.public_key = key.map(|key| STANDARD.encode(key));
    }
    let what = What::of_step(&task.step);
    let form = match (task.mine, what) {
        (false, _) => TaskForm::None,
        (true, Some(what)) if task.step == what.stated_by() => TaskForm::State,
        (true, Some(_)) => TaskForm::Answer,
        (true, None) if task.step == ANSWER_ACCESS => TaskForm::Access,
        (true, None) => TaskForm::Plain,
    };
    let skip = close(own, &known, Close::NotNeeded("x"), own.side).is_ok();
    let of_task = |row: &&StatementRow| what.is_some_and(|what| row.what == what.code());
    Ok(TaskPageView {
        booking: booking.0,
        number: booked.number,
        name: booked.name,
        offering: booked.offering.title,
        partner: booked.partner,
        may_skip: task.mine && skip && task.step != ACCEPT,
        may_decline: task.mine && task.step == ACCEPT,
        task,
        form,
        statements: statements.iter().filter(of_task).map(statement).collect(),
        monthly_net: booked.costs.monthly_net,
    })
}
