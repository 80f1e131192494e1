//! What this person can do now, by role. A task is never stored: it is there as long as its reason is.

use super::ROWS;
use crate::app::App;
use crate::http::views::approvals::ApprovalRow;
use crate::http::views::orders::OrderRow;
use crate::http::views::provider::LocationState;
use crate::http::views::start::{Task, TaskKind};
use crate::http::views::tasks::{TaskRow, TaskState};
use crate::http::views::text::Text;
use crate::usecases::bookings::Trouble;
use crate::usecases::tasks as people;
use crate::usecases::words::{has_words, may_say};
use crate::usecases::{Error, approvals, bookings, differences, locations, months};
use contract::message::Acts;
use domain::policy::{Action, Actor, Role, authorize};
use domain::time::berlin_day;
use uuid::Uuid;

/// All tasks, the first deadline first; what has none comes last, in the order of this file.
pub(super) async fn of(app: &App, actor: &Actor, drafts: Vec<OrderRow>) -> Result<Vec<Task>, Error> {
    let mut tasks = to_decide(app, actor).await?;
    tasks.extend(disturbed(app, actor).await?);
    tasks.extend(to_reveal(app, actor).await?);
    tasks.extend(to_do(app, actor).await?);
    tasks.extend(to_finish(drafts));
    tasks.extend(to_check(app, actor).await?);
    tasks.extend(to_close(app, actor).await?);
    tasks.extend(at_locations(app, actor).await?);
    tasks.extend(to_settle(app, actor).await?);
    tasks.sort_by_key(|task| (task.due.is_none(), task.due.map(|due| due.0)));
    Ok(tasks)
}

/// Orders of others that this person may approve.
async fn to_decide(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    if !actor.holds(Role::Approves) {
        return Ok(Vec::new());
    }
    let today = berlin_day(app.clock.now());
    let open = approvals::list(app, actor).await?.open.into_iter().filter(|row| row.within_limit);
    let decide = |row: ApprovalRow| Task {
        number: Some(row.number),
        note: Some(Text::new("requested-by").with("name", row.requested_by)),
        amount: Some(row.total_gross),
        due: row.due,
        late: row.due.is_some_and(|due| due.0 < today),
        ..task(TaskKind::Approve, row.order, row.name)
    };
    Ok(open.map(decide).collect())
}

/// Bookings that do not do what they should, for whoever can do something about it.
async fn disturbed(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    let roles = [Role::Orders, Role::It, Role::Fulfils, Role::Platform];
    if !roles.iter().any(|role| actor.holds(*role)) {
        return Ok(Vec::new());
    }
    let found = bookings::troubled(app, actor, ROWS).await?;
    let look = |it: bookings::Troubled| Task {
        note: Some(what_to_do(&it)),
        at_broker: may_say(actor, &it.row.booking) && has_words(&it.row),
        number: Some(it.row.booking.number),
        ..task(
            match it.trouble {
                Trouble::Disturbed | Trouble::Ending => TaskKind::LookAtBooking,
                Trouble::Tainted => TaskKind::LookAtTainted,
                Trouble::Unknown => TaskKind::LookAtUnknown,
                Trouble::Deletion => TaskKind::LookAtDeletion,
            },
            it.row.booking.id,
            it.row.booking.name,
        )
    };
    Ok(found.into_iter().map(look).collect())
}

/// What this person does about a booking that is not as it should be.
fn what_to_do(of: &bookings::Troubled) -> Text {
    let customer = of.stands.acts == Acts::Customer;
    let text = Text::new(match (of.trouble, of.runs) {
        (Trouble::Disturbed, true) | (Trouble::Ending, _) => "disturbed-remove",
        (Trouble::Disturbed, false) if customer => "disturbed-yours",
        (Trouble::Disturbed, false) => "disturbed",
        (Trouble::Tainted, true) => "tainted-remove",
        (Trouble::Tainted, false) if customer => "tainted-yours",
        (Trouble::Tainted, false) => "tainted-take-back",
        (Trouble::Unknown, _) => "unknown-ask",
        (Trouble::Deletion, _) => "deletion-remove",
    });
    match of.stands.since {
        Some(since) => text.with("since_at", since),
        None => text,
    }
}

/// Access data that nobody has looked at: of own orders, for IT of the whole organisation.
async fn to_reveal(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    let Ok(scope) = authorize(actor, Action::RevealAccess) else { return Ok(Vec::new()) };
    let orderer = (!actor.holds(Role::It)).then_some(actor.person);
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list_unrevealed(conn, &scope, orderer, limit).await?)
        })
        .await?;
    let reveal = |row: db::bookings::UnrevealedRow| Task {
        number: Some(row.number),
        note: Some(Text::new("ready").with("ready_at", row.ready_at.to_jiff())),
        ..task(TaskKind::RevealAccess, row.id, row.name)
    };
    Ok(found.into_iter().map(reveal).collect())
}

/// What the own side has to do for bookings that people fulfil.
async fn to_do(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let found = people::open_tasks(app, actor, limit).await?.into_iter();
    let act = |row: TaskRow| Task {
        number: Some(row.number),
        note: Some(row.title),
        due: row.due,
        late: row.state == TaskState::Overdue,
        booking: Some(row.booking),
        ..task(TaskKind::DoTask, row.id, row.name)
    };
    Ok(found.map(act).collect())
}

/// Drafts, also those that a colleague asked for.
fn to_finish(drafts: Vec<OrderRow>) -> impl Iterator<Item = Task> {
    let finish = |row: OrderRow| Task {
        note: row.asked_by.map(|name| Text::new("asked-by").with("name", name)),
        ..task(TaskKind::FinishDraft, row.id, if row.name.is_empty() { row.offering } else { row.name })
    };
    drafts.into_iter().take(ROWS).map(finish)
}

/// Invoices that have arrived and are not due yet.
async fn to_check(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    if !actor.holds(Role::Finance) {
        return Ok(Vec::new());
    }
    let scope = authorize(actor, Action::ViewInvoices)?;
    let now = app.clock.now();
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::invoices::list_due(conn, &scope, now, limit).await?)
        })
        .await?;
    let check = |(head, seller): (db::invoices::InvoiceHead, String)| Task {
        note: Some(Text::new("from").with("name", seller)),
        amount: Some(head.gross.into()),
        due: Some(berlin_day(head.due_at.to_jiff()).into()),
        ..task(TaskKind::CheckInvoice, head.id, head.number)
    };
    Ok(found.into_iter().map(check).collect())
}

/// The last month, once its usage is complete.
async fn to_close(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    if !actor.holds(Role::Bills) {
        return Ok(Vec::new());
    }
    let month = months::closable(app, actor).await?;
    let close = |month: domain::time::Month| {
        let first = berlin_day(month.period().from());
        task(TaskKind::CloseMonth, Uuid::nil(), first.to_string())
    };
    Ok(month.into_iter().map(close).collect())
}

/// Locations of a provider that no operator serves, or whose operator is silent.
async fn at_locations(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    if !actor.holds(Role::Platform) {
        return Ok(Vec::new());
    }
    let rows = locations::list(app, actor).await?.rows.into_iter();
    Ok(rows
        .filter_map(|row| match row.state {
            LocationState::NotEnrolled | LocationState::Revoked => {
                Some(task(TaskKind::EnrolLocation, row.id, row.name))
            }
            LocationState::Silent => Some(Task {
                note: row.last_heartbeat.map(|at| Text::new("silent").with("since_at", at.0)),
                ..task(TaskKind::LookAtLocation, row.id, row.name)
            }),
            LocationState::Connected => None,
        })
        .collect())
}

/// Bookings about which a location and the marketplace do not agree, where this person can decide or take over.
async fn to_settle(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    let found = differences::open(app, actor).await?.into_iter().take(ROWS);
    Ok(found
        .map(|row| Task {
            number: row.number,
            note: Some(Text::new("difference").with("since_at", row.first_at.0)),
            ..task(TaskKind::LookAtDifference, row.id, row.name.unwrap_or(row.location))
        })
        .collect())
}

fn task(kind: TaskKind, id: Uuid, title: String) -> Task {
    Task {
        kind,
        id,
        title,
        number: None,
        note: None,
        amount: None,
        due: None,
        late: false,
        booking: None,
        at_broker: false,
    }
}
