//! One display of access data: asked for by a person, sealed by the operator, opened with a key that only the asking
//! browser or program has. Nothing readable is ever stored or logged.
//!
//! A browser's key pair is made here and its private half goes into a cookie; a program makes its own pair and sends the
//! public half, so that the marketplace never holds what opens the answer.

use crate::app::App;
use crate::http::views::text::Text;
use crate::ports::secrets::new_id;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::rotations::{self, Custody};
use crate::usecases::{Error, Refusal, account, bookings, record, tasks, words};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use contract::reveal::Access;
use contract::{PendingReveal, PendingReveals, PendingRotation, SealedReveal};
use crypto_box::aead::Aead;
use crypto_box::{Nonce, PublicKey, SalsaBox, SecretKey};
use db::bookings::BookingRow;
use db::observations::ObservationRow;
use db::people::PersonRow;
use db::reveals::RevealRow;
use domain::access;
use domain::ids::{BookingId, OrderId, OrganisationId, PersonId, RevealId};
use domain::order::Finding;
use domain::policy::{Action, Actor, OperatorIdentity, Role, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::{Duration, Instant};

/// A display waits this long for the operator, and its cookie lives as long.
const LIFETIME: SignedDuration = SignedDuration::from_secs(120);
/// The same where people enter the data: over a weekend and a holiday.
const LIFETIME_BY_PEOPLE: SignedDuration = SignedDuration::from_hours(96);
/// Longest sealed text in bytes; access data of every kind fit many times.
pub(super) const SEALED_BYTES_MAX: usize = 64 * 1024;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The private half of a display's key, on its way into the cookie. No `Debug`.
pub struct Ticket {
    cookie: String,
    seconds: i64,
    by_people: bool,
}

impl Ticket {
    /// What the cookie holds: which display, and the key that opens it.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Whether people answer: then it waits long, and others of other bookings may be begun meanwhile.
    pub fn by_people(&self) -> bool {
        self.by_people
    }

    /// How long the cookie lives.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }
}

/// What a person finds when asking for a display; `T` is what there is to show.
pub enum Outcome<T> {
    /// The operator has not answered yet.
    Waiting,
    /// This once. No `Debug`, like everything that holds access data.
    Shown(T),
    /// It was shown before.
    AlreadyShown,
    /// Nobody answered in time, or the key is gone.
    Expired,
    /// The operator has nothing to show, or the answer does not open.
    Failed,
}

/// A display as the person finds it.
pub struct Display<T> {
    /// This display.
    pub id: RevealId,
    /// What there is to see.
    pub outcome: Outcome<T>,
    /// The booking.
    pub booking: BookingRow,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl<T> Display<T> {
    fn of(row: &RevealRow, booking: BookingRow, outcome: Outcome<T>) -> Self {
        Self {
            id: row.id.into(),
            outcome,
            booking,
            requested_at: row.requested_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
        }
    }
}

/// What a program sends to get access data that only it can open.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskSealed {
    /// Password of the person whose token asks; a token alone shows nothing.
    password: String,
    /// Own X25519 public key, 32 bytes, standard base64. The private half stays with the caller.
    public_key: String,
}

/// Asks for a display in a browser.
pub async fn request(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    password: String,
) -> Result<Ticket, Error> {
    let mut private = [0_u8; 32];
    rand::fill(&mut private);
    let key = SecretKey::from(private);
    let (reveal, row) = ask(app, actor, booking, password, &key.public_key()).await?;
    let seconds = reveal.expires_at.to_jiff().duration_since(reveal.requested_at.to_jiff()).as_secs();
    let cookie = format!("{}.{}", reveal.id, URL_SAFE_NO_PAD.encode(key.to_bytes()));
    Ok(Ticket { cookie, seconds, by_people: bookings::by_people(&row) })
}

/// Asks for a display that is sealed to the caller's own key.
pub async fn request_sealed(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    cmd: AskSealed,
) -> Result<Display<String>, Error> {
    let key = read_public_key(&cmd.public_key)
        .ok_or_else(|| Refusal::fields(vec![Finding::new("/public_key", "public-key")]))?;
    let (reveal, row) = ask(app, actor, booking, cmd.password, &key).await?;
    let outcome = outcome(&reveal, reveal.requested_at.to_jiff());
    Ok(Display::of(&reveal, row, outcome))
}

/// A key to which sealing protects something: with a point of low order every private key would open the box.
fn read_public_key(text: &str) -> Option<PublicKey> {
    let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    let key = PublicKey::from(bytes);
    let sealed_by = |private: u8| {
        SalsaBox::new(&key, &SecretKey::from([private; 32])).encrypt(&Nonce::default(), &b""[..]).ok()
    };
    (sealed_by(1) != sealed_by(2)).then_some(key)
}

/// Asks the location. The password is asked again, so that an open screen or a stolen token gives nothing away.
async fn ask(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    password: String,
    public_key: &PublicKey,
) -> Result<(RevealRow, BookingRow), Error> {
    let scope = authorize(actor, Action::RevealAccess)?;
    account::confirm_password(app, actor, password).await?;
    let now = app.clock.now();
    let id = new_id();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, booking).await?;
            let seen = db::observations::find(conn, &scope, booking).await?;
            // Where people hand them over, they do so before the service starts.
            let by_people = bookings::by_people(&row);
            // A provider's people never see a customer's access data.
            if row.organisation_id != actor.organisation.0 {
                return Err(Error::NotFound);
            }
            if !usable(&row, seen.as_ref(), now) {
                return Err(Refusal::new("reveal-not-ready").into());
            }
            let known = Custody::of(conn, &scope, booking).await?.known(&row)?;
            if let Err(refused) = access::show(&known) {
                return Err(rotations::refusal(conn, &scope, refused).await?);
            }
            let reveal = RevealRow {
                id,
                booking_id: row.id,
                organisation_id: row.organisation_id,
                provider_id: row.provider_id,
                location_id: row.location_id,
                person_id: actor.person.0,
                public_key: public_key.as_bytes().to_vec(),
                sealed: None,
                requested_at: now.into(),
                expires_at: (now + if by_people { LIFETIME_BY_PEOPLE } else { LIFETIME }).into(),
                answered_at: None,
                shown_at: None,
            };
            db::reveals::insert(conn, &reveal).await?;
            if by_people {
                tasks::ask_access(conn, &row, &reveal, known.shown.is_some(), now).await?;
            }
            let detail = json!({"event": "requested", "reveal": id});
            let entry =
                record::by_person(actor, Action::RevealAccess, format!("booking:{booking}"), detail, now);
            Ok(((reveal, row), entry))
        })
        .await
}

/// Whether there is something to show or to change. Where people hand access data over, they do so before the service starts.
pub(super) fn usable(row: &BookingRow, seen: Option<&ObservationRow>, now: Timestamp) -> bool {
    let ready = |seen: &ObservationRow| bookings::by_people(row) || seen.ready_at.is_some();
    seen.is_some_and(|seen| ready(seen) && seen.gone_at.is_none())
        && row.ends_at.is_none_or(|at| at.to_jiff() > now)
}

/// Shows the data if they have come, once. Without the cookie the last display of this person only tells how it ended.
pub async fn look(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    cookie: Option<&str>,
) -> Result<Display<Access>, Error> {
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
        (Some(_), Some(key)) => {
            let read = |sealed: &[u8]| serde_json::from_slice(&key.unseal(sealed).ok()?).ok();
            open(app, actor, &scope, &row, last.id.into(), read).await?
        }
        _ => outcome(&last, now),
    };
    Ok(Display::of(&last, row, outcome))
}

/// Hands over the sealed data of one display if they have come, once.
pub async fn hand_over(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: RevealId,
) -> Result<Display<String>, Error> {
    let scope = authorize(actor, Action::RevealAccess)?;
    let now = app.clock.now();
    let (row, asked) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, booking).await?;
            Ok::<_, Error>((row, db::reveals::get_own(conn, &scope, actor.person, booking, id).await?))
        })
        .await?;
    let outcome = match &asked.sealed {
        Some(_) => open(app, actor, &scope, &row, id, |sealed: &[u8]| Some(STANDARD.encode(sealed))).await?,
        None => outcome(&asked, now),
    };
    Ok(Display::of(&asked, row, outcome))
}

/// How a display stands that cannot be opened now.
fn outcome<T>(row: &RevealRow, now: Timestamp) -> Outcome<T> {
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

/// Takes the sealed data out of the database, once, and shows what `read` makes of them.
async fn open<T>(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    booking: &BookingRow,
    id: RevealId,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Result<Outcome<T>, Error> {
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
            // Whoever opens a display of this booking waits here for others who do.
            db::bookings::lock(conn, scope, BookingId(booking.id)).await?;
            let known = Custody::of(conn, scope, BookingId(booking.id)).await?.known(booking)?;
            if !access::open(&known, row.requested_at.to_jiff()) {
                db::reveals::update_wiped(conn, id).await?;
                return Ok((Outcome::Expired, entry("outdated")));
            }
            let access = read(sealed);
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
pub(super) async fn others(
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
    // Who cannot change access data yet asks again at once, and must not do so all the time.
    let mut looked = false;
    loop {
        let now = app.clock.now();
        let (rows, orders, (said, urgent)) = app
            .db
            .read(&who.scope(), async |conn: &mut db::Conn| {
                let rows = db::reveals::list_open(conn, who, now).await?;
                let orders = db::rotations::list_open(conn, who).await?;
                Ok::<_, Error>((rows, orders, words::pending(conn, who, now).await?))
            })
            .await?;
        let ordered = looked && (urgent || !orders.is_empty());
        if !rows.is_empty() || ordered || Instant::now() >= until {
            let reveals = rows.into_iter().map(|row| PendingReveal {
                id: row.id,
                booking: row.booking_id,
                public_key: STANDARD.encode(&row.public_key),
            });
            let rotations = orders.iter().map(|row| PendingRotation { id: row.id, booking: row.booking_id });
            return Ok(PendingReveals {
                reveals: reveals.collect(),
                rotations: rotations.collect(),
                words: said,
            });
        }
        looked = true;
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
