//! Forgets what nobody can use any more: expired sessions and old failed sign-ins.

use crate::app::App;
use crate::usecases::{Error, account};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    account::forget_expired(app, app.clock.now()).await
}
