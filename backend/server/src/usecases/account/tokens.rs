//! Personal access tokens: what a program may do in the name of a person, never more than the person may.

use super::{SEEN_EVERY, confirm_password};
use crate::app::App;
use crate::ports::secrets::{hash, new_id, new_secret};
use crate::usecases::{Error, Refusal, record};
use db::people::Recognised;
use db::sessions::TokenRow;
use domain::ids::{PersonId, TokenId};
use domain::order::Finding;
use domain::policy::{Action, Actor, Means, Role, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Marks personal access tokens, so that secret scanners recognise a leaked one.
const PREFIX: &str = "wka_";
/// So many characters of a secret tell one token from another and still leave 230 bits.
const SHOWN_CHARS: usize = 8;
const DAYS_MAX: i64 = 365;
const NAME_MAX: usize = 100;

/// A wish for a new token.
#[derive(Debug, Clone)]
pub struct MakeToken {
    /// What it is for.
    pub name: String,
    /// Days until it expires, at most 365.
    pub days: i64,
    /// Codes of the roles that it may use; only roles that the person holds.
    pub roles: BTreeSet<String>,
    /// Whether it only reads.
    pub reads_only: bool,
}

impl MakeToken {
    /// Everything that the person may do.
    #[must_use]
    pub fn whole(actor: &Actor, name: &str, days: i64) -> Self {
        let roles = actor.grants.iter().map(|grant| grant.role.code().to_owned()).collect();
        Self { name: name.to_owned(), days, roles, reads_only: false }
    }
}

/// A token that was just made; its secret is shown once.
pub struct Made {
    /// Row without the secret.
    pub row: TokenRow,
    /// The secret.
    pub token: String,
}

/// A program and what it may do now.
pub struct Program {
    /// The person in whose name it acts, with the roles that both have.
    pub who: Recognised,
    /// Whether it only reads.
    pub reads_only: bool,
}

/// Makes a token. The password is asked again: a token outlives the session of whoever sits at an open screen.
pub async fn make_token(app: &App, actor: &Actor, cmd: MakeToken, password: String) -> Result<Made, Error> {
    check(actor, &cmd)?;
    confirm_password(app, actor, password).await?;
    issue_token(app, actor, cmd).await
}

/// Makes a token without asking for a password: for the command line, where whoever may run the program may do this.
pub async fn issue_token(app: &App, actor: &Actor, cmd: MakeToken) -> Result<Made, Error> {
    authorize(actor, Action::OwnAccount)?;
    check(actor, &cmd)?;
    let now = app.clock.now();
    let token = format!("{PREFIX}{}", new_secret());
    let row = TokenRow {
        id: new_id(),
        organisation_id: actor.organisation.0,
        person_id: actor.person.0,
        name: cmd.name.trim().to_owned(),
        token_hash: hash(&token),
        starts_with: token.chars().take(SHOWN_CHARS).collect(),
        roles: json!(cmd.roles),
        reads_only: cmd.reads_only,
        created_at: now.into(),
        expires_at: (now + SignedDuration::from_hours(24 * cmd.days)).into(),
        last_used_at: None,
        revoked_at: None,
    };
    let by_product =
        Scope::system("a token is made in nobody's name, after its person has proven the password");
    app.db
        .write(&by_product, async |conn: &mut db::Conn| {
            db::sessions::insert_token(conn, &row).await?;
            let detail = json!({
                "event": "token-made", "name": row.name, "days": cmd.days, "roles": row.roles, "reads_only": row.reads_only,
            });
            let subject = format!("token:{}", row.id);
            Ok::<_, Error>(((), record::by_person(actor, Action::OwnAccount, subject, detail, now)))
        })
        .await?;
    Ok(Made { row, token })
}

fn check(actor: &Actor, cmd: &MakeToken) -> Result<(), Error> {
    let mut findings = Vec::new();
    if !(1..=NAME_MAX).contains(&cmd.name.trim().chars().count()) {
        findings.push(Finding::new("/name", "token-name").with("max", NAME_MAX));
    }
    if !(1..=DAYS_MAX).contains(&cmd.days) {
        findings.push(Finding::new("/days", "token-days").with("max", DAYS_MAX));
    }
    let held = |code: &String| Role::from_code(code).is_some_and(|role| actor.holds(role));
    if !cmd.roles.iter().all(held) {
        findings.push(Finding::new("/roles", "token-roles"));
    }
    if findings.is_empty() { Ok(()) } else { Err(Refusal::fields(findings).into()) }
}

/// The program that holds this secret, with what it and its person may do now.
pub async fn recognise_token(app: &App, token: &str) -> Result<Option<Program>, Error> {
    if !token.starts_with(PREFIX) || token.len() > 100 {
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
            let who = db::people::find_recognised(conn, PersonId(row.person_id), now).await?;
            Ok::<_, Error>(who.map(|who| Program { who: limited(who, &row), reads_only: row.reads_only }))
        })
        .await
}

/// The person with only those roles that the token has too.
fn limited(mut who: Recognised, row: &TokenRow) -> Recognised {
    let roles: Vec<&str> = row
        .roles
        .as_array()
        .map(|roles| roles.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    who.actor.grants.retain(|grant| roles.contains(&grant.role.code()));
    who.actor.means = Means::Program(TokenId(row.id));
    who
}

/// Revokes one of the person's tokens; it stops working with the next request.
pub async fn revoke_token(app: &App, actor: &Actor, token: TokenId) -> Result<(), Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now: Timestamp = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::sessions::update_token_revoked(conn, &scope, actor.person, token, now).await?;
            let detail = json!({"event": "token-revoked"});
            Ok(((), record::by_person(actor, Action::OwnAccount, format!("token:{token}"), detail, now)))
        })
        .await
}
