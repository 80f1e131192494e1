//! IO: send observations and usage, keep what was acknowledged. What is not acknowledged stays in the Bookings.

use crate::cluster::ClusterError;
use crate::crd::{Booking, BookingStatus};
use crate::marketplace::{Marketplace, MarketplaceError};
use crate::reconcile::report;
use crate::state::{State, lock};
use crate::{allocation, counters, observe};
use contract::protocol::{MAX_OBSERVATIONS, MAX_USAGE};
use contract::{
    Answer, CumulativeReading, Observation, ObservationBatch, UsageAnswers, UsageBatch, UsageRecord,
    canonical,
};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

/// Without any change, look for something to send this often.
const EVERY: Duration = Duration::from_secs(20);
/// Let changes that come together be sent together.
const GATHER: Duration = Duration::from_millis(300);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// Tries to write an acknowledgement into a Booking that changes at the same time.
const TRIES: u32 = 5;

#[derive(Debug, thiserror::Error)]
enum PushError {
    #[error(transparent)]
    Marketplace(#[from] MarketplaceError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// Pushes for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    let mut sent: HashMap<Uuid, String> = HashMap::new();
    loop {
        let waited = tokio::time::timeout(EVERY, state.changed.notified()).await;
        if waited.is_ok() {
            tokio::time::sleep(GATHER).await;
        }
        match round(&state, &marketplace, &mut sent).await {
            Ok(()) => state.pushed_at.store(Timestamp::now().as_second(), Ordering::Relaxed),
            Err(error) => {
                tracing::warn!(error = %error, "push failed");
                metrics::counter!("wolkenamt_operator_push_failures_total").increment(1);
                tokio::time::sleep(PAUSE).await;
                state.changed.notify_one();
            }
        }
    }
}

async fn round(
    state: &Arc<State>,
    marketplace: &Marketplace,
    sent: &mut HashMap<Uuid, String>,
) -> Result<(), PushError> {
    let bookings = state.bookings.state();
    sent.retain(|id, _| bookings.iter().any(|booking| booking.spec.desired.booking == *id));
    send_usage(state, marketplace, &bookings).await?;
    send_observations(state, marketplace, &bookings, sent).await
}

async fn send_observations(
    state: &State,
    marketplace: &Marketplace,
    bookings: &[Arc<Booking>],
    sent: &mut HashMap<Uuid, String>,
) -> Result<(), PushError> {
    let mut news: Vec<(Observation, String)> = Vec::new();
    for booking in bookings {
        let Some(observation) = observation(state, booking) else { continue };
        let hash = content(&observation);
        if sent.get(&observation.booking) != Some(&hash) {
            news.push((observation, hash));
        }
    }
    for chunk in news.chunks(MAX_OBSERVATIONS) {
        let observations = chunk.iter().map(|(observation, _)| observation.clone()).collect();
        let epoch = state.epoch.load(Ordering::Relaxed);
        marketplace.observations(&ObservationBatch { epoch, observations }).await?;
        for (observation, hash) in chunk {
            sent.insert(observation.booking, hash.clone());
        }
    }
    Ok(())
}

/// What is said of a booking; nothing before the first pass.
pub fn observation(state: &State, booking: &Booking) -> Option<Observation> {
    let status = booking.status.as_ref().filter(|status| !status.conditions.is_empty())?;
    let id = booking.spec.desired.booking;
    let newest = status.conditions.iter().map(|condition| condition.since).max()?;
    Some(Observation {
        booking: id,
        generation: status.observed_generation,
        conditions: status.conditions.clone(),
        endpoints: status.endpoints.clone(),
        first_ready: status.first_ready,
        in_effect: status.in_effect,
        seen_at: lock(&state.observed).get(&id).copied().unwrap_or(newest).max(newest),
        gone: status.gone,
    })
}

/// Hash of everything but the time of the look.
fn content(observation: &Observation) -> String {
    let timeless = Observation { seen_at: Timestamp::UNIX_EPOCH, ..observation.clone() };
    canonical::sha256_hex(serde_json::to_string(&timeless).unwrap_or_default().as_bytes())
}

async fn send_usage(
    state: &State,
    marketplace: &Marketplace,
    bookings: &[Arc<Booking>],
) -> Result<(), PushError> {
    let epoch = state.epoch.load(Ordering::Relaxed);
    let mut batch = UsageBatch::default();
    for booking in bookings {
        let Some(status) = &booking.status else { continue };
        let desired = &booking.spec.desired;
        let mut records = allocation::unacknowledged(desired, status, epoch);
        records.truncate(MAX_USAGE / 2);
        let readings = counters::unacknowledged(desired, status);
        if batch.records.len() + batch.readings.len() + records.len() + readings.len() > MAX_USAGE {
            send_batch(state, marketplace, std::mem::take(&mut batch)).await?;
        }
        batch.records.extend(records);
        batch.readings.extend(readings);
    }
    send_batch(state, marketplace, batch).await
}

async fn send_batch(state: &State, marketplace: &Marketplace, batch: UsageBatch) -> Result<(), PushError> {
    if batch.records.is_empty() && batch.readings.is_empty() {
        return Ok(());
    }
    let answers = marketplace.usage(&batch).await?;
    complain(&batch, &answers);
    let mut ids: Vec<Uuid> = batch.records.iter().map(|record| record.booking).collect();
    ids.extend(batch.readings.iter().map(|reading| reading.booking));
    ids.sort();
    ids.dedup();
    for id in ids {
        let records: Vec<(&UsageRecord, bool)> = batch
            .records
            .iter()
            .zip(&answers.records)
            .filter(|(record, _)| record.booking == id)
            .map(|(record, answer)| (record, answer.settles()))
            .collect();
        let readings: Vec<&CumulativeReading> = batch
            .readings
            .iter()
            .zip(&answers.readings)
            .filter(|(reading, answer)| reading.booking == id && answer.settles())
            .map(|(reading, _)| reading)
            .collect();
        acknowledge(state, id, acknowledged_to(&records), &readings).await?;
    }
    Ok(())
}

/// The latest end up to which every record is settled.
pub fn acknowledged_to(records: &[(&UsageRecord, bool)]) -> Option<Timestamp> {
    let first_open = records.iter().filter(|(_, settled)| !settled).map(|(record, _)| record.to).min();
    records.iter().map(|(record, _)| record.to).filter(|to| first_open.is_none_or(|open| *to < open)).max()
}

fn complain(batch: &UsageBatch, answers: &UsageAnswers) {
    let of_records = batch.records.iter().map(|record| (record.booking, record.meter)).zip(&answers.records);
    let of_readings =
        batch.readings.iter().map(|reading| (reading.booking, reading.meter)).zip(&answers.readings);
    for ((booking, meter), answer) in of_records.chain(of_readings) {
        match answer {
            Answer::Accepted | Answer::Duplicate => {}
            Answer::Conflict => {
                metrics::counter!("wolkenamt_operator_usage_conflicts_total").increment(1);
                tracing::error!(%booking, meter = meter.code(), "usage conflicts with what was sent before");
            }
            Answer::Rejected { code, detail } => {
                metrics::counter!("wolkenamt_operator_usage_rejected_total").increment(1);
                tracing::error!(%booking, meter = meter.code(), code, detail, "usage was rejected");
            }
        }
    }
}

/// Writes the acknowledgement into the Booking.
async fn acknowledge(
    state: &State,
    id: Uuid,
    to: Option<Timestamp>,
    readings: &[&CumulativeReading],
) -> Result<(), ClusterError> {
    for _ in 0..TRIES {
        let Some((booking, _at)) = observe::booking(&state.cluster, &id.to_string()).await? else {
            return Ok(());
        };
        let before = booking.status.clone().unwrap_or_default();
        let mut status = BookingStatus { acknowledged_to: before.acknowledged_to.max(to), ..before.clone() };
        for counter in &mut status.counters {
            counter.acknowledged |= readings.iter().any(|reading| {
                reading.meter == counter.meter
                    && reading.epoch == counter.epoch
                    && reading.value == counter.value
            });
        }
        if status == before || report(state, &booking, &status).await? {
            return Ok(());
        }
    }
    // The next round sends the same records again and finds them to be duplicates.
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Meter;

    fn record(from: i64, to: i64, meter: Meter) -> UsageRecord {
        let at = |second| Timestamp::from_second(second).unwrap();
        UsageRecord {
            booking: Uuid::from_u128(1),
            meter,
            seq: 0,
            from: at(from),
            to: at(to),
            amount: 1,
            epoch: 1,
        }
    }

    #[test]
    fn only_a_settled_beginning_is_acknowledged() {
        let a = record(0, 10, Meter::Vcpu);
        let b = record(0, 10, Meter::Memory);
        let c = record(10, 20, Meter::Vcpu);
        let d = record(10, 20, Meter::Memory);
        let second = |at: Option<Timestamp>| at.map(Timestamp::as_second);
        assert_eq!(second(acknowledged_to(&[(&a, true), (&b, true), (&c, true), (&d, true)])), Some(20));
        assert_eq!(second(acknowledged_to(&[(&a, true), (&b, true), (&c, true), (&d, false)])), Some(10));
        assert_eq!(second(acknowledged_to(&[(&a, true), (&b, false), (&c, true), (&d, true)])), None);
        assert_eq!(acknowledged_to(&[]), None);
    }
}
