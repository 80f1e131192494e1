//! What operators do: fetch what is wanted, report what was seen, beat.
//!
//! Does not own: by which key they are known ([`super::operator_keys`]), the proof of who calls (`http::agent::operator`),
//! usage ([`super::usage`]), displays of access data ([`super::reveals`]).

use crate::app::App;
use crate::usecases::bookings::{event, power_of, wanted_from_code};
use crate::usecases::{Error, Refusal, differences, record};
use anyhow::anyhow;
use contract::kinds::exposure;
use contract::protocol::MAX_OBSERVATIONS;
use contract::version;
use contract::{
    Desired, DesiredList, Heartbeat, HeartbeatAnswer, Held, Kind, Nature, Observation, ObservationBatch,
    OrganisationRef, Wanted, list_hash,
};
use db::availability::SilenceRow;
use db::bookings::WantedRow;
use db::observations::{ObservationRow, ObservedBooking};
use domain::agent::{Heard, hear};
use domain::booking::SILENCE;
use domain::ids::{BookingId, LocationId};
use domain::policy::{OperatorIdentity, Scope};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Between two looks at the database while an operator waits. Whoever waits is woken by state, never by a message.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Hashes of the operators' lists as this process computed them last, so that an answer without news costs no list. Keyed
/// by epoch and revision, because every change of a list draws a revision; a full list is always computed anew.
#[derive(Clone, Default)]
pub struct ListHashes(Arc<Mutex<HashMap<LocationId, Computed>>>);

/// Epoch, revision and hash.
type Computed = (i64, i64, String);

impl ListHashes {
    fn find(&self, location: LocationId, epoch: i64, revision: i64) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known_epoch, known_revision, hash) = known.get(&location)?;
        (*known_epoch == epoch && *known_revision == revision).then(|| hash.clone())
    }

    fn keep(&self, location: LocationId, epoch: i64, revision: i64, hash: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(location, (epoch, revision, hash.to_owned()));
    }
}

/// What is wanted at the operator's location: everything, or what changed after a revision. Waits for a change as long as
/// the operator wishes.
pub async fn bookings(
    app: &App,
    who: &OperatorIdentity,
    after: Option<i64>,
    wait: Duration,
) -> Result<DesiredList, Error> {
    let until = Instant::now() + wait;
    while let Some(after) = after
        && Instant::now() < until
        && !app.ending.load(Ordering::Relaxed)
    {
        let revision = app
            .db
            .read(&who.scope(), async |conn: &mut db::Conn| {
                Ok::<_, Error>(db::bookings::get_revision(conn, who).await?)
            })
            .await?;
        if revision != after {
            break;
        }
        tokio::time::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now()))).await;
    }
    list(app, who, after).await
}

async fn list(app: &App, who: &OperatorIdentity, after: Option<i64>) -> Result<DesiredList, Error> {
    let (epoch, revision, known, found) = app
        .db
        .read(&who.scope(), async |conn: &mut db::Conn| {
            let epoch = db::operators::get_epoch(conn, who).await?;
            let revision = db::bookings::get_revision(conn, who).await?;
            let known =
                app.list_hashes.find(who.location, epoch, revision).filter(|_| after == Some(revision));
            let found = match known {
                Some(_) => Found::default(),
                None => find(conn, who, after.is_none_or(|after| after > revision)).await?,
            };
            Ok::<_, Error>((epoch, revision, known, found))
        })
        .await?;
    if let Some(hash) = known {
        return Ok(DesiredList { epoch, revision, full: false, hash, bookings: Vec::new(), held: None });
    }
    let scope = Scope::system("the Kostenstelle is the customer's; it travels as a label only");
    let cost_centres: HashMap<Uuid, String> = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list_cost_centres(conn, who.location).await?)
        })
        .await?
        .into_iter()
        .collect();
    let mut changed = Vec::new();
    let mut all = Vec::with_capacity(found.rows.len());
    // A revision from the future belongs to a time that a restore has undone: such an operator needs everything.
    let after = after.filter(|after| *after <= revision);
    for row in found.rows {
        let cost_centre = cost_centres.get(&row.booking.id).cloned().unwrap_or_default();
        let newer = after.is_some_and(|after| row.booking.revision > after);
        let desired = desired(row, cost_centre)?;
        if newer {
            changed.push(desired.clone());
        }
        all.push(desired);
    }
    all.extend(found.take_down);
    let hash = list_hash(&all);
    app.list_hashes.keep(who.location, epoch, revision, &hash);
    let bookings = if after.is_some() { changed } else { all };
    Ok(DesiredList { epoch, revision, full: after.is_none(), hash, bookings, held: found.held })
}

/// What a list is made of.
#[derive(Default)]
struct Found {
    rows: Vec<WantedRow>,
    take_down: Vec<Desired>,
    held: Option<Vec<Held>>,
}

/// Everything that the location shall hold; `full` also what is stored of it.
async fn find(conn: &mut db::Conn, who: &OperatorIdentity, full: bool) -> Result<Found, Error> {
    let rows = db::bookings::list_wanted(conn, who).await?;
    let take_down = differences::take_down(conn, who).await?;
    let allocated = |kind: Kind| {
        let meters = kind.meters().iter().filter(|meter| meter.nature() == Nature::Allocation);
        meters.map(move |meter| (kind.code(), meter.code()))
    };
    let meters: Vec<_> = Kind::ALL.into_iter().flat_map(allocated).collect();
    let held = match full {
        true => Some(db::differences::list_held(conn, who, &meters).await?),
        false => None,
    };
    Ok(Found { rows, take_down, held })
}

fn desired(row: WantedRow, cost_centre: String) -> Result<Desired, Error> {
    let booking = row.booking;
    let broken = |what: &str| Error::Internal(anyhow!("booking {}: {what}", booking.id));
    Ok(Desired {
        booking: booking.id,
        generation: booking.generation,
        wanted: wanted_from_code(&booking.wanted),
        power: power_of(&booking),
        kind: Kind::from_code(&booking.kind).ok_or_else(|| broken("unknown kind"))?,
        plan: row.plan,
        exposure: serde_json::from_value(booking.exposure.clone())
            .map_err(|_unreadable| broken("unreadable exposure"))?,
        restore: booking
            .restore
            .map(serde_json::from_value)
            .transpose()
            .map_err(|_unreadable| anyhow!("booking {}: unreadable restore", booking.id))
            .map_err(Error::Internal)?,
        order: exposure::told(&booking.parameters),
        organisation: OrganisationRef { id: booking.organisation_id, slug: row.slug },
        cost_centre,
        title: row.title,
        wished_start: Some(booking.wished_start_at.to_jiff()),
    })
}

/// Takes down what was seen. Repeated, late and foreign words change nothing.
pub async fn observe(app: &App, who: &OperatorIdentity, batch: ObservationBatch) -> Result<(), Error> {
    if batch.observations.len() > MAX_OBSERVATIONS {
        return Err(Error::Conflict("too-large"));
    }
    let ids: Vec<Uuid> = batch.observations.iter().map(|said| said.booking).collect();
    let news = app
        .db
        .read(&who.scope(), async |conn: &mut db::Conn| {
            if batch.epoch < db::operators::get_epoch(conn, who).await? {
                return Err(Error::Conflict("epoch-outdated"));
            }
            let booked = db::observations::list_booked(conn, who, &ids).await?;
            let before = by_booking(db::observations::list(conn, &who.scope(), &ids).await?);
            Ok(changes(&batch.observations, &booked, &before)?.len())
        })
        .await?;
    if news == 0 {
        return Ok(());
    }
    let now = app.clock.now();
    app.db
        .write(&who.scope(), async |conn: &mut db::Conn| {
            let booked = db::observations::list_booked(conn, who, &ids).await?;
            let before = by_booking(db::observations::lock_all(conn, who, &ids).await?);
            let changes = changes(&batch.observations, &booked, &before)?;
            let mut told = Vec::new();
            for change in &changes {
                store(conn, who, change, now).await?;
                told.extend(
                    change
                        .events
                        .iter()
                        .map(|event| json!({"booking": change.row.booking_id, "event": event.name})),
                );
            }
            let detail = json!({"bookings": changes.len(), "events": told});
            Ok::<_, Error>((
                (),
                record::by_operator(
                    who,
                    "booking.observe",
                    format!("location:{}", who.location),
                    detail,
                    now,
                ),
            ))
        })
        .await
}

struct Change {
    row: ObservationRow,
    booked: ObservedBooking,
    events: Vec<domain::agent::Event>,
    gone_now: bool,
}

/// What the words of a batch change, in the order of the bookings' ids.
fn changes(
    said: &[Observation],
    booked: &[ObservedBooking],
    before: &HashMap<Uuid, ObservationRow>,
) -> Result<Vec<Change>, Error> {
    let mut said: HashMap<Uuid, &Observation> = said.iter().map(|said| (said.booking, said)).collect();
    let mut changes = Vec::new();
    for booked in booked {
        let Some(word) = said.remove(&booked.id) else { continue };
        if word.generation > booked.generation {
            tracing::warn!(booking = %booked.id, generation = word.generation, "observation of a state that nobody wanted");
            continue;
        }
        let mut word = word.clone();
        if word.gone.is_some() && wanted_from_code(&booked.wanted) == Wanted::Present {
            tracing::warn!(booking = %booked.id, "an operator calls a wanted booking gone; not believed");
            word.gone = None;
        }
        let known = before.get(&booked.id).map(ObservationRow::to_known).transpose()?;
        if let Heard::Changed { known: next, events } = hear(known.as_ref(), &word) {
            let gone_now = next.gone_at.is_some() && known.is_none_or(|known| known.gone_at.is_none());
            changes.push(Change {
                row: ObservationRow::from_known(booked, &next)?,
                booked: booked.clone(),
                events,
                gone_now,
            });
        }
    }
    for unknown in said.keys() {
        tracing::warn!(booking = %unknown, "observation of a booking that this location does not hold");
    }
    Ok(changes)
}

async fn store(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    change: &Change,
    now: Timestamp,
) -> Result<(), Error> {
    db::observations::update(conn, &change.row).await?;
    let scope = who.scope();
    if !change.events.is_empty() {
        let row = db::bookings::get(conn, &scope, BookingId(change.booked.id)).await?;
        let events: Vec<_> = change
            .events
            .iter()
            .map(|told| event(&row, told.name, told.detail.clone(), told.at, now))
            .collect();
        db::bookings::append_events(conn, &events).await?;
    }
    if change.gone_now {
        // What is gone leaves the list; a new revision lets the operator notice.
        let revision = db::bookings::lock_revision(conn, who.location).await?;
        db::bookings::update_revision(conn, BookingId(change.booked.id), revision).await?;
    }
    Ok(())
}

fn by_booking(rows: Vec<ObservationRow>) -> HashMap<Uuid, ObservationRow> {
    rows.into_iter().map(|row| (row.booking_id, row)).collect()
}

/// Refuses an operator whose version this marketplace does not understand, and says who has to update.
pub fn check_version(operator: &str) -> Result<(), Error> {
    let Some(outdated) = version::outdated(operator, version::OURS) else { return Ok(()) };
    let shown: String = operator.chars().take(50).collect();
    Err(Refusal::new(outdated.code()).with("operator", shown).with("marketplace", version::OURS).into())
}

/// Takes a heartbeat down. `real_now` is the time of this machine, so that the operator can tell a wrong clock.
pub async fn beat(
    app: &App,
    who: &OperatorIdentity,
    beat: Heartbeat,
    real_now: Timestamp,
) -> Result<HeartbeatAnswer, Error> {
    let now = app.clock.now();
    // A refused one is taken down all the same: the provider sees the version, and why nothing goes on.
    let refused = check_version(&beat.operator_version).err();
    let value: Value = serde_json::to_value(&beat).map_err(|error| Error::Internal(error.into()))?;
    let (epoch, watermark) = app
        .db
        .touch(&who.scope(), "a heartbeat is nobody's decision", async |conn: &mut db::Conn| {
            // Whoever obeys an older epoch may not promise completeness, and nobody may promise the future.
            let obeys = beat.epoch >= db::operators::get_epoch(conn, who).await?;
            let watermark = beat.watermark.filter(|at| obeys && refused.is_none() && *at <= beat.at);
            remember_silence(conn, who, now).await?;
            Ok::<_, Error>(db::operators::update_heartbeat(conn, who, &value, watermark, now).await?)
        })
        .await?;
    match refused {
        Some(refused) => Err(refused),
        None => Ok(HeartbeatAnswer {
            epoch,
            watermark: watermark.map(|at| at.to_jiff()),
            now: real_now,
            version: Some(version::OURS.to_owned()),
        }),
    }
}

/// What was silent for longer than a few minutes stays unknown; the heartbeat itself is overwritten.
async fn remember_silence(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    now: Timestamp,
) -> Result<(), db::Error> {
    let before = db::availability::find_heard(conn, who).await?.map(|at| at.to_jiff());
    let Some(before) = before.filter(|at| now.duration_since(*at) > SILENCE) else { return Ok(()) };
    let row = SilenceRow {
        location_id: who.location.0,
        provider_id: who.provider.0,
        starts_at: before.into(),
        ends_at: now.into(),
    };
    db::availability::insert_silence(conn, &row).await
}
