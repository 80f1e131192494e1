//! From address and password to a session, and the password once more before something delicate.

use super::{LIFETIME, attempts, password};
use crate::app::App;
use crate::ports::secrets::{hash, new_id, new_secret};
use crate::usecases::{Error, Refusal, record};
use db::devices::DeviceRow;
use db::people::{PersonRow, Recognised};
use db::sessions::SessionRow;
use domain::ids::PersonId;
use domain::order::Finding;
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

/// A device is forgotten after this time without a sign-in.
pub const DEVICE_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 180);

/// What somebody types to sign in.
#[derive(Clone, Deserialize)]
pub struct SignIn {
    /// Mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Where a sign-in comes from.
#[derive(Debug, Clone, Default)]
pub struct From {
    /// What the browser says that it is.
    pub user_agent: String,
    /// Network address, as far as it tells one place from another.
    pub source: String,
    /// Secret of the device, if it brought one.
    pub device: Option<String>,
}

/// A session that was just started; key and device go into cookies and nowhere else.
pub struct Started {
    /// Secret of the session.
    pub key: String,
    /// Secret of the device, now known for this person.
    pub device: String,
    /// Who signed in.
    pub who: Recognised,
}

/// Checks address and password and starts a session. A wrong address and a wrong password look and last the same.
pub async fn sign_in(app: &App, cmd: SignIn, from: From) -> Result<Started, Error> {
    let now = app.clock.now();
    let scope = Scope::system("sign-in looks for a person across organisations");
    let email = cmd.email.trim().to_lowercase();
    let device = from.device.clone().unwrap_or_default();
    let device_hash = hash(&device);
    let (person, known, anybodys) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let known = db::devices::is_known(conn, &device_hash, &email, now).await?;
            let anybodys = db::devices::is_anybodys(conn, &device_hash, now).await?;
            Ok::<_, Error>((db::people::find_by_email(conn, &email).await?, known, anybodys))
        })
        .await?;
    let buckets = attempts::of_sign_in(&email, &from.source, known.then_some(device.as_str()));
    attempts::take(app, &buckets, now).await.inspect_err(|_| {
        tracing::warn!(event = "sign_in_held_up", source = from.source, "too many sign-ins");
    })?;
    let stored = person.as_ref().map(|row| row.password_hash.clone());
    if !password::verify(cmd.password, stored).await? {
        tracing::warn!(event = "sign_in_failed", source = from.source, "sign-in failed");
        return Err(Refusal::fields(vec![Finding::new("/password", "sign-in-failed")]).into());
    }
    let person = person.ok_or(Error::Unauthenticated)?;
    // A secret that nobody was given is not taken over from a browser: somebody else might know it.
    let device = if anybodys { device } else { new_secret() };
    let key = new_secret();
    let who = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            attempts::give_back(conn, &buckets, now).await?;
            start(conn, &person, (&key, &device), &from.user_agent, now).await
        })
        .await?;
    Ok(Started { key, device, who })
}

async fn start(
    conn: &mut db::Conn,
    person: &PersonRow,
    (key, device): (&str, &str),
    user_agent: &str,
    now: Timestamp,
) -> Result<(Recognised, db::Remembered), Error> {
    let device = DeviceRow {
        person_id: person.id,
        device_hash: hash(device),
        organisation_id: person.organisation_id,
        used_at: now.into(),
        expires_at: (now + DEVICE_LIFETIME).into(),
    };
    db::devices::update_used(conn, &device).await?;
    let row = SessionRow {
        key_hash: hash(key),
        id: new_id(),
        organisation_id: person.organisation_id,
        person_id: person.id,
        csrf_token: new_secret(),
        user_agent: user_agent.chars().take(300).collect(),
        created_at: now.into(),
        last_seen_at: now.into(),
        expires_at: (now + LIFETIME).into(),
    };
    db::sessions::insert(conn, &row).await?;
    let who = db::people::find_recognised(conn, PersonId(person.id), now).await?;
    let who = who.ok_or(Error::Unauthenticated)?;
    let subject = format!("session:{}", row.id);
    let entry = record::by_person(&who.actor, Action::OwnAccount, subject, json!({"event": "sign-in"}), now);
    Ok((who, entry))
}

/// Asks somebody who signed in for the password once more, before something that an open screen must not give away.
/// Counted apart from sign-ins, so that nobody else can use up the attempts.
pub async fn confirm_password(app: &App, actor: &Actor, password: String) -> Result<(), Error> {
    let now = app.clock.now();
    let scope = authorize(actor, Action::OwnAccount)?;
    let person = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::people::get(conn, &scope, actor.person).await?)
        })
        .await?;
    let buckets = attempts::of_confirmation(actor.person);
    attempts::take(app, &buckets, now).await?;
    if !password::verify(password, Some(person.password_hash)).await? {
        tracing::warn!(event = "confirmation_failed", person = %actor.person, "password not confirmed");
        return Err(Refusal::fields(vec![Finding::new("/password", "password-wrong")]).into());
    }
    let system = Scope::system("attempts are nobody's rows");
    app.db
        .touch(&system, "a right attempt does not count", async |conn: &mut db::Conn| {
            attempts::give_back(conn, &buckets, now).await
        })
        .await
}
