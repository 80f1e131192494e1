//! Lets orders expire that nobody decided in time; their money is free again and the orderer is told.

use crate::app::App;
use crate::usecases::{Error, approvals};

/// Orders of one pass; the next pass takes the rest.
const BATCH: i64 = 100;

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    approvals::expire(app, BATCH).await
}
