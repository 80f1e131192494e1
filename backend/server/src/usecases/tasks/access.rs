//! Access data that somebody enters: sealed to the key of the display that waits for them, in the memory of this one request.
//! Nothing readable is stored or logged, and nothing that is stored here opens them.

use super::{Deal, Locked, closed, refusal, tell};
use crate::app::App;
use crate::usecases::reveals::SEALED_BYTES_MAX;
use crate::usecases::{Error, Refusal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::reveal::{Access, AccessField};
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;
use db::reveals::RevealRow;
use domain::ids::{BookingId, RevealId, TaskId};
use domain::order::Finding;
use domain::policy::{Action, Actor};
use domain::task::{ACCESS, ANSWER_ACCESS, Refused, Side, State};
use serde_json::json;

/// Longest value in characters.
const VALUE_MAX: usize = 2000;

/// What the provider's person types. No `Debug`: it must not reach a log.
pub struct EnterAccess {
    /// Address in the browser.
    pub url: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// Anything else, such as a second factor or a tenant.
    pub note: String,
}

/// What a program sends that seals by itself.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// X25519 sealed box (libsodium `crypto_box_seal`) for the `public_key` of the task, standard base64, of
    /// `{"fields": [{"name", "label", "value", "secret"}]}`.
    sealed: String,
}

/// Seals what was typed for the display that waits.
pub async fn enter(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: TaskId,
    cmd: EnterAccess,
) -> Result<(), Error> {
    let findings = check(&cmd);
    if !findings.is_empty() {
        return Err(Refusal::fields(findings).into());
    }
    let plain = serde_json::to_vec(&access(&cmd)).map_err(|error| Error::Internal(error.into()))?;
    let seal = |row: &RevealRow| -> Result<Vec<u8>, Error> {
        let key: [u8; 32] =
            row.public_key.as_slice().try_into().map_err(|_length| Error::Conflict("malformed"))?;
        PublicKey::from(key)
            .seal(&mut OsRng, &plain)
            .map_err(|error| Error::Internal(anyhow::anyhow!("sealing failed: {error}")))
    };
    hand_over(app, actor, booking, id, seal).await
}

/// Takes what a program has sealed.
pub async fn enter_sealed(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: TaskId,
    cmd: Sealed,
) -> Result<(), Error> {
    let sealed = STANDARD.decode(&cmd.sealed).map_err(|_not_base64| Error::Conflict("malformed"))?;
    if sealed.len() > SEALED_BYTES_MAX {
        return Err(Error::Conflict("too-large"));
    }
    hand_over(app, actor, booking, id, |_row| Ok(sealed.clone())).await
}

async fn hand_over(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    id: TaskId,
    seal: impl Fn(&RevealRow) -> Result<Vec<u8>, Error>,
) -> Result<(), Error> {
    let deal =
        Deal::find(app, actor, Action::FulfilBooking, booking).await?.of(Side::Provider)?.by_people()?;
    let now = app.clock.now();
    app.db
        .write(&deal.scope, async |conn: &mut db::Conn| {
            let all = Locked::of(conn, booking).await?;
            let (row, known) = all.get(id)?;
            let refused = match () {
                () if row.step != ANSWER_ACCESS => Some(Refused::OtherWay),
                () if known.state != State::Open => Some(Refused::AlreadyClosed),
                () => None,
            };
            if let Some(refused) = refused {
                return Err(refusal(&refused, ""));
            }
            let reveal = db::tasks::lock_reveal(conn, row.reveal_id.unwrap_or_default().into()).await?;
            if now >= reveal.expires_at.to_jiff() || reveal.answered_at.is_some() {
                return Err(Refusal::new("access-expired").into());
            }
            db::reveals::update_answered(conn, RevealId(reveal.id), Some(&seal(&reveal)?), now).await?;
            db::tasks::update(conn, id, &closed(row, State::Done, Some(actor), now)).await?;
            // The planned step is done with the first hand-over.
            let planned = all.rows.iter().find(|row| row.step == ACCESS && row.state == State::Open.code());
            if let Some(planned) = planned {
                let done = closed(planned, State::Done, Some(actor), now);
                db::tasks::update(conn, TaskId(planned.id), &done).await?;
            }
            let people = tell::people(conn, &deal.row, (Side::Customer, Some(reveal.person_id)), now).await?;
            tell::mail(conn, app, &people, ("access-entered", &deal.row, row), now).await?;
            let detail = json!({"event": "access-entered", "task": id, "reveal": reveal.id, "number": deal.row.number});
            Ok(((), deal.remember(actor, Action::FulfilBooking, detail, now)))
        })
        .await
}

fn check(cmd: &EnterAccess) -> Vec<Finding> {
    let values = [
        ("/access_url", &cmd.url),
        ("/access_user", &cmd.user),
        ("/password", &cmd.password),
        ("/access_note", &cmd.note),
    ];
    let long = values.iter().filter(|(_, value)| value.chars().count() > VALUE_MAX);
    let mut findings: Vec<Finding> =
        long.map(|(field, _)| Finding::new(field, "access-too-long").with("max", VALUE_MAX)).collect();
    if values.iter().all(|(_, value)| value.trim().is_empty()) {
        findings.push(Finding::new("/access_url", "access-empty"));
    }
    let url = cmd.url.trim();
    if !url.is_empty() && !url.starts_with("https://") {
        findings.push(Finding::new("/access_url", "access-url"));
    }
    findings
}

fn access(cmd: &EnterAccess) -> Access {
    let mut fields = Vec::new();
    let mut add = |field: AccessField| {
        if !field.value.trim().is_empty() {
            fields.push(field);
        }
    };
    add(AccessField::shown("url", "Adresse im Browser", cmd.url.trim()));
    add(AccessField::shown("user", "Benutzer", cmd.user.trim()));
    add(AccessField::hidden("password", "Passwort", &cmd.password));
    add(AccessField::hidden("note", "Hinweis", cmd.note.trim()));
    Access { fields }
}
