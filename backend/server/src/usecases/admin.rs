//! What the administrator of the machine does in the name of a person: for scripts that set up a demonstration or check
//! an installation. Whoever may run the program with its settings may do this; the audit says that it was the command line
//! and in whose name.

use crate::app::App;
use crate::usecases::{account, locations};
use anyhow::{Context, anyhow};
use domain::ids::{LocationId, PersonId};
use domain::policy::{Action, Actor, Means, Scope, authorize};

const TOKEN_DAYS: i64 = 30;

/// A new access token of the person with this address.
pub async fn token(app: &App, email: &str) -> anyhow::Result<String> {
    let actor = actor(app, email).await?;
    let wish = account::MakeToken::whole(&actor, "wolkenamt admin token", TOKEN_DAYS);
    Ok(account::issue_token(app, &actor, wish).await?.token)
}

/// A new one-time code for the location with this code, made by a person of its provider.
pub async fn enrolment_code(app: &App, email: &str, location: &str) -> anyhow::Result<String> {
    let actor = actor(app, email).await?;
    let scope = authorize(&actor, Action::ManageLocations)?;
    let rows =
        app.db.read(&scope, async |conn: &mut db::Conn| db::locations::list(conn, &scope).await).await?;
    let row = rows
        .into_iter()
        .find(|row| row.code == location)
        .with_context(|| format!("no location {location}"))?;
    Ok(locations::make_code(app, &actor, LocationId(row.id)).await?.code)
}

async fn actor(app: &App, email: &str) -> anyhow::Result<Actor> {
    let now = app.clock.now();
    let scope = Scope::system("the administrator names a person by address");
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let Some(person) = db::people::find_by_email(conn, email).await? else { return Ok(None) };
            db::people::find_recognised(conn, PersonId(person.id), now).await
        })
        .await?;
    found
        .map(|known| Actor { means: Means::CommandLine, ..known.actor })
        .ok_or_else(|| anyhow!("no person has the address {email}"))
}
