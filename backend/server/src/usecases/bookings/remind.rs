//! Reminds people of an end before it comes, and of the deletion after it. Each reminder is remembered by an entry of the
//! booking's history whose id derives from what it is about, so a second one violates the primary key.

use super::{event, recipients};
use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::{Error, notify, record};
use db::bookings::{BookingRow, EventRow, Reminder};
use domain::ids::OrganisationId;
use domain::policy::Scope;
use domain::time::berlin_day;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

const BATCH: i64 = 20;

/// One pass of the sweep; returns how many reminders were sent.
pub async fn remind(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("ends come near in every organisation");
    let now = app.clock.now();
    let due = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list_due_reminders(conn, now, BATCH).await?)
        })
        .await?;
    for reminder in &due {
        remind_one(app, &scope, reminder, now).await?;
    }
    Ok(due.len())
}

async fn remind_one(app: &App, scope: &Scope, due: &Reminder, now: Timestamp) -> Result<(), Error> {
    app.db
        .write(scope, async |conn: &mut db::Conn| {
            let row = db::bookings::lock_named(conn, due.booking_id.into()).await?;
            let told = recipients::customer(conn, &row, now).await?;
            for person in &told {
                let path = format!("/bookings/{}", row.id);
                notify::mail(conn, app, &recipients::recipient(person), text(&row, due), &path, now).await?;
            }
            let detail =
                json!({"about": due.about, "at": due.at.to_jiff(), "days": due.days, "mails": told.len()});
            let id = Uuid::new_v5(&row.id, detail.to_string().as_bytes());
            let entry = EventRow { id, ..event(&row, "reminded", detail.clone(), now, now) };
            db::bookings::append_events(conn, &[entry]).await?;
            let customer = OrganisationId(row.organisation_id);
            let subject = format!("booking:{}", row.id);
            Ok::<_, Error>((
                (),
                record::by_system(customer, "remind", "booking.remind", subject, detail, now),
            ))
        })
        .await
}

fn text(row: &BookingRow, due: &Reminder) -> Text {
    let day = |at: Option<db::Ts>| at.map(|at| berlin_day(at.to_jiff()).to_string()).unwrap_or_default();
    let kept = row.deletes_at.zip(row.ends_at).is_some_and(|(until, end)| until.to_jiff() > end.to_jiff());
    Text::new(match due.about.as_str() {
        "end" if kept => "end-soon",
        "end" => "end-and-deletion-soon",
        _ => "deletion-soon",
    })
    .with("title", &row.name)
    .with("number", &row.number)
    .with("end_date", day(row.ends_at))
    .with("until_date", day(row.deletes_at.or(row.ends_at)))
}
