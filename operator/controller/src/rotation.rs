//! IO: replaces the operator's key from time to time.
//!
//! The next key is kept before it is registered and takes over afterwards, so a crash at any point leaves a key that works:
//! the present one while the marketplace has not taken the next, either of them for an hour, then the next alone.

use crate::cluster::Cluster;
use crate::config::Config;
use crate::identity::{self, Stored};
use crate::marketplace::{Marketplace, MarketplaceError};
use crate::state::State;
use anyhow::{Context, Result};
use contract::NextKey;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// After a failure.
const PAUSE: Duration = Duration::from_secs(60);

/// Looks after the key for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    loop {
        let pause = match round(&state.config, &state.cluster, &marketplace).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the key could not be replaced");
                metrics::counter!("wolkenamt_operator_key_failures_total").increment(1);
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Replaces the key if it is old or if that was begun. Returns when to look again.
async fn round(config: &Config, cluster: &Cluster, marketplace: &Marketplace) -> Result<Duration> {
    let stored = identity::load(config, cluster).await?.context("the key is not there any more")?;
    let stored = match stored.next()? {
        Some(_begun) => stored,
        None => {
            let left = stored.good_for(config.key_seconds, Timestamp::now());
            if !left.is_zero() {
                return Ok(left);
            }
            let stored = stored.with_next()?;
            identity::save(config, cluster, &stored).await?;
            stored
        }
    };
    register(&stored, marketplace).await?;
    let stored = stored.promoted(Timestamp::now())?;
    identity::save(config, cluster, &stored).await?;
    let identity = stored.identity()?.context("an operator without enrolment has no key to replace")?;
    tracing::info!(key = identity.enrolled.key_id, "the key was replaced");
    marketplace.become_identity(identity);
    Ok(stored.good_for(config.key_seconds, Timestamp::now()))
}

/// Makes the next key known. If the present one is not good any more, the next one may have taken over long ago.
async fn register(stored: &Stored, marketplace: &Marketplace) -> Result<()> {
    let key = stored.next()?.context("there is no next key")?;
    match marketplace.replace_key(&NextKey { key: key.clone() }).await {
        Err(MarketplaceError::Refused { status: 401, .. }) => {
            let next = stored.clone().promoted(Timestamp::now())?.identity()?.context("not enrolled")?;
            marketplace.with_identity(next).replace_key(&NextKey { key }).await?;
        }
        result => drop(result?),
    }
    Ok(())
}
