//! Walks the chains of the audit and remembers how far, so that a look at one is cheap however long it grew.

use crate::app::App;
use crate::usecases::{Error, audit};

/// Pieces of one pass, over all chains; the next pass takes the rest.
const PIECES: usize = 20;

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    audit::check(app, PIECES).await
}
