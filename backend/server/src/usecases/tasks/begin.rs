//! Plans tasks: those that a booking begins with, and the one that a display of access data asks for.

use super::AGAIN;
use crate::ports::secrets::new_id;
use crate::usecases::offerings::Details;
use crate::usecases::{Error, bookings};
use db::bookings::BookingRow;
use db::reveals::RevealRow;
use db::tasks::TaskRow;
use domain::task::{ACCEPT, ANSWER_ACCESS, Planned, Side, beside, decision, planned};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// Displays come after everything that is planned.
const LAST: i32 = 1000;

/// Plans what the version of the offering lists; where an operator does the rest, the provider's decision comes before it if
/// the provider `decides` by hand. Called inside the transaction of the approval.
pub(in crate::usecases) async fn begin(
    conn: &mut db::Conn,
    row: &BookingRow,
    (details, decides): (&Value, bool),
    orderer: Uuid,
    now: Timestamp,
) -> Result<(), Error> {
    let list = Details::read(details).tasks;
    let by_people = bookings::by_people(row);
    let mut plans = if decides { decision(&list, now) } else { Vec::new() };
    plans.extend(if by_people { planned(&list, now) } else { beside(&list, now) });
    let rows: Vec<TaskRow> = (1..)
        .zip(plans)
        .map(|(position, plan)| {
            let customer = plan.side == Side::Customer;
            // Who takes a booking on reads the rest there; only what the customer has to do is told by itself.
            let told = ((by_people || decides) && !customer && plan.step != ACCEPT).then(|| now.into());
            TaskRow { told_at: told, owner_id: customer.then_some(orderer), ..task(row, plan, position, now) }
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    Ok(db::tasks::insert(conn, &rows).await?)
}

/// Asks the provider's people for access data; `again` if somebody saw the former ones. Called inside the transaction that begins the display.
pub(in crate::usecases) async fn ask_access(
    conn: &mut db::Conn,
    row: &BookingRow,
    reveal: &RevealRow,
    again: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let plan = Planned {
        step: ANSWER_ACCESS.to_owned(),
        title: String::new(),
        hint: String::new(),
        side: Side::Provider,
        due: Some(reveal.expires_at.to_jiff()),
    };
    // A code, put into words where it is shown.
    let reason = again.then(|| AGAIN.to_owned());
    let task = TaskRow { reveal_id: Some(reveal.id), reason, ..task(row, plan, LAST, now) };
    Ok(db::tasks::insert(conn, &[task]).await?)
}

/// A planned task as a row.
pub(super) fn task(row: &BookingRow, plan: Planned, position: i32, now: Timestamp) -> TaskRow {
    TaskRow {
        id: new_id(),
        booking_id: row.id,
        organisation_id: row.organisation_id,
        provider_id: row.provider_id,
        step: plan.step,
        title: plan.title,
        hint: plan.hint,
        side: plan.side.code().to_owned(),
        position,
        due_at: plan.due.map(Into::into),
        state: "open".to_owned(),
        reason: None,
        owner_id: None,
        closed_by: None,
        closed_at: None,
        told_at: None,
        reminded_at: None,
        reveal_id: None,
        created_at: now.into(),
    }
}
