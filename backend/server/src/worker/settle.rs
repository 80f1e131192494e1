//! Frees what bookings that are over and invoiced still bind in their budget lines.

use crate::app::App;
use crate::usecases::{Error, settlement};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    settlement::settle(app).await
}
