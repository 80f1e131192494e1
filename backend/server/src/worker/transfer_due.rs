//! Moves bookings whose transfer begins.

use crate::app::App;
use crate::usecases::{Error, bookings};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    bookings::transfer_due(app).await
}
