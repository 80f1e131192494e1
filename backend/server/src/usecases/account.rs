//! Sign-in, sessions and personal access tokens.

use crate::app::App;
use crate::ports::secrets::{hash, new_id, new_secret};
use crate::usecases::{Error, Refusal, record};
use anyhow::anyhow;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use db::people::Recognised;
use db::sessions::{SessionRow, TokenRow};
use domain::ids::{PersonId, TokenId};
use domain::order::Finding;
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// A session ends after this time without use (ASVS 7.3.1).
pub const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// A session ends after this time in any case (ASVS 7.3.2).
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// This many failures within [`FAILURE_WINDOW`] close the address for the rest of it.
const FAILURES_MAX: i64 = 8;
const FAILURE_WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// The last use is written at most this often, or every page would be a write.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Marks personal access tokens, so that secret scanners recognise a leaked one.
const TOKEN_PREFIX: &str = "wka_";
const TOKEN_DAYS_MAX: i64 = 365;

/// What somebody types to sign in.
#[derive(Clone, Deserialize)]
pub struct SignIn {
    /// Mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// A session that was just started; the key goes into the cookie and nowhere else.
pub struct Started {
    /// Secret of the session.
    pub key: String,
    /// Who signed in.
    pub who: Recognised,
}

/// Checks address and password and starts a session. A wrong address and a wrong password look and last the same.
pub async fn sign_in(app: &App, cmd: SignIn, user_agent: &str) -> Result<Started, Error> {
    let now = app.clock.now();
    let scope = Scope::system("sign-in looks for a person across organisations");
    let email_hash = hash(&cmd.email.trim().to_lowercase());
    let (failures, person) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let failures = db::sessions::count_failures(conn, &email_hash, now - FAILURE_WINDOW).await?;
            Ok::<_, Error>((failures, db::people::find_by_email(conn, &cmd.email).await?))
        })
        .await?;
    if failures >= FAILURES_MAX {
        return Err(Error::TooMany { retry_after_seconds: FAILURE_WINDOW.as_secs().unsigned_abs() });
    }
    let stored = person.as_ref().map(|row| row.password_hash.clone());
    if !verify_password(cmd.password, stored).await? {
        app.db
            .touch(&scope, "a failed sign-in belongs to nobody's chain", async |conn: &mut db::Conn| {
                Ok::<_, Error>(db::sessions::insert_failure(conn, &email_hash, now).await?)
            })
            .await?;
        tracing::warn!(event = "sign_in_failed", "sign-in failed");
        return Err(Refusal::fields(vec![Finding::new("/password", "sign-in-failed")]).into());
    }
    let person = person.ok_or(Error::Unauthenticated)?;
    let key = new_secret();
    let row = SessionRow {
        key_hash: hash(&key),
        id: new_id(),
        organisation_id: person.organisation_id,
        person_id: person.id,
        csrf_token: new_secret(),
        user_agent: user_agent.chars().take(300).collect(),
        created_at: now.into(),
        last_seen_at: now.into(),
        expires_at: (now + LIFETIME).into(),
    };
    let who = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            db::sessions::insert(conn, &row).await?;
            let who = db::people::find_recognised(conn, PersonId(person.id), now).await?;
            let who = who.ok_or(Error::Unauthenticated)?;
            let subject = format!("session:{}", row.id);
            let entry =
                record::by_person(&who.actor, Action::OwnAccount, subject, json!({"event": "sign-in"}), now);
            Ok::<_, Error>((who, entry))
        })
        .await?;
    Ok(Started { key, who })
}

/// Asks somebody who signed in for the password once more, before something that an open screen must not give away.
/// Failures count like failed sign-ins.
pub async fn confirm_password(app: &App, actor: &Actor, password: String) -> Result<(), Error> {
    let now = app.clock.now();
    let scope = authorize(actor, Action::OwnAccount)?;
    let person = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::people::get(conn, &scope, actor.person).await?)
        })
        .await?;
    let email_hash = hash(&person.email);
    let system = Scope::system("failed sign-ins are nobody's rows");
    let failures = app
        .db
        .read(&system, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::sessions::count_failures(conn, &email_hash, now - FAILURE_WINDOW).await?)
        })
        .await?;
    if failures >= FAILURES_MAX {
        return Err(Error::TooMany { retry_after_seconds: FAILURE_WINDOW.as_secs().unsigned_abs() });
    }
    if verify_password(password, Some(person.password_hash)).await? {
        return Ok(());
    }
    app.db
        .touch(&system, "a failed confirmation counts like a failed sign-in", async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::sessions::insert_failure(conn, &email_hash, now).await?)
        })
        .await?;
    Err(Refusal::fields(vec![Finding::new("/password", "password-wrong")]).into())
}

/// Ends the session with this key, if there is one.
pub async fn sign_out(app: &App, actor: &Actor, session: Uuid) -> Result<(), Error> {
    end_session(app, actor, session).await
}

/// Ends one of the person's own sessions.
pub async fn end_session(app: &App, actor: &Actor, session: Uuid) -> Result<(), Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            if !db::sessions::delete(conn, &scope, actor.person, session).await? {
                return Err(Error::NotFound);
            }
            let detail = json!({"event": "session-ended"});
            Ok(((), record::by_person(actor, Action::OwnAccount, format!("session:{session}"), detail, now)))
        })
        .await
}

/// Who holds this session key now, with the session.
pub async fn recognise_session(app: &App, key: &str) -> Result<Option<(Recognised, SessionRow)>, Error> {
    let now = app.clock.now();
    let scope = Scope::system("a session is found by its key before anybody is known");
    let key_hash = hash(key);
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let Some(session) = db::sessions::find(conn, &key_hash, now, now - IDLE).await? else {
                return Ok(None);
            };
            let who = db::people::find_recognised(conn, PersonId(session.person_id), now).await?;
            Ok::<_, Error>(who.map(|who| (who, session)))
        })
        .await?;
    if let Some((_, session)) = &found
        && now.duration_since(session.last_seen_at.to_jiff()) > SEEN_EVERY
    {
        app.db
            .touch(&scope, "the last use of a session", async |conn: &mut db::Conn| {
                Ok::<_, Error>(db::sessions::update_seen(conn, &key_hash, now).await?)
            })
            .await?;
    }
    Ok(found)
}

/// Who holds this access token now.
pub async fn recognise_token(app: &App, token: &str) -> Result<Option<Recognised>, Error> {
    if !token.starts_with(TOKEN_PREFIX) || token.len() > 100 {
        return Ok(None);
    }
    let now = app.clock.now();
    let scope = Scope::system("a token is found by its secret before anybody is known");
    app.db
        .touch(&scope, "the last use of a token", async |conn: &mut db::Conn| {
            let Some(row) = db::sessions::find_token(conn, &hash(token), now).await? else { return Ok(None) };
            if row.last_used_at.is_none_or(|at| now.duration_since(at.to_jiff()) > SEEN_EVERY) {
                db::sessions::update_token_used(conn, TokenId(row.id), now).await?;
            }
            Ok::<_, Error>(db::people::find_recognised(conn, PersonId(row.person_id), now).await?)
        })
        .await
}

/// Tokens and sessions of the person.
pub async fn overview(app: &App, actor: &Actor) -> Result<(Vec<TokenRow>, Vec<SessionRow>), Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let tokens = db::sessions::list_tokens(conn, &scope, actor.person).await?;
            Ok((tokens, db::sessions::list(conn, &scope, actor.person, now).await?))
        })
        .await
}

/// A wish for a new token.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeToken {
    /// What it is for.
    pub name: String,
    /// Days until it expires, at most 365.
    pub days: i64,
}

/// A token that was just made; its secret is shown once.
pub struct Made {
    /// Row without the secret.
    pub row: TokenRow,
    /// The secret.
    pub token: String,
}

/// Makes a personal access token.
pub async fn make_token(app: &App, actor: &Actor, cmd: MakeToken) -> Result<Made, Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now = app.clock.now();
    let mut findings = Vec::new();
    if !(1..=100).contains(&cmd.name.trim().chars().count()) {
        findings.push(Finding::new("/name", "token-name").with("max", 100));
    }
    if !(1..=TOKEN_DAYS_MAX).contains(&cmd.days) {
        findings.push(Finding::new("/days", "token-days").with("max", TOKEN_DAYS_MAX));
    }
    if !findings.is_empty() {
        return Err(Refusal::fields(findings).into());
    }
    let token = format!("{TOKEN_PREFIX}{}", new_secret());
    let row = TokenRow {
        id: new_id(),
        organisation_id: actor.organisation.0,
        person_id: actor.person.0,
        name: cmd.name.trim().to_owned(),
        token_hash: hash(&token),
        created_at: now.into(),
        expires_at: (now + SignedDuration::from_hours(24 * cmd.days)).into(),
        last_used_at: None,
        revoked_at: None,
    };
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::sessions::insert_token(conn, &row).await?;
            let detail = json!({"event": "token-made", "name": row.name, "days": cmd.days});
            Ok::<_, Error>((
                (),
                record::by_person(actor, Action::OwnAccount, format!("token:{}", row.id), detail, now),
            ))
        })
        .await?;
    Ok(Made { row, token })
}

/// Revokes one of the person's tokens; it stops working with the next request.
pub async fn revoke_token(app: &App, actor: &Actor, token: TokenId) -> Result<(), Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::sessions::update_token_revoked(conn, &scope, actor.person, token, now).await?;
            let detail = json!({"event": "token-revoked"});
            Ok(((), record::by_person(actor, Action::OwnAccount, format!("token:{token}"), detail, now)))
        })
        .await
}

/// Hashes a password with argon2id and the parameters of this release (19 MiB, 2 passes; OWASP).
pub fn hash_password(password: &str) -> Result<String, Error> {
    let hash = argon2id()?.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(anyhow!("password hash: {error}")))
}

/// Verifies in a thread of its own, because it costs time on purpose. Without a stored hash it costs the same.
async fn verify_password(password: String, stored: Option<String>) -> Result<bool, Error> {
    static NOBODY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let verified = actix_web::web::block(move || {
        let known = stored.is_some();
        let hash = match stored {
            Some(hash) => hash,
            None => match NOBODY.get() {
                Some(hash) => hash.clone(),
                None => NOBODY.get_or_init(|| hash_password(&new_secret()).unwrap_or_default()).clone(),
            },
        };
        let parsed =
            PasswordHash::new(&hash).map_err(|error| Error::Internal(anyhow!("stored hash: {error}")))?;
        Ok::<_, Error>(argon2id()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
    });
    verified.await.map_err(|error| Error::Internal(error.into()))?
}

fn argon2id() -> Result<Argon2<'static>, Error> {
    let params =
        Params::new(19 * 1024, 2, 1, None).map_err(|error| Error::Internal(anyhow!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Forgets expired sessions and old failures; the sweep of the worker.
pub async fn forget_expired(app: &App, now: Timestamp) -> Result<usize, Error> {
    let scope = Scope::system("sweep of expired sessions");
    app.db
        .touch(&scope, "forgetting what has expired", async |conn: &mut db::Conn| {
            let failures = db::sessions::delete_failures(conn, now - FAILURE_WINDOW).await?;
            Ok::<_, Error>(failures + db::sessions::delete_expired(conn, now).await?)
        })
        .await
}
