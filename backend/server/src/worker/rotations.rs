//! Ends orders to change access data that nobody carries out.

use crate::app::App;
use crate::usecases::{Error, rotations};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    rotations::expire(app).await
}
