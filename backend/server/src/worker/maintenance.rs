//! Tells customers about maintenance of the locations where their bookings run.

use crate::app::App;
use crate::usecases::{Error, availability};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    availability::tell(app).await
}
