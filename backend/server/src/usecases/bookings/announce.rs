//! Tells people what they wait for: that a booking can be used, or that it is held up and who acts.
//!
//! Every event of the history is announced at most once: the entry that remembers the announcement has an id that derives
//! from the event, so a second one violates the primary key.

use super::event;
use super::standing::sentence;
use crate::app::App;
use crate::http::views::page::Lang;
use crate::http::views::text::Text;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, record};
use contract::MessageKey;
use contract::message::Acts;
use db::bookings::{BookingRow, EventRow};
use db::people::PersonRow;
use domain::ids::OrganisationId;
use domain::policy::{Role, Scope};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

/// What passes within this time is not worth a mail.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// What is older than this was announced, or is known by now.
const FRESH: SignedDuration = SignedDuration::from_hours(72);
const BATCH: i64 = 20;

/// One pass of the sweep; returns how many events were dealt with.
pub async fn announce(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("what happened is announced to people of every organisation");
    let now = app.clock.now();
    let open = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list_unannounced(conn, now - FRESH, now - PATIENCE, BATCH).await?)
        })
        .await?;
    let mut done = 0;
    for told in open {
        announce_one(app, &scope, &told, now).await?;
        done += 1;
    }
    Ok(done)
}

async fn announce_one(app: &App, scope: &Scope, told: &EventRow, now: Timestamp) -> Result<(), Error> {
    let written = app
        .db
        .write(scope, async |conn: &mut db::Conn| {
            let row = db::bookings::lock_named(conn, told.booking_id.into()).await.map_err(Error::from)?;
            let mails = mails(conn, &row, told).await?;
            for (person, code, path) in &mails {
                let recipient = recipient(person);
                let text = text(app, &recipient, code, &row, told);
                notify::mail(conn, app, &recipient, text, path, now).await.map_err(Error::from)?;
            }
            let provider = mails.iter().any(|(person, ..)| person.organisation_id == row.provider_id);
            let detail =
                json!({"event": told.id, "name": told.name, "mails": mails.len(), "provider": provider});
            let id = Uuid::new_v5(&told.id, b"announced");
            let entry = EventRow { id, ..event(&row, "announced", detail.clone(), now, now) };
            db::bookings::append_events(conn, &[entry]).await?;
            let customer = OrganisationId(row.organisation_id);
            let subject = format!("booking:{}", row.id);
            Ok::<_, Failed>((
                (),
                record::by_system(customer, "announce", "booking.announce", subject, detail, now),
            ))
        })
        .await;
    match written {
        // Another worker was faster.
        Err(Failed::Db(db::Error::Taken(_))) => Ok(()),
        Err(Failed::Db(error)) => Err(error.into()),
        Err(Failed::Other(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}

/// Tells a taken key from other failures.
enum Failed {
    Db(db::Error),
    Other(Error),
}

impl From<db::Error> for Failed {
    fn from(error: db::Error) -> Self {
        Self::Db(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Who gets which mail, leading where.
async fn mails(
    conn: &mut db::Conn,
    row: &BookingRow,
    told: &EventRow,
) -> Result<Vec<(PersonRow, &'static str, String)>, Error> {
    let path = format!("/bookings/{}", row.id);
    let Some(orderer) = orderer(conn, row).await? else { return Ok(Vec::new()) };
    if told.name == "ready" {
        return Ok(vec![(orderer, "booking-ready", path)]);
    }
    let observed = db::observations::find_named(conn, row.id.into()).await?;
    let known = observed.map(|observed| observed.to_known()).transpose()?;
    let blocking = known.as_ref().and_then(|known| domain::booking::blocking(&known.conditions));
    // Nobody is called for what is over.
    let Some(blocking) = blocking.filter(|_| row.wanted == "present") else { return Ok(Vec::new()) };
    let paid = known.as_ref().is_some_and(|known| known.ready_at.is_some());
    let mut mails = vec![(orderer, if paid { "booking-disturbed" } else { "booking-stuck" }, path.clone())];
    if blocking.message_key.acts() == Acts::Provider {
        let provider = OrganisationId(row.provider_id);
        for person in
            db::bookings::list_responsible(conn, provider, Role::Platform, told.recorded_at.to_jiff()).await?
        {
            let location = row.location_id.map_or_else(|| path.clone(), |id| format!("/locations/{id}"));
            mails.push((person, "booking-stuck-provider", location));
        }
    }
    Ok(mails)
}

/// Who ordered a booking, unless that person has left.
pub(super) async fn orderer(conn: &mut db::Conn, row: &BookingRow) -> Result<Option<PersonRow>, Error> {
    Ok(db::bookings::find_orderer(conn, row.id.into()).await?.filter(|person| person.disabled_at.is_none()))
}

/// Where a person gets mail.
pub(super) fn recipient(person: &PersonRow) -> Recipient {
    Recipient {
        organisation: OrganisationId(person.organisation_id),
        email: person.email.clone(),
        language: person.language.clone(),
    }
}

fn text(app: &App, to: &Recipient, code: &str, row: &BookingRow, told: &EventRow) -> Text {
    let key = told
        .detail
        .get("message_key")
        .and_then(|code| serde_json::from_value::<MessageKey>(code.clone()).ok());
    let args = told
        .detail
        .get("args")
        .and_then(|args| serde_json::from_value(args.clone()).ok())
        .unwrap_or_default();
    let reason = key.map(|key| sentence(key, &args));
    let lang = Lang::from_tag(&to.language);
    let reason = reason.and_then(|reason| app.templates.say(lang, "reason", &reason)).unwrap_or_default();
    Text::new(code)
        .with("title", &row.name)
        .with("number", &row.number)
        .with("reason", reason)
        .with("since_at", told.happened_at.to_jiff())
}
