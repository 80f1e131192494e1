//! Tells people what they wait for: that a booking can be used, or that it is held up and who acts.
//!
//! Every event of the history is announced at most once: the entry that remembers the announcement has an id that derives
//! from the event, so a second one violates the primary key.

use super::standing::sentence;
use super::{event, recipients, wanted_from_code};
use crate::app::App;
use crate::http::views::page::Lang;
use crate::http::views::text::Text;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, record};
use contract::message::Acts;
use contract::{MessageKey, Wanted};
use db::bookings::{BookingRow, EventRow};
use db::people::PersonRow;
use domain::agent::Known;
use domain::ids::OrganisationId;
use domain::policy::Scope;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

/// What passes within this time is not worth a mail.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// What is older than this was announced, or is known by now.
const FRESH: SignedDuration = SignedDuration::from_hours(72);
/// What fails, starts and fails again is told once in this time.
const AGAIN: SignedDuration = SignedDuration::from_hours(6);
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
            let mails = mails(conn, &row, told, now).await?;
            for (person, code) in &mails {
                let recipient = recipients::recipient(person);
                let text = text(app, &recipient, code, &row, told);
                let path = recipients::path(&row, person);
                notify::mail(conn, app, &recipient, text, &path, now).await.map_err(Error::from)?;
            }
            let provider = mails.iter().any(|(person, ..)| person.organisation_id == row.provider_id);
            let detail = json!({"event": told.id, "name": told.name, "mails": mails.len(), "provider": provider,
                "key": told.detail.get("message_key"), "generation": row.generation});
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
    Failed::unless_taken(written)
}

/// Tells a taken key from other failures.
pub(super) enum Failed {
    Db(db::Error),
    Other(Error),
}

impl Failed {
    /// Another worker was faster, which is as good.
    pub(super) fn unless_taken(done: Result<(), Self>) -> Result<(), Error> {
        match done {
            Ok(()) | Err(Self::Db(db::Error::Taken(_))) => Ok(()),
            Err(Self::Db(error)) => Err(error.into()),
            Err(Self::Other(error)) => Err(error),
        }
    }
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

/// Who gets which mail.
async fn mails(
    conn: &mut db::Conn,
    row: &BookingRow,
    told: &EventRow,
    now: Timestamp,
) -> Result<Vec<(PersonRow, &'static str)>, Error> {
    if told.name == "ready" {
        let people = recipients::customer(conn, row, now).await?;
        return Ok(people.into_iter().map(|person| (person, "booking-ready")).collect());
    }
    let observed = db::observations::find_named(conn, row.id.into()).await?;
    let Some(known) = observed.map(|observed| observed.to_known()).transpose()? else {
        return Ok(Vec::new());
    };
    let Some(held) = held_up(row, &known, now) else { return Ok(Vec::new()) };
    // What holds it up now has an event of its own.
    if told.detail.get("message_key").and_then(|code| code.as_str()) != Some(held.key.code()) {
        return Ok(Vec::new());
    }
    if db::bookings::was_announced(conn, row, held.key.code(), now - AGAIN).await? {
        return Ok(Vec::new());
    }
    let mut mails = Vec::new();
    if let Some(code) = held.to_customer {
        let people = recipients::customer(conn, row, now).await?;
        mails.extend(people.into_iter().map(|person| (person, code)));
    }
    if let Some(code) = held.to_provider {
        let people = recipients::provider(conn, OrganisationId(row.provider_id), now).await?;
        mails.extend(people.into_iter().map(|person| (person, code)));
    }
    Ok(mails)
}

/// What holds a booking up, and by which mail either side learns of it.
pub(super) struct HeldUp {
    /// What the location says.
    pub(super) key: MessageKey,
    /// The same as a sentence.
    pub(super) reason: Text,
    /// To whoever ordered it.
    pub(super) to_customer: Option<&'static str>,
    /// To the provider, where it acts.
    pub(super) to_provider: Option<&'static str>,
}

/// Nothing where nobody has to act. What is left of an ended booking is the provider's to remove: the customer has nothing
/// of it any more, and pays nothing.
pub(super) fn held_up(row: &BookingRow, known: &Known, now: Timestamp) -> Option<HeldUp> {
    let ends = wanted_from_code(&row.wanted) == Wanted::Absent;
    // Its data are kept, but it is over for the customer, who pays no more than for that.
    let over = row.ends_at.is_some_and(|at| at.to_jiff() <= now);
    let blocking = match ends {
        true => domain::booking::blocking_end(&known.conditions),
        false => domain::booking::blocking(&known.conditions),
    }?;
    let key = blocking.message_key;
    let (customer, provider) = if ends {
        (None, "booking-end-stuck-provider")
    } else if over {
        (None, "booking-stuck-provider")
    } else if known.ready_at.is_none() {
        (Some("booking-stuck"), "booking-stuck-provider")
    } else if domain::booking::tainted(&known.conditions) {
        (Some("booking-tainted"), "booking-tainted-provider")
    } else {
        (Some("booking-disturbed"), "booking-stuck-provider")
    };
    let to_provider = (ends || over || key.acts() == Acts::Provider).then_some(provider);
    let reason = sentence(key, &blocking.message_args);
    Some(HeldUp { key, reason, to_customer: customer, to_provider })
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
    let acts = key.map_or(Acts::Provider, MessageKey::acts);
    wording(app, to, code, row, (reason.as_ref(), acts), told.happened_at.to_jiff())
}

/// What a mail says of a booking that does not go on.
pub(super) fn wording(
    app: &App,
    to: &Recipient,
    code: &str,
    row: &BookingRow,
    (reason, acts): (Option<&Text>, Acts),
    since: Timestamp,
) -> Text {
    let lang = Lang::from_tag(&to.language);
    let say = |prefix: &str, text: &Text| app.templates.say(lang, prefix, text).unwrap_or_default();
    let next = if acts == Acts::Customer { "customer" } else { "provider" };
    Text::new(code)
        .with("title", &row.name)
        .with("number", &row.number)
        .with("reason", reason.map(|reason| say("reason", reason)).unwrap_or_default())
        .with("next", say("mail-next", &Text::new(next)))
        .with("since_at", since)
}
