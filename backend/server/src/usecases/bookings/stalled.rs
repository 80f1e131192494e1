//! Tells people of what stands still and what no location says, or says again and again: orders without effect, ends that do not
//! come, access data that are not changed, bookings that stay held up, locations that are silent.
//!
//! Starts from state. What was told is remembered under an id that derives from what it is about and from the day, so a pass
//! may run twice, late, or beside another one.

use super::announce::{Failed, held_up, wording};
use super::standing::{sentence, silence};
use super::{event, recipients, wanted_from_code};
use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::{Error, notify, record};
use contract::message::Acts;
use contract::{MessageKey, Wanted};
use db::bookings::{BookingRow, EventRow, HoldingKeys, SilenceNoticeRow, SilentRow, StalledRow};
use db::people::PersonRow;
use domain::agent::Known;
use domain::ids::{OrganisationId, PersonId};
use domain::policy::Scope;
use domain::stall;
use domain::time::berlin_day;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

const BATCH: i64 = 50;

/// One pass of the sweep; returns of how many bookings and locations people were told.
pub async fn stalled(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("what stands still is told to people of every organisation");
    let now = app.clock.now();
    let (silent, stalled) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let silent = db::bookings::list_silent(conn, now - stall::SILENCE).await?;
            let stalled = db::bookings::list_stalled(conn, &holding_keys(), now, BATCH).await?;
            Ok::<_, Error>((silent, stalled))
        })
        .await?;
    let told_at = |it: &SilentRow| it.told_at.map(|at| at.to_jiff());
    let due = silent.iter().filter(|it| stall::is_due(it.since_at.to_jiff(), told_at(it), now));
    let mut done = 0;
    for location in due {
        tell_of_silence(app, &scope, location, now).await?;
        done += 1;
    }
    for row in &stalled {
        tell_of(app, &scope, row, &silent, now).await?;
        done += 1;
    }
    Ok(done)
}

/// By which messages a booking is held up.
fn holding_keys() -> HoldingKeys {
    let codes = |of: fn(MessageKey) -> bool| {
        MessageKey::ALL.iter().filter(|key| of(**key)).map(|key| key.code().to_owned()).collect()
    };
    HoldingKeys {
        unfulfilled: codes(|key| key.acts() != Acts::Nobody),
        always: codes(|key| !key.as_ordered()),
    }
}

/// The people of a provider; those of the marketplace, too, once the provider had its days.
async fn provider_side(
    conn: &mut db::Conn,
    provider: Uuid,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    let mut people = recipients::provider(conn, OrganisationId(provider), now).await?;
    if stall::is_escalated(since, now) {
        people.extend(recipients::marketplace(conn, now).await?);
        people.sort_by_key(|person| person.id);
        people.dedup_by_key(|person| person.id);
    }
    Ok(people)
}

async fn tell_of_silence(app: &App, scope: &Scope, of: &SilentRow, now: Timestamp) -> Result<(), Error> {
    let since = of.since_at.to_jiff();
    let written = app
        .db
        .write(scope, async |conn: &mut db::Conn| {
            let people = provider_side(conn, of.provider_id, since, now).await?;
            for person in &people {
                let text = Text::new("location-silent")
                    .with("location", &of.name)
                    .with("n_count", of.bookings)
                    .with("since_at", since);
                let own = person.organisation_id == of.provider_id;
                let path = if own { format!("/locations/{}", of.location_id) } else { "/".to_owned() };
                notify::mail(conn, app, &recipients::recipient(person), text, &path, now).await?;
            }
            let row = SilenceNoticeRow {
                id: Uuid::new_v5(&of.location_id, format!("silent {}", berlin_day(now)).as_bytes()),
                location_id: of.location_id,
                provider_id: of.provider_id,
                silent_since_at: of.since_at,
                bookings: of.bookings,
                mails: i32::try_from(people.len()).unwrap_or(i32::MAX),
                told_at: now.into(),
            };
            db::bookings::insert_silence_notice(conn, &row).await?;
            let detail = json!({"silent_since": since, "bookings": of.bookings, "mails": people.len()});
            let subject = format!("location:{}", of.location_id);
            let provider = OrganisationId(of.provider_id);
            let entry = record::by_system(provider, "stalled", "location.silent", subject, detail, now);
            Ok::<_, Failed>(((), entry))
        })
        .await;
    Failed::unless_taken(written)
}

async fn tell_of(
    app: &App,
    scope: &Scope,
    of: &StalledRow,
    silent: &[SilentRow],
    now: Timestamp,
) -> Result<(), Error> {
    let since = of.since_at.to_jiff();
    let written = app
        .db
        .write(scope, async |conn: &mut db::Conn| {
            let row = db::bookings::lock_named(conn, of.booking_id.into()).await.map_err(Error::from)?;
            let observed = db::observations::find_named(conn, row.id.into()).await?;
            let known = observed.map(|observed| observed.to_known()).transpose()?;
            let silent = silent.iter().find(|it| Some(it.location_id) == row.location_id);
            let told = about(&row, known.as_ref(), of, silent, now);
            let mut mails = Vec::new();
            // Of a silent location its people hear once, and not for each booking.
            if let Some(code) = told.to_provider.filter(|_| silent.is_none()) {
                let people = provider_side(conn, row.provider_id, since, now).await?;
                mails.extend(people.into_iter().map(|person| (person, code)));
            }
            if let Some(code) = told.to_customer {
                let people = waiting(conn, &row, of, now).await?;
                mails.extend(people.into_iter().map(|person| (person, code)));
            }
            for (person, code) in &mails {
                let to = recipients::recipient(person);
                let text = wording(app, &to, code, &row, (Some(&told.reason), told.acts), since);
                notify::mail(conn, app, &to, text, &recipients::path(&row, person), now).await?;
            }
            let detail = json!({"cause": of.cause, "since": since, "mails": mails.len()});
            let id = Uuid::new_v5(&row.id, format!("stalled {}", berlin_day(now)).as_bytes());
            let entry = EventRow { id, ..event(&row, "stalled", detail.clone(), now, now) };
            db::bookings::append_events(conn, &[entry]).await?;
            let customer = OrganisationId(row.organisation_id);
            let subject = format!("booking:{}", row.id);
            let entry = record::by_system(customer, "stalled", "booking.stalled", subject, detail, now);
            Ok::<_, Failed>(((), entry))
        })
        .await;
    Failed::unless_taken(written)
}

/// Whoever waits: who ordered new access data, else who ordered the booking.
async fn waiting(
    conn: &mut db::Conn,
    row: &BookingRow,
    of: &StalledRow,
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    if let Some(id) = of.person_id
        && let Some(person) = db::people::find_active(conn, PersonId(id)).await?
    {
        return Ok(vec![person]);
    }
    recipients::customer(conn, row, now).await
}

/// What is told.
struct Told {
    to_provider: Option<&'static str>,
    to_customer: Option<&'static str>,
    /// What the location says, or that it says nothing.
    reason: Text,
    acts: Acts,
}

fn about(
    row: &BookingRow,
    known: Option<&Known>,
    of: &StalledRow,
    silent: Option<&SilentRow>,
    now: Timestamp,
) -> Told {
    let held = known.and_then(|known| held_up(row, known, now));
    let said = known.and_then(|known| domain::booking::message(&known.conditions));
    let reason = match (silent, &held, said) {
        (Some(silent), _, _) => silence(Some(silent.since_at.to_jiff())),
        (None, Some(held), _) => held.reason.clone(),
        (None, None, Some((key, condition))) => sentence(key, &condition.message_args),
        (None, None, None) => silence(None),
    };
    let acts = held.as_ref().map_or(Acts::Provider, |held| held.key.acts());
    let ends = wanted_from_code(&row.wanted) == Wanted::Absent;
    // Of its own wish the customer hears at first, and then each week.
    let first = of.told_at.is_none();
    let seldom = first
        || of.told_at.is_some_and(|at| at.to_jiff().duration_since(of.since_at.to_jiff()) >= stall::DAILY);
    let (to_provider, to_customer) = match of.cause.as_str() {
        // It went on meanwhile.
        "blocked" if held.is_none() => (None, None),
        "blocked" if acts == Acts::Customer => (None, Some("booking-still")),
        "blocked" if ends => (Some("booking-end-stuck-provider"), None),
        "blocked" => (Some("booking-still-provider"), None),
        "rotation" => (Some("rotation-overdue-provider"), Some("rotation-overdue").filter(|_| seldom)),
        _ if ends => (Some("booking-end-stuck-provider"), None),
        _ => (Some("booking-overdue-provider"), Some("booking-overdue").filter(|_| seldom)),
    };
    Told { to_provider, to_customer, reason, acts }
}
