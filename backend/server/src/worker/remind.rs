//! Reminds people of ends and deletions that come near.

use crate::app::App;
use crate::usecases::{Error, bookings};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    bookings::remind(app).await
}
