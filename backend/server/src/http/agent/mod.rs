//! What operators call: the messages of `contract`, each call with a signed assertion. Parse, one use-case, answer.

pub mod bookings;
pub mod differences;
pub mod enrolment;
pub mod heartbeat;
pub mod observations;
pub mod operator;
pub mod reveals;
pub mod usage;

use contract::protocol::MAX_WAIT_SECONDS;
use serde::Deserialize;
use std::time::Duration;

/// How long an operator is willing to wait for a change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    after: Option<i64>,
    #[serde(default)]
    wait: u64,
}

impl Waiting {
    fn wait(&self) -> Duration {
        Duration::from_secs(self.wait.min(MAX_WAIT_SECONDS))
    }
}
