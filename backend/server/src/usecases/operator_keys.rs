//! By which key an operator is known: enrolment with a one-time code, replacement by the operator, and the end of trust.
//!
//! Answers may get lost, so the same request is answered again in the same way: the same code with the same key, the same
//! next key. Does not own: signatures (`http::agent::operator`), codes and revocation by people ([`super::locations`]).

use crate::app::App;
use crate::ports::secrets::hash;
use crate::usecases::{Error, Refusal, agent, record};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{Enrolled, Enrolment, KeyTaken, NextKey, PublicJwk, key_id};
use db::operators::OperatorRow;
use domain::ids::{LocationId, OrganisationId};
use domain::policy::{OperatorIdentity, Scope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A replaced key stays good for this long, for requests on their way and for an operator that lost the answer.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// An operator that may call, as found by its location and the key that it names.
pub struct Trusted {
    /// Who it is, once its signature is verified.
    pub who: OperatorIdentity,
    /// Public half of the named key.
    pub key: PublicJwk,
}

/// The operator that an assertion claims to be from. Read with every request, so that revocation takes effect at once.
pub async fn find_trusted(app: &App, location: LocationId, kid: &str) -> Result<Trusted, Error> {
    let scope = Scope::system("an operator is found by its location before anybody is known");
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::operators::find_claimed(conn, location).await?)
        })
        .await?;
    let row = found.filter(|row| row.revoked_at.is_none()).ok_or(Error::Unauthenticated)?;
    let key = good_keys(&row, app.clock.now())?
        .into_iter()
        .find(|key| key_id(location.0, key) == kid)
        .ok_or(Error::Unauthenticated)?;
    Ok(Trusted { who: OperatorIdentity { location, provider: OrganisationId(row.provider_id) }, key })
}

/// The present key, and the one before it while it is good.
fn good_keys(row: &OperatorRow, now: Timestamp) -> Result<Vec<PublicJwk>, Error> {
    let former = row.former_key_ends_at.is_some_and(|until| now < until.to_jiff());
    let former = row.former_key.as_ref().filter(|_key| former);
    row.public_key.iter().chain(former).map(read).collect()
}

fn read(key: &Value) -> Result<PublicJwk, Error> {
    serde_json::from_value(key.clone()).map_err(|error| Error::Internal(error.into()))
}

/// Marks an assertion as used; a second use is refused.
pub async fn use_assertion(
    app: &App,
    who: &OperatorIdentity,
    jti: &str,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let scope = Scope::system("used assertions are nobody's rows");
    let used = app
        .db
        .touch(&scope, "an assertion is used with every request", async |conn: &mut db::Conn| {
            db::operators::insert_assertion(conn, who.location, jti, expires_at).await
        })
        .await;
    match used {
        Err(db::Error::Taken(_)) => Err(Error::Conflict("replayed")),
        other => Ok(other?),
    }
}

/// A key as it is stored; anything but Ed25519 is refused.
fn checked(key: &PublicJwk) -> Result<Value, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(&key.x).unwrap_or_default();
    if key.kty != "OKP" || key.crv != "Ed25519" || bytes.len() != 32 {
        return Err(Refusal::new("key-invalid").into());
    }
    serde_json::to_value(key).map_err(|error| Error::Internal(error.into()))
}

/// Exchanges a one-time code for the trust in a key. While the code lives, the same key gets the same answer again.
pub async fn enrol(app: &App, cmd: Enrolment) -> Result<Enrolled, Error> {
    agent::check_version(&cmd.operator_version)?;
    let now = app.clock.now();
    let key = checked(&cmd.key)?;
    let scope = Scope::system("an operator is found by its one-time code before anybody is known");
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let found = db::operators::lock_by_code(conn, &hash(&cmd.code), now).await?;
            let (row, location_name) = found.ok_or_else(|| Error::from(Refusal::new("code-invalid")))?;
            let location = LocationId(row.location_id);
            let repeated = row.enrolment_used_at.is_some();
            if !repeated {
                db::operators::update_enrolled(conn, location, &key, now).await?;
            } else if row.public_key.as_ref() != Some(&key) {
                return Err(Refusal::new("code-invalid").into());
            }
            let who = OperatorIdentity { location, provider: OrganisationId(row.provider_id) };
            let key_id = key_id(row.location_id, &cmd.key);
            let version = cmd.operator_version.chars().take(50).collect::<String>();
            let detail = json!({"key": key_id, "version": version, "repeated": repeated});
            let enrolled = Enrolled {
                operator: row.location_id,
                key_id,
                audience: app.config.http.public_url.clone(),
                location: row.location_id,
                location_name,
                epoch: row.epoch,
            };
            let entry =
                record::by_operator(&who, "operator.enrol", format!("location:{location}"), detail, now);
            Ok::<_, Error>((enrolled, entry))
        })
        .await
}

/// Replaces an operator's key at its own wish. `signed_by` is the `kid` of the key that the wish was signed with: a key that
/// was replaced may ask again for what it began, and names no other successor.
pub async fn replace(
    app: &App,
    who: &OperatorIdentity,
    signed_by: &str,
    cmd: &NextKey,
) -> Result<KeyTaken, Error> {
    let now = app.clock.now();
    let next = checked(&cmd.key)?;
    let key_id = key_id(who.location.0, &cmd.key);
    app.db
        .write(&who.scope(), async |conn: &mut db::Conn| {
            let row = db::operators::lock(conn, who).await?;
            let present = row.public_key.as_ref().filter(|_key| row.revoked_at.is_none());
            let present = present.ok_or(Error::Unauthenticated)?;
            let repeated = *present == next;
            let mut former_until = row.former_key_ends_at.map(|until| until.to_jiff());
            if !repeated {
                let outdated = contract::key_id(who.location.0, &read(present)?) != signed_by;
                if outdated || row.former_key.as_ref() == Some(&next) {
                    return Err(Error::Conflict("key-replaced"));
                }
                let until = now + OVERLAP;
                db::operators::update_key(conn, who, &next, Some(present), until).await?;
                former_until = Some(until);
            }
            let detail = json!({"from": signed_by, "to": key_id, "repeated": repeated});
            let subject = format!("location:{}", who.location);
            let entry = record::by_operator(who, "operator.key", subject, detail, now);
            Ok::<_, Error>((KeyTaken { key_id: key_id.clone(), former_until }, entry))
        })
        .await
}
