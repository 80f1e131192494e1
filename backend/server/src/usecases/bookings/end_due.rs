//! Bookings whose ordered end has come are not wanted any more.

use super::{event, stop_wanting};
use crate::app::App;
use crate::usecases::{Error, record};
use domain::ids::OrganisationId;
use domain::policy::Scope;
use serde_json::json;

const BATCH: i64 = 50;

/// One pass of the sweep; returns how many bookings ended.
pub async fn end_due(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("ends come in every organisation");
    let now = app.clock.now();
    let due = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list_due_ends(conn, now, BATCH).await?)
        })
        .await?;
    let mut ended = 0;
    for id in due {
        let moved = app
            .db
            .write(&scope, async |conn: &mut db::Conn| {
                let row = db::bookings::lock_named(conn, id).await?;
                let ends_at =
                    row.ends_at.map(|at| at.to_jiff()).filter(|at| *at <= now && row.wanted == "present");
                if let Some(ends_at) = ends_at {
                    stop_wanting(conn, &row, ends_at).await?;
                    let came = event(&row, "end-came", json!({"ends_at": ends_at}), ends_at, now);
                    db::bookings::append_events(conn, &[came]).await?;
                }
                let customer = OrganisationId(row.organisation_id);
                let detail = json!({"number": row.number, "moved": ends_at.is_some()});
                let subject = format!("booking:{id}");
                let entry = record::by_system(customer, "end_due", "booking.end", subject, detail, now);
                Ok::<_, Error>((ends_at.is_some(), entry))
            })
            .await?;
        ended += usize::from(moved);
    }
    Ok(ended)
}
