//! Mails about maintenance to customers with bookings at the location. Each customer is told once of each notice: the key
//! of what was told refuses a second time.

use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, record};
use db::availability::{NoticeRow, Untold};
use db::bookings::BookingRow;
use db::people::PersonRow;
use domain::ids::OrganisationId;
use domain::policy::{Role, Scope};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

const BATCH: i64 = 20;
/// Bookings of one customer whose orderers are told; the page of the location shows all.
const BOOKINGS_MAX: i64 = 50;
/// Names of bookings in one mail.
const NAMES_MAX: usize = 5;

/// One pass of the sweep; returns how many customers were told.
pub async fn tell(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("maintenance of a location concerns customers of every organisation");
    let now = app.clock.now();
    let untold = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::availability::list_untold(conn, now, BATCH).await?)
        })
        .await?;
    let mut told = 0;
    for one in untold {
        let written = app
            .db
            .write(&scope, async |conn: &mut db::Conn| {
                let mails = tell_one(conn, app, &one, now).await?;
                let detail = json!({"event": "maintenance-told", "notice": one.notice_id, "mails": mails});
                let customer = OrganisationId(one.organisation_id);
                let subject = format!("maintenance:{}", one.notice_id);
                let entry =
                    record::by_system(customer, "maintenance", "maintenance.tell", subject, detail, now);
                Ok::<_, Failed>(((), entry))
            })
            .await;
        match written {
            Ok(()) => told += 1,
            // Another worker was faster.
            Err(Failed::Taken) => {}
            Err(Failed::Other(error)) => return Err(error),
        }
    }
    Ok(told)
}

/// Tells a taken key from other failures.
enum Failed {
    Taken,
    Other(Error),
}

impl From<db::Error> for Failed {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Taken(_) => Self::Taken,
            other => Self::Other(other.into()),
        }
    }
}

/// Mails whoever ordered something there, and the technical staff.
async fn tell_one(conn: &mut db::Conn, app: &App, one: &Untold, now: Timestamp) -> Result<usize, db::Error> {
    let customer = OrganisationId(one.organisation_id);
    db::availability::insert_told(conn, one.notice_id, customer, now).await?;
    let notice = db::availability::get_notice(conn, one.notice_id).await?;
    let bookings = db::availability::list_touched(conn, notice.location_id, customer, BOOKINGS_MAX).await?;
    let mut people: BTreeMap<uuid::Uuid, PersonRow> = BTreeMap::new();
    for booking in &bookings {
        let orderer = db::bookings::find_orderer(conn, booking.id.into()).await?;
        people
            .extend(orderer.filter(|person| person.disabled_at.is_none()).map(|person| (person.id, person)));
    }
    let staff = db::bookings::list_responsible(conn, customer, Role::It, now).await?;
    people.extend(staff.into_iter().map(|person| (person.id, person)));
    let location = db::availability::get_location_name(conn, notice.location_id).await?;
    let path = match bookings.as_slice() {
        [only] => format!("/bookings/{}", only.id),
        _ => "/bookings".to_owned(),
    };
    for person in people.values() {
        let to = Recipient {
            organisation: customer,
            email: person.email.clone(),
            language: person.language.clone(),
        };
        notify::mail(conn, app, &to, text(&notice, &location, &bookings), &path, now).await?;
    }
    Ok(people.len())
}

fn text(notice: &NoticeRow, location: &str, bookings: &[BookingRow]) -> Text {
    let names: Vec<&str> = bookings.iter().take(NAMES_MAX).map(|booking| booking.name.as_str()).collect();
    let more = bookings.len().saturating_sub(NAMES_MAX);
    Text::new(format!("maintenance-{}", notice.what))
        .with("location", location)
        .with("from_at", notice.starts_at.to_jiff())
        .with("until_at", notice.ends_at.to_jiff())
        .with("reason", &notice.reason)
        .with("names", names.join(", "))
        .with("more_count", more)
}
