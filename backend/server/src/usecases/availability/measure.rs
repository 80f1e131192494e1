//! Keeps what all bookings of an offering came to in the month that is over, for whoever compares offers.

use super::{agreed, events, lead, silent, windows};
use crate::app::App;
use crate::usecases::offerings::Details;
use crate::usecases::{Error, record};
use db::availability::{MeasurableRow, MeasuredRow};
use db::bookings::EventRow;
use domain::availability::{History, Totals, measure as divide};
use domain::ids::{LocationId, OrganisationId};
use domain::policy::Scope;
use domain::time::Month;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Operators that were cut off get this long to tell what happened before a month is measured.
const GRACE: SignedDuration = SignedDuration::from_hours(48);
/// Offerings of one pass.
const BATCH: i64 = 5;
/// Bookings that are read at once.
const PAGE: i64 = 500;

/// One pass of the sweep; returns how many offerings were measured.
pub async fn measure(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("what all bookings of an offering came to, for whoever compares");
    let now = app.clock.now();
    let month = Month::of(now).previous();
    if now < month.period().to() + GRACE {
        return Ok(0);
    }
    let open = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::availability::list_unmeasured(conn, month, BATCH).await?)
        })
        .await?;
    let mut done = 0;
    for (offering, provider) in open {
        let (bookings, totals) = app
            .db
            .read(&scope, async |conn: &mut db::Conn| measure_one(conn, offering, month, now).await)
            .await?;
        let row = MeasuredRow {
            offering_id: offering,
            provider_id: provider,
            month_from_at: month.period().from().into(),
            bookings,
            available: totals.available,
            interrupted: totals.interrupted,
            maintenance: totals.maintenance,
            unknown: totals.unknown,
            not_counted: totals.not_counted,
            measured_at: now.into(),
        };
        let written = app
            .db
            .write(&scope, async |conn: &mut db::Conn| {
                db::availability::insert_measured(conn, &row).await?;
                let detail = json!({"event": "measured", "month": month.to_string(), "bookings": bookings, "seconds": totals});
                let subject = format!("offering:{offering}");
                let provider = OrganisationId(provider);
                let entry = record::by_system(provider, "measure", "availability.measure", subject, detail, now);
                Ok::<_, db::Error>(((), entry))
            })
            .await;
        match written {
            Ok(()) => done += 1,
            // Another worker was faster.
            Err(db::Error::Taken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// Bookings that counted for at least a second, and what they came to together.
async fn measure_one(
    conn: &mut db::Conn,
    offering: Uuid,
    month: Month,
    now: Timestamp,
) -> Result<(i32, Totals), Error> {
    let period = month.period();
    let mut sum = Totals::default();
    let mut counted = 0;
    let mut after = None;
    let mut places: HashMap<Uuid, Place> = HashMap::new();
    loop {
        let page = db::availability::list_measurable(conn, offering, &period, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((counted, sum)) };
        after = Some(last.booking.id);
        let ids: Vec<Uuid> = page.iter().map(|row| row.booking.id).collect();
        let mut told: HashMap<Uuid, Vec<EventRow>> = HashMap::new();
        for event in db::availability::list_events_of(conn, &ids).await? {
            told.entry(event.booking_id).or_default().push(event);
        }
        for row in &page {
            let Some(location) = row.booking.location_id else { continue };
            if let std::collections::hash_map::Entry::Vacant(empty) = places.entry(location) {
                empty.insert(Place::read(conn, location, month).await?);
            }
            let (Some(place), events) = (places.get(&location), told.remove(&row.booking.id)) else {
                continue;
            };
            let totals = totals(row, &events.unwrap_or_default(), place, month, now);
            if totals.not_counted < month.seconds() {
                counted += 1;
                sum = sum.with(totals);
            }
        }
    }
}

/// What is known of a location in a month.
struct Place {
    silences: Vec<db::availability::SilenceRow>,
    windows: Vec<super::Said>,
    heard_at: Option<Timestamp>,
}

impl Place {
    async fn read(conn: &mut db::Conn, location: Uuid, month: Month) -> Result<Self, Error> {
        let id = LocationId(location);
        let heard = db::operators::list_heard_of(conn, &[location]).await?;
        Ok(Self {
            silences: db::availability::list_silences(conn, id, &month.period()).await?,
            windows: windows(db::availability::list_notices(conn, id, month.period().from()).await?)?,
            heard_at: heard.first().and_then(|heard| heard.heartbeat_at).map(|at| at.to_jiff()),
        })
    }
}

fn totals(row: &MeasurableRow, told: &[EventRow], place: &Place, month: Month, now: Timestamp) -> Totals {
    let promise = Details::read(&row.details).availability;
    let history = History {
        events: &events(told),
        ends_at: row.booking.ends_at.map(|at| at.to_jiff()),
        gone_at: row.gone_at.map(|at| at.to_jiff()),
        agreed: &agreed(&place.windows, lead(promise.as_ref())),
        silent: &silent(&place.silences, place.heard_at, now),
        now,
    };
    Totals::of(&divide(month, &history))
}
