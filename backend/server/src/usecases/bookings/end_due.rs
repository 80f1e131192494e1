//! Bookings whose ordered end has come are stopped, and deleted once their data were kept long enough.

use super::{event, take_away};
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
                    let deletes_at = row.deletes_at.map_or(ends_at, |at| at.to_jiff());
                    let (name, at) = match deletes_at <= now && deletes_at > ends_at {
                        true => ("deletion-came", deletes_at),
                        false => ("end-came", ends_at),
                    };
                    take_away(conn, &row, (ends_at, deletes_at), now).await?;
                    let came =
                        event(&row, name, json!({"ends_at": ends_at, "deletes_at": deletes_at}), at, now);
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
