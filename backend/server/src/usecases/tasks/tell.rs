//! Who gets which mail about a task. A mail goes to whoever owns the task; where nobody does, to everybody of that side whose
//! business it is.

use super::{Answer, AnswerStatement, Deal, title};
use crate::app::App;
use crate::http::views::page::Lang;
use crate::http::views::text::Text;
use crate::usecases::Error;
use crate::usecases::notify::{self, Recipient};
use db::bookings::BookingRow;
use db::people::PersonRow;
use db::tasks::{StatementRow, TaskRow};
use domain::ids::{OrderId, OrganisationId, PersonId};
use domain::policy::Role;
use domain::task::{ACCEPT, Close, Side, What};
use domain::time::berlin_day;
use jiff::Timestamp;
use uuid::Uuid;

/// Whoever looks after a booking on one side: the owner, for the customer else the orderer, else everybody with the role.
pub(super) async fn people(
    conn: &mut db::Conn,
    row: &BookingRow,
    (side, owner): (Side, Option<Uuid>),
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    let (organisation, role) = match side {
        Side::Provider => (row.provider_id, Role::Fulfils),
        Side::Customer => (row.organisation_id, Role::Orders),
    };
    let holders = db::bookings::list_responsible(conn, OrganisationId(organisation), role, now).await?;
    let known = match owner {
        Some(owner) => db::people::find_active(conn, PersonId(owner)).await?,
        None if side == Side::Customer => db::bookings::find_orderer(conn, row.id.into()).await?,
        None => None,
    };
    let known = known.filter(|person| person.organisation_id == organisation && person.disabled_at.is_none());
    Ok(known.map_or(holders, |person| vec![person]))
}

/// Sends one mail about a task to each of them.
pub(super) async fn mail(
    conn: &mut db::Conn,
    app: &App,
    people: &[PersonRow],
    (code, row, task): (&str, &BookingRow, &TaskRow),
    now: Timestamp,
) -> Result<(), Error> {
    for person in people {
        let lang = Lang::from_tag(&person.language);
        let called = title(task);
        let step = app.templates.say(lang, "task-step", &called).unwrap_or_else(|| called.code.clone());
        let due = task.due_at.map(|at| berlin_day(at.to_jiff()).to_string()).unwrap_or_default();
        let text = Text::new(code)
            .with("step", step)
            .with("title", &row.name)
            .with("number", &row.number)
            .with("reason", task.reason.as_deref().unwrap_or_default())
            .with("due_date", due);
        let to = Recipient {
            organisation: OrganisationId(person.organisation_id),
            email: person.email.clone(),
            language: person.language.clone(),
        };
        let path = match code {
            "access-entered" => format!("/bookings/{}/reveal", row.id),
            "task-accepted" | "task-done" | "task-not-needed" | "access-unanswered" => {
                format!("/bookings/{}", row.id)
            }
            _ => format!("/bookings/{}/tasks/{}", row.id, task.id),
        };
        notify::mail(conn, app, &to, text, &path, now).await?;
    }
    Ok(())
}

/// The other side learns that a task was closed.
pub(super) async fn closed(
    conn: &mut db::Conn,
    app: &App,
    deal: &Deal,
    row: &TaskRow,
    how: Close<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let (other, owner) = match deal.side {
        Side::Provider => (Side::Customer, asker(conn, row).await?),
        Side::Customer => (Side::Provider, None),
    };
    let code = match how {
        Close::Done if row.step == ACCEPT => "task-accepted",
        Close::Done => "task-done",
        Close::NotNeeded(_) => "task-not-needed",
        // Who ordered and who approved are told by a mail of its own.
        Close::Declined(_) => return Ok(()),
    };
    let mut told = row.clone();
    if let Close::NotNeeded(reason) = how {
        told.reason = Some(reason.trim().to_owned());
    }
    let people = people(conn, &deal.row, (other, owner), now).await?;
    mail(conn, app, &people, (code, &deal.row, &told), now).await
}

/// Who ordered and who approved learn that the provider does not take the booking on, and why.
pub(super) async fn declined(
    conn: &mut db::Conn,
    app: &App,
    (deal, order): (&Deal, OrderId),
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let (order, decision) = db::orders::get(conn, &deal.scope, order).await?;
    let provider = db::organisations::get(conn, OrganisationId(deal.row.provider_id)).await?;
    let approver = decision.and_then(|decision| decision.decided_by);
    for person in std::iter::once(order.requested_by).chain(approver) {
        let Some(person) = db::people::find_active(conn, PersonId(person)).await? else { continue };
        let text = Text::new("order-declined")
            .with("title", &deal.row.name)
            .with("number", &deal.row.number)
            .with("order", &order.number)
            .with("name", &provider.short_name)
            .with("reason", reason.trim());
        let to = Recipient {
            organisation: OrganisationId(person.organisation_id),
            email: person.email,
            language: person.language,
        };
        notify::mail(conn, app, &to, text, &format!("/bookings/{}", deal.row.id), now).await?;
    }
    Ok(())
}

/// Who waits for the access data that a task is about.
pub(super) async fn asker(conn: &mut db::Conn, row: &TaskRow) -> Result<Option<Uuid>, Error> {
    let Some(reveal) = row.reveal_id else { return Ok(None) };
    Ok(Some(db::tasks::lock_reveal(conn, reveal.into()).await?.person_id))
}

/// The provider learns that its statement was confirmed; of an objection it is told with the task that is open again.
pub(super) async fn answered(
    conn: &mut db::Conn,
    app: &App,
    deal: &Deal,
    (what, statement): (What, &StatementRow),
    cmd: &AnswerStatement,
    now: Timestamp,
) -> Result<(), Error> {
    if cmd.answer == Answer::Object {
        return Ok(());
    }
    let people = people(conn, &deal.row, (Side::Provider, Some(statement.stated_by)), now).await?;
    for person in &people {
        let text = Text::new(match what {
            What::Start => "start-confirmed",
            What::End => "end-confirmed",
        });
        let text = text
            .with("title", &deal.row.name)
            .with("number", &deal.row.number)
            .with("effective_at", statement.effective_at.to_jiff());
        let to = Recipient {
            organisation: OrganisationId(person.organisation_id),
            email: person.email.clone(),
            language: person.language.clone(),
        };
        notify::mail(conn, app, &to, text, &format!("/bookings/{}", deal.row.id), now).await?;
    }
    Ok(())
}
