//! One display of access data: asked for by a person, sealed by the operator, opened once.
//!
//! The marketplace makes a key pair for the display. The public half is stored and goes to the operator; the private half is
//! handed to the browser in a cookie and kept nowhere else, so it is in the memory of a replica only while it is made and
//! while the display is opened. What is stored never opens, and nothing readable is stored, logged or mailed.

use crate::app::App;
use crate::http::views::text::Text;
use crate::ports::secrets::new_id;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, Refusal, account, record};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use contract::reveal::Access;
use contract::{PendingReveal, PendingReveals, SealedReveal};
use crypto_box::SecretKey;
use db::bookings::BookingRow;
use db::people::PersonRow;
use db::reveals::RevealRow;
use domain::ids::{BookingId, OrderId, OrganisationId, PersonId, RevealId};
use domain::policy::{Action, Actor, OperatorIdentity, Role, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::{Duration, Instant};

/// A display waits this long for the operator, and its cookie lives as long.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(120);
/// Longest sealed text in bytes; access data of every kind fit many times.
const SEALED_BYTES_MAX: usize = 64 * 1024;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The private half of a display's key, on its way into the cookie. No `Debug`.
pub struct Ticket(String);

impl Ticket {
    /// What the cookie holds: which display, and the key that opens it.
    pub fn cookie(&self) -> &str {
        &self.0
    }
}

/// What a person finds when asking for a display.
pub enum Outcome {
    /// The operator has not answered yet.
    Waiting,
    /// This once. No `Debug`, like everything that holds access data.
    Shown(Access),
    /// It was shown before.
    AlreadyShown,
    /// Nobody answered in time, or the key is gone.
    Expired,
    /// The operator has nothing to show, or the answer does not open.
    Failed,
}

/// A display as the person finds it.
pub struct Display {
    /// What there is to see.
    pub outcome: Outcome,
    /// The booking.
    pub booking: BookingRow,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Asks for the access data of a booking. The password is asked again, so that an open screen gives nothing away.
pub async fn request(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    password: String,
) -> Result<Ticket, Error> {
    let scope = authorize(actor, Action::RevealAccess)?;
    account::confirm_password(app, actor, password).await?;
    let now = app.clock.now();
    let mut private = [0_u8; 32];
    rand::fill(&mut private);
    let key = SecretKey::from(private);
    let id = new_id();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, booking).await?;
            let seen = db::observations::find(conn, &scope, booking).await?;
            let usable = seen.is_some_and(|seen| seen.ready_at.is_some() && seen.gone_at.is_none());
            // A provider's people never see a customer's access data.
            if row.organisation_id != actor.organisation.0 {
                return Err(Error::NotFound);
            }
            if !usable {
                return Err(Refusal::new("reveal-not-ready").into());
            }
            let reveal = RevealRow {
                id,
                booking_id: row.id,
                organisation_id: row.organisation_id,
                provider_id: row.provider_id,
                location_id: row.location_id,
                person_id: actor.person.0,
                public_key: key.public_key().as_bytes().to_vec(),
                sealed: None,
                requested_at: now.into(),
                expires_at: (now + LIFETIME).into(),
                answered_at: None,
                shown_at: None,
            };
            db::reveals::insert(conn, &reveal).await?;
            let detail = json!({"event": "requested", "reveal": id});
            Ok((
                (),
                record::by_person(actor, Action::RevealAccess, format!("booking:{booking}"), detail, now),
            ))
        })
        .await?;
    Ok(Ticket(format!("{id}.{}", URL_SAFE_NO_PAD.encode(key.to_bytes()))))
}

/// Shows the data if they have come, once. Without the cookie the last display of this person only tells how it ended.
pub async fn look(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    cookie: Option<&str>,
) -> Result<Display, Error> {
    let scope = authorize(actor, Action::RevealAccess)?;
    let now = app.clock.now();
    let ticket = cookie.and_then(read_cookie);
    let (row, last) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, booking).await?;
            Ok::<_, Error>((row, db::reveals::find_last(conn, &scope, actor.person, booking).await?))
        })
        .await?;
    let last = last.ok_or(Error::NotFound)?;
    let key = ticket.filter(|(id, _)| *id == last.id).map(|(_, key)| key);
    let outcome = match (&last.sealed, key) {
        (Some(_), Some(key)) => open(app, actor, &scope, &row, last.id.into(), &key).await?,
        _ => outcome(&last, now),
    };
    Ok(Display {
        outcome,
        booking: row,
        requested_at: last.requested_at.to_jiff(),
        expires_at: last.expires_at.to_jiff(),
    })
}

/// How a display stands that cannot be opened now.
fn outcome(row: &RevealRow, now: Timestamp) -> Outcome {
    if row.shown_at.is_some() {
        Outcome::AlreadyShown
    } else if row.sealed.is_none() && row.answered_at.is_some() && now < row.expires_at.to_jiff() {
        Outcome::Failed
    } else if row.answered_at.is_none() && now < row.expires_at.to_jiff() {
        Outcome::Waiting
    } else {
        Outcome::Expired
    }
}

async fn open(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    booking: &BookingRow,
    id: RevealId,
    key: &SecretKey,
) -> Result<Outcome, Error> {
    let now = app.clock.now();
    let subject = format!("booking:{}", booking.id);
    app.db
        .write(scope, async |conn: &mut db::Conn| {
            let row = db::reveals::lock_own(conn, scope, actor.person, id).await?;
            let entry = |event: &str| {
                let detail = json!({"event": event, "reveal": id});
                record::by_person(actor, Action::RevealAccess, &subject, detail, now)
            };
            let sealed = row.sealed.as_deref().filter(|_| now < row.expires_at.to_jiff());
            let Some(sealed) = sealed else { return Ok((outcome(&row, now), entry("not-shown"))) };
            let access =
                key.unseal(sealed).ok().and_then(|plain| serde_json::from_slice::<Access>(&plain).ok());
            // Wiped in either case: what does not open now will never open.
            db::reveals::update_shown(conn, id, now).await?;
            let Some(access) = access else { return Ok((Outcome::Failed, entry("unreadable"))) };
            for recipient in others(conn, scope, actor, booking, now).await? {
                let text = Text::new("access-shown")
                    .with("title", &booking.name)
                    .with("number", &booking.number)
                    .with("name", &actor.name)
                    .with("shown_at", now);
                notify::mail(conn, app, &recipient, text, &format!("/bookings/{}", booking.id), now).await?;
            }
            Ok::<_, Error>((Outcome::Shown(access), entry("shown")))
        })
        .await
}

/// Who else answers for the booking: its orderer and the organisation's IT.
async fn others(
    conn: &mut db::Conn,
    scope: &Scope,
    actor: &Actor,
    booking: &BookingRow,
    now: Timestamp,
) -> Result<Vec<Recipient>, Error> {
    let mut people: Vec<PersonRow> = db::people::list_holders(conn, scope, Role::It, now)
        .await?
        .into_iter()
        .map(|(person, _)| person)
        .collect();
    if let Some(private) = db::bookings::find_customer_private(conn, scope, BookingId(booking.id)).await? {
        let (order, _) = db::orders::get(conn, scope, OrderId(private.order_id)).await?;
        people.push(db::people::get(conn, scope, PersonId(order.requested_by)).await?);
    }
    people.retain(|person| person.id != actor.person.0 && person.disabled_at.is_none());
    people.sort_by_key(|person| person.id);
    people.dedup_by_key(|person| person.id);
    Ok(people.into_iter().map(recipient).collect())
}

fn recipient(person: PersonRow) -> Recipient {
    Recipient {
        organisation: OrganisationId(person.organisation_id),
        email: person.email,
        language: person.language,
    }
}

fn read_cookie(value: &str) -> Option<(uuid::Uuid, SecretKey)> {
    let (id, key) = value.split_once('.')?;
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
    Some((id.parse().ok()?, SecretKey::from(bytes)))
}

/// Displays that wait for the operator, waiting for one as long as it wishes.
pub async fn pending(app: &App, who: &OperatorIdentity, wait: Duration) -> Result<PendingReveals, Error> {
    let until = Instant::now() + wait;
    loop {
        let now = app.clock.now();
        let rows = app
            .db
            .read(&who.scope(), async |conn: &mut db::Conn| {
                Ok::<_, Error>(db::reveals::list_open(conn, who, now).await?)
            })
            .await?;
        if !rows.is_empty() || Instant::now() >= until {
            let reveals = rows.into_iter().map(|row| PendingReveal {
                id: row.id,
                booking: row.booking_id,
                public_key: STANDARD.encode(&row.public_key),
            });
            return Ok(PendingReveals { reveals: reveals.collect() });
        }
        tokio::time::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now()))).await;
    }
}

/// Takes the operator's answer. A repeated answer changes nothing; one that comes too late is refused.
pub async fn answer(
    app: &App,
    who: &OperatorIdentity,
    id: RevealId,
    said: SealedReveal,
) -> Result<(), Error> {
    let now = app.clock.now();
    let (sealed, code) = match said {
        SealedReveal::Sealed { sealed } => {
            let bytes = STANDARD.decode(sealed).map_err(|_not_base64| Error::Conflict("malformed"))?;
            if bytes.len() > SEALED_BYTES_MAX {
                return Err(Error::Conflict("too-large"));
            }
            (Some(bytes), "sealed".to_owned())
        }
        SealedReveal::Unavailable { code } => (None, code.chars().take(50).collect()),
    };
    app.db
        .write(&who.scope(), async |conn: &mut db::Conn| {
            let row = db::reveals::lock_asked(conn, who, id).await?;
            if now >= row.expires_at.to_jiff() {
                return Err(Error::Conflict("gone"));
            }
            let repeated = row.answered_at.is_some();
            if !repeated {
                db::reveals::update_answered(conn, id, sealed.as_deref(), now).await?;
            }
            let detail = json!({"event": "delivered", "reveal": id, "outcome": code, "repeated": repeated});
            Ok((
                (),
                record::by_operator(
                    who,
                    "booking.reveal",
                    format!("booking:{}", row.booking_id),
                    detail,
                    now,
                ),
            ))
        })
        .await
}

/// Wipes what nobody can open any more; the sweep of the worker.
pub async fn wipe_expired(app: &App, now: Timestamp, real_now: Timestamp) -> Result<usize, Error> {
    let scope = Scope::system("sweep of expired displays and assertions");
    app.db
        .touch(&scope, "forgetting what has expired", async |conn: &mut db::Conn| {
            let forgotten = db::operators::delete_assertions(conn, real_now).await?;
            Ok::<_, Error>(forgotten + db::reveals::update_expired(conn, now).await?)
        })
        .await
}
