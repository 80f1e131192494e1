//! IO: what the service brokers of the location offer, so that the marketplace asks only locations that can provide a plan.
//!
//! A broker that does not answer keeps what it said before: that it rests for an hour takes nothing off the shelf. Whether a
//! plan is still offered is asked once more before each instance ([`crate::service`]).

use crate::state::State;
use contract::BrokerPlan;
use contract::kinds::shared_service::catalogue;
use contract::kinds::shared_service::requests::Request;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Between two readings.
const EVERY: Duration = Duration::from_secs(300);
/// After one that failed.
const AGAIN: Duration = Duration::from_secs(10);

/// Longest wait for the catalogues before the first heartbeat, which is better late than without them.
const FIRST: Duration = Duration::from_secs(10);

/// Reads before anything is reported; slow brokers follow with the next reading.
pub async fn read_first(state: &State) {
    if tokio::time::timeout(FIRST, read(state)).await.is_err() {
        tracing::warn!("a service broker takes its time over its catalogue");
    }
}

/// Reads for ever.
pub async fn run(state: Arc<State>) {
    let mut complete = {
        let known = state.catalogues.read().unwrap_or_else(PoisonError::into_inner);
        state.brokers.all().all(|(name, _)| known.contains_key(name))
    };
    loop {
        tokio::time::sleep(if complete { EVERY } else { AGAIN }).await;
        complete = read(&state).await;
    }
}

/// Everything that is known to be offered, ascending.
pub fn plans(state: &State) -> Vec<BrokerPlan> {
    let known = state.catalogues.read().unwrap_or_else(PoisonError::into_inner);
    known.values().flatten().cloned().collect()
}

/// Reads each catalogue once; whether all of them answered.
async fn read(state: &State) -> bool {
    let mut complete = true;
    for (name, broker) in state.brokers.all() {
        let path = "/v2/catalog".to_owned();
        let request = Request { method: "GET", path, query: Vec::new(), body: None };
        match catalogue::plans(name, &broker.call(&request, "").await) {
            Some(plans) => {
                state
                    .catalogues
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(name.to_owned(), plans);
            }
            None => {
                tracing::warn!(broker = name, "the catalogue of a service broker cannot be read");
                complete = false;
            }
        }
    }
    complete
}
