//! Transfers that lay ahead begin: the booking's own row repeats where it belongs now, and its location gets the new label.

use super::next_revision;
use crate::app::App;
use crate::usecases::{Error, record};
use db::assignments::AssignmentRow;
use db::bookings::{AssignmentChange, BookingRow};
use domain::ids::{BookingId, OrganisationId};
use domain::policy::Scope;
use serde_json::json;

const BATCH: i64 = 50;

/// One pass of the sweep; returns how many bookings moved.
pub async fn transfer_due(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("transfers begin in every organisation");
    let now = app.clock.now();
    let due = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::assignments::list_due(conn, now, BATCH).await?)
        })
        .await?;
    for id in &due {
        app.db
            .write(&scope, async |conn: &mut db::Conn| {
                let row = db::bookings::lock_named(conn, *id).await?;
                let all = db::assignments::list_named(conn, &[id.0]).await?;
                let present = all.get(&id.0).and_then(|history| history.at(now)).ok_or(Error::NotFound)?;
                assign(conn, &row, present).await?;
                let detail = json!({"number": row.number, "order": present.order_id});
                let customer = OrganisationId(row.organisation_id);
                let subject = format!("booking:{id}");
                let entry =
                    record::by_system(customer, "transfer_due", "booking.transfer", subject, detail, now);
                Ok::<_, Error>(((), entry))
            })
            .await?;
    }
    Ok(due.len())
}

/// From now on a booking belongs where an assignment says. `row` is locked.
pub async fn assign(conn: &mut db::Conn, row: &BookingRow, now: &AssignmentRow) -> Result<(), Error> {
    let change = AssignmentChange {
        unit_id: now.unit_id,
        cost_centre: now.cost_centre.clone(),
        account: now.account.clone(),
        budget_line_id: now.budget_line_id,
        assignment: now.position,
    };
    db::bookings::update_assignment(conn, BookingId(row.id), &change).await?;
    if row.location_id.is_some() {
        // The Kostenstelle is a label of what runs: the location fetches its list anew.
        let revision = next_revision(conn, row.location_id, row.revision).await?;
        db::bookings::update_revision(conn, BookingId(row.id), revision).await?;
    }
    Ok(())
}
