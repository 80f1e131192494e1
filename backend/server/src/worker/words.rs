//! Ends words of the provider's people that no location heard.

use crate::app::App;
use crate::usecases::{Error, words};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    words::expire(app).await
}
