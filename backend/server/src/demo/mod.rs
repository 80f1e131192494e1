//! Demonstration data: everything is invented and marked so. Loaded by a command, never by a migration.
//!
//! Loading twice changes nothing: each organisation and each catalogue is one transaction that is skipped where it is
//! there. Ids derive from names, so that two installations of the demonstration look alike.

mod catalogue;
mod history;
mod organisations;
mod people;
mod running;

use crate::app::App;
use crate::http::views::start::DemoAccount;
use uuid::Uuid;

/// Password of everybody in the demonstration; it opens nothing else.
pub const PASSWORD: &str = "wolkenamt-demo-2026";

/// Sign-ins that the demonstration shows on its sign-in page.
#[must_use]
pub fn accounts() -> Vec<DemoAccount> {
    people::PEOPLE
        .iter()
        .map(|person| DemoAccount {
            email: person.email.to_owned(),
            password: PASSWORD.to_owned(),
            name: person.name.to_owned(),
            organisation: organisations::name_of(person.organisation).to_owned(),
            roles: person.roles.iter().map(|role| role.code.to_owned()).collect(),
        })
        .collect()
}

/// Loads what is missing.
pub async fn load(app: &App) -> anyhow::Result<()> {
    organisations::load(app).await?;
    catalogue::load(app).await?;
    history::load(app).await
}

/// Orders and approves the one booking that runs, unless that happened before. Needs [`load`], and a real operator at its
/// location.
pub async fn order_running(app: &App) -> anyhow::Result<()> {
    running::order(app).await
}

/// The id of a thing of the demonstration, by a name that is unique in it.
fn id(name: &str) -> Uuid {
    /// Namespace of the demonstration, drawn once.
    const DEMONSTRATION: Uuid = Uuid::from_u128(0x6f1d_3a52_7c0e_4b8e_9a41_d2b7_55c8_10e3);
    Uuid::new_v5(&DEMONSTRATION, name.as_bytes())
}
