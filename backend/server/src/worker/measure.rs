//! Keeps how much offerings could be used in the month that is over.

use crate::app::App;
use crate::usecases::{Error, availability};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    availability::measure(app).await
}
