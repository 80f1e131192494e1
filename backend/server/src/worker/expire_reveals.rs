//! Wipes sealed access data that nobody fetched, and forgets used assertions that have expired.

use crate::app::App;
use crate::usecases::{Error, reveals};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    reveals::wipe_expired(app, app.clock.now(), crate::http::agent::operator::real_now()).await
}
