//! IO: send observations and usage, keep what was acknowledged. What is not acknowledged stays in the Bookings.

use crate::bookings::Entry;
use crate::cluster::ClusterError;
use crate::crd::{Booking, BookingStatus};
use crate::marketplace::{Marketplace, MarketplaceError};
use crate::reconcile::{Reported, report};
use crate::state::{State, lock};
use crate::{allocation, counters};
use contract::protocol::{MAX_OBSERVATIONS, MAX_USAGE};
use contract::{
    Answer, CumulativeReading, Observation, ObservationBatch, UsageAnswers, UsageBatch, UsageRecord,
};
use futures::StreamExt;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

/// Without any change, look for something to send this often.
const EVERY: Duration = Duration::from_secs(20);
/// Let changes that come together be sent together.
const GATHER: Duration = Duration::from_millis(100);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// Tries to write an acknowledgement into a Booking that changes at the same time.
const TRIES: u32 = 5;
/// Acknowledgements that are written at the same time.
const CONCURRENCY: usize = 8;

/// Why one round did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The marketplace did not answer as agreed.
    #[error(transparent)]
    Marketplace(#[from] MarketplaceError),
    /// The cluster did not.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// Where the loop is.
pub struct Push {
    state: Arc<State>,
    marketplace: Arc<Marketplace>,
    /// Digest of what was said last of each booking, and in which epoch: a marketplace that was restored has to be told
    /// everything again.
    sent: HashMap<Uuid, (i64, u128)>,
}

/// Pushes for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    let mut push = Push::new(state.clone(), marketplace);
    loop {
        let waited = tokio::time::timeout(EVERY, state.changed.notified()).await;
        if waited.is_ok() {
            tokio::time::sleep(GATHER).await;
        }
        match push.round().await {
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

impl Push {
    /// Nothing was said yet.
    pub fn new(state: Arc<State>, marketplace: Arc<Marketplace>) -> Push {
        Push { state, marketplace, sent: HashMap::new() }
    }

    /// Sends what is not acknowledged and what was not said.
    pub async fn round(&mut self) -> Result<(), PushError> {
        // A log that was restored contradicts what is stored until this process has compared it.
        if !self.state.pulled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let entries = self.state.bookings.all();
        self.sent.retain(|id, _| self.state.bookings.get(*id).is_some());
        let usage = self.send_usage(&entries).await;
        // What is seen is told also where usage finds no way.
        let observations = self.send_observations(&entries).await;
        usage.and(observations)
    }

    async fn send_observations(&mut self, entries: &[Arc<Entry>]) -> Result<(), PushError> {
        let epoch = self.state.epoch.load(Ordering::Relaxed);
        let said = |entry: &Entry| entry.said.map(|said| (epoch, said));
        let news: Vec<&Arc<Entry>> = entries
            .iter()
            .filter(|entry| entry.said.is_some() && self.sent.get(&entry.id).copied() != said(entry))
            .collect();
        for chunk in news.chunks(MAX_OBSERVATIONS) {
            let read = chunk.iter().filter_map(|entry| read(entry));
            let observations: Vec<Observation> =
                read.filter_map(|booking| observation(&self.state, &booking)).collect();
            self.marketplace.observations(&ObservationBatch { epoch, observations }).await?;
            self.sent.extend(chunk.iter().filter_map(|entry| Some((entry.id, said(entry)?))));
        }
        Ok(())
    }

    async fn send_usage(&self, entries: &[Arc<Entry>]) -> Result<(), PushError> {
        let epoch = self.state.epoch.load(Ordering::Relaxed);
        let mut batch = UsageBatch::default();
        let uncertain = lock(&self.state.uncertain).clone();
        for entry in entries.iter().filter(|entry| !entry.acknowledged && !uncertain.contains(&entry.id)) {
            let Some(booking) = read(entry) else { continue };
            let Some(status) = &booking.status else { continue };
            let desired = &booking.spec.desired;
            let mut records = allocation::unacknowledged(desired, status, epoch);
            records.truncate(MAX_USAGE / 2);
            let readings = counters::unacknowledged(desired, status);
            if batch.records.len() + batch.readings.len() + records.len() + readings.len() > MAX_USAGE {
                send_batch(&self.state, &self.marketplace, std::mem::take(&mut batch)).await?;
            }
            batch.records.extend(records);
            batch.readings.extend(readings);
        }
        send_batch(&self.state, &self.marketplace, batch).await
    }
}

fn read(entry: &Entry) -> Option<Booking> {
    let complain = |error: &_| tracing::error!(booking = %entry.id, error = %error, "Booking not understood");
    entry.booking().inspect_err(complain).ok()
}

/// What is said of a booking; nothing before the first pass.
pub fn observation(state: &State, booking: &Booking) -> Option<Observation> {
    let status = booking.status.as_ref().filter(|status| !status.conditions.is_empty())?;
    let id = booking.spec.desired.booking;
    let newest = status.conditions.iter().map(|condition| condition.since).max()?;
    let seen_at = lock(&state.observed).get(&id).copied().unwrap_or(newest).max(newest);
    Some(say(id, status, seen_at))
}

fn say(booking: Uuid, status: &BookingStatus, seen_at: Timestamp) -> Observation {
    Observation {
        booking,
        generation: status.observed_generation,
        conditions: status.conditions.clone(),
        endpoints: status.endpoints.clone(),
        first_ready: status.first_ready,
        in_effect: status.in_effect,
        recoverable: status.recoverable,
        restored: status.restored,
        repairs: status.repairs.clone(),
        seen_at,
        gone: status.gone,
    }
}

/// What there is to say besides the booking and the time of the look, for comparing; nothing before the first pass.
pub(crate) fn told(status: &BookingStatus) -> Option<String> {
    let said = (!status.conditions.is_empty()).then(|| say(Uuid::nil(), status, Timestamp::UNIX_EPOCH))?;
    serde_json::to_string(&said).ok()
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
    let acknowledgements = ids.into_iter().map(|id| {
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
        async move { (id, acknowledge(state, id, acknowledged_to(&records), readings).await) }
    });
    let mut written = futures::stream::iter(acknowledgements).buffer_unordered(CONCURRENCY);
    while let Some((id, result)) = written.next().await {
        match result {
            Err(error) if error.is_about_one() => {
                tracing::error!(booking = %id, error = %error, "an acknowledgement cannot be written; the usage is sent again");
                metrics::counter!("wolkenamt_operator_push_failures_total").increment(1);
            }
            result => result?,
        }
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
            Answer::Accepted | Answer::Duplicate | Answer::GivenUp => {}
            Answer::Conflict => {
                metrics::counter!("wolkenamt_operator_usage_conflicts_total").increment(1);
                tracing::error!(%booking, meter = meter.code(), "usage conflicts with what was sent before");
            }
            Answer::Unknown => {
                tracing::error!(%booking, meter = meter.code(), "usage was answered in a way that this version does not know");
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
    readings: Vec<&CumulativeReading>,
) -> Result<(), ClusterError> {
    for _ in 0..TRIES {
        let Some(booking) = state.bookings.get(id).and_then(|entry| read(&entry)) else { return Ok(()) };
        let before = booking.status.clone().unwrap_or_default();
        let mut status = BookingStatus { acknowledged_to: before.acknowledged_to.max(to), ..before.clone() };
        for counter in &mut status.counters {
            counter.acknowledged |= readings.iter().any(|reading| {
                reading.meter == counter.meter
                    && reading.epoch == counter.epoch
                    && reading.value == counter.value
            });
        }
        if status == before {
            return Ok(());
        }
        if report(state, &booking, &status).await? != Reported::Raced {
            // What has ended only waited for this.
            if status.gone.is_some() || booking.metadata.deletion_timestamp.is_some() {
                state.queue.changed(id);
            }
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
