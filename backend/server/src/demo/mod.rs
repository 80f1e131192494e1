//! Demonstration data: invented, and loaded by a command through the same use-cases as everything else.

use crate::app::App;
use crate::http::views::start::DemoAccount;

/// Sign-ins that the demonstration shows on its sign-in page.
#[must_use]
pub fn accounts() -> Vec<DemoAccount> {
    Vec::new()
}

/// Loads what is missing.
pub async fn load(_app: &App) -> anyhow::Result<()> {
    anyhow::bail!("demonstration data are not written yet")
}
