//! Tells people that their bookings are ready or held up.

use crate::app::App;
use crate::usecases::{Error, bookings};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    bookings::announce(app).await
}
