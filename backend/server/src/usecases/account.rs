//! Sign-in, sessions and personal access tokens.

mod attempts;
mod password;
mod sign_in;
mod tokens;

pub use password::hash_password;
pub use sign_in::{DEVICE_LIFETIME, From, SignIn, Started, confirm_password, sign_in};
pub use tokens::{Made, MakeToken, Program, issue_token, make_token, recognise_token, revoke_token};

use crate::app::App;
use crate::ports::secrets::hash;
use crate::usecases::{Error, record};
use db::people::Recognised;
use db::sessions::{SessionRow, TokenRow};
use domain::ids::PersonId;
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

/// A session ends after this time without use (ASVS 7.3.1).
pub const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// A session ends after this time in any case (ASVS 7.3.2).
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// The last use is written at most this often, or every page would be a write.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);

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

/// Forgets expired sessions, empty buckets of attempts and devices that were not used for long; the sweep of the worker.
pub async fn forget_expired(app: &App, now: Timestamp) -> Result<usize, Error> {
    let scope = Scope::system("sweep of expired sessions");
    app.db
        .touch(&scope, "forgetting what has expired", async |conn: &mut db::Conn| {
            let forgotten = db::attempts::delete_empty(conn, now).await?;
            let forgotten = forgotten + db::devices::delete_expired(conn, now).await?;
            Ok::<_, Error>(forgotten + db::sessions::delete_expired(conn, now).await?)
        })
        .await
}
