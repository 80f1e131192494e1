//! Plans, tells and closes tasks of people.

use crate::app::App;
use crate::usecases::{Error, tasks};

/// One pass.
pub async fn pass(app: &App) -> Result<usize, Error> {
    tasks::sweep(app).await
}
