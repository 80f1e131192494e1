//! Plans tasks: those that a booking begins with, and the one that a display of access data asks for.

use crate::ports::secrets::new_id;
use crate::usecases::Error;
use crate::usecases::offerings::Details;
use db::bookings::BookingRow;
use db::reveals::RevealRow;
use db::tasks::TaskRow;
use domain::task::{ACCEPT, ANSWER_ACCESS, Planned, Side, planned};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// Displays come after everything that is planned.
const LAST: i32 = 1000;

/// Plans what the version of the offering lists. Called inside the transaction of the approval.
pub(in crate::usecases) async fn begin(
    conn: &mut db::Conn,
    row: &BookingRow,
    details: &Value,
    orderer: Uuid,
    now: Timestamp,
) -> Result<(), Error> {
    let rows: Vec<TaskRow> = (1..)
        .zip(planned(&Details::read(details).tasks, now))
        .map(|(position, plan)| {
            let customer = plan.side == Side::Customer;
            // Who takes a booking on reads the rest there; only what the customer has to do is told by itself.
            let told = (!customer && plan.step != ACCEPT).then(|| now.into());
            TaskRow { told_at: told, owner_id: customer.then_some(orderer), ..task(row, plan, position, now) }
        })
        .collect();
    Ok(db::tasks::insert(conn, &rows).await?)
}

/// Asks the provider's people for access data. Called inside the transaction that begins the display.
pub(in crate::usecases) async fn ask_access(
    conn: &mut db::Conn,
    row: &BookingRow,
    reveal: &RevealRow,
    now: Timestamp,
) -> Result<(), Error> {
    let plan = Planned {
        step: ANSWER_ACCESS.to_owned(),
        title: String::new(),
        hint: String::new(),
        side: Side::Provider,
        due: Some(reveal.expires_at.to_jiff()),
    };
    let task = TaskRow { reveal_id: Some(reveal.id), ..task(row, plan, LAST, now) };
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
