//! Ends bookings whose ordered end has come.

use crate::app::App;
use crate::usecases::{Error, bookings};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    bookings::end_due(app).await
}
