//! Lets go what restores have replaced long enough ago.

use crate::app::App;
use crate::usecases::{Error, bookings};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    bookings::drop_due(app).await
}
