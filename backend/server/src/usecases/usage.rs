//! Takes usage in: each record is answered by itself, after commit.
//!
//! The marketplace believes nothing that it can check: the booking must run at the operator's location, the meter must be
//! one of its kind, and the times must be whole seconds inside one Berlin day. The same record again changes nothing; the
//! same identity with another content is quarantined and alarmed.

use crate::app::App;
use crate::ports::secrets::new_id;
use crate::usecases::{Error, differences};
use contract::protocol::MAX_USAGE;
use contract::{
    Answer, CumulativeReading, Kind, Meter, RawUsageBatch, UsageAnswers, UsageBatch, UsageRecord,
};
use db::usage::{ConflictRow, MeteredRow, ReadingRow, UsageRow};
use domain::audit::Entry;
use domain::metering::{RecordRefused, check_reading, check_record, repeated};
use domain::policy::OperatorIdentity;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use uuid::Uuid;

/// Takes in what can be read of a batch and answers each record and reading in the order of the batch. What a newer operator
/// sends and this version cannot read stays with it.
pub async fn accept_raw(
    app: &App,
    who: &OperatorIdentity,
    batch: RawUsageBatch,
) -> Result<UsageAnswers, Error> {
    let (batch, unreadable) = batch.read();
    Ok(unreadable.complete(accept(app, who, batch).await?))
}

/// Stores a batch in one transaction and answers each record and reading in the order of the batch.
pub async fn accept(app: &App, who: &OperatorIdentity, batch: UsageBatch) -> Result<UsageAnswers, Error> {
    if batch.records.len().saturating_add(batch.readings.len()) > MAX_USAGE {
        return Err(Error::Conflict("too-large"));
    }
    let now = app.clock.now();
    let reason = "usage is evidence in itself: append-only, hashed, and only contradictions are decisions";
    let answers = app
        .db
        .touch(&who.scope(), reason, async |conn: &mut db::Conn| {
            let bookings = load_bookings(conn, who, &batch).await?;
            let (records, mut conflicts) = store_records(conn, &batch.records, &bookings, now).await?;
            let (readings, more) = store_readings(conn, &batch.readings, &bookings, now).await?;
            conflicts.extend(more);
            quarantine(conn, who, &conflicts, now).await?;
            let mut answers = UsageAnswers { records, readings };
            give_up(conn, who, &batch, &bookings, &mut answers).await?;
            Ok::<_, Error>(answers)
        })
        .await?;
    count(&answers);
    Ok(answers)
}

fn count(answers: &UsageAnswers) {
    let mut counts = BTreeMap::new();
    for answer in answers.records.iter().chain(&answers.readings) {
        let code = match answer {
            Answer::Accepted => "accepted",
            Answer::Duplicate => "duplicate",
            Answer::Conflict => "conflict",
            Answer::GivenUp => "given-up",
            Answer::Rejected { .. } => "rejected",
            // Only said by others.
            Answer::Unknown => "unknown",
        };
        *counts.entry(code).or_insert(0_u64) += 1;
    }
    for (code, count) in counts {
        metrics::counter!("wolkenamt_usage_records_total", "answer" => code).increment(count);
    }
}

/// The bytes of a hash that the contract writes in hexadecimal.
pub(crate) fn hash_bytes(hex: &str) -> Vec<u8> {
    let digit = |sign: &u8| char::from(*sign).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    hex.as_bytes().chunks_exact(2).map(|pair| byte(pair).unwrap_or_default()).collect()
}

/// Bytes in hexadecimal, as the contract writes hashes.
pub(crate) fn hash_text(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What one reported thing would be as a row.
struct Candidate<R, K> {
    key: K,
    hash: String,
    row: R,
}

/// A booking that usage is about.
struct Metered {
    row: MeteredRow,
    /// It was gone then, and a restored location has it again: nothing after that is its usage.
    gone: Option<Timestamp>,
}

type Bookings = HashMap<Uuid, Metered>;

async fn load_bookings(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    batch: &UsageBatch,
) -> Result<Bookings, Error> {
    let named = batch.records.iter().map(|r| r.booking).chain(batch.readings.iter().map(|r| r.booking));
    let ids: Vec<Uuid> = named.collect::<HashSet<_>>().into_iter().collect();
    if ids.is_empty() {
        return Ok(Bookings::new());
    }
    let rows = db::usage::list_metered(conn, who, &ids).await?;
    let returned: HashMap<Uuid, Timestamp> =
        db::differences::list_returned(conn, who, &ids).await?.into_iter().collect();
    let metered = |row: MeteredRow| (row.id, Metered { gone: returned.get(&row.id).copied(), row });
    Ok(rows.into_iter().map(metered).collect())
}

/// What belongs to a booking that the marketplace lost and that two people decided to end, or to one that had ended and came
/// back in a restore, is settled without being stored.
async fn give_up(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    batch: &UsageBatch,
    bookings: &Bookings,
    answers: &mut UsageAnswers,
) -> Result<(), Error> {
    let records = batch.records.iter().map(|record| record.booking);
    let readings = batch.readings.iter().map(|reading| reading.booking);
    let named: HashSet<Uuid> = records.clone().chain(readings.clone()).collect();
    let unknown: Vec<Uuid> = named.into_iter().filter(|id| !bookings.contains_key(id)).collect();
    let mut given_up = differences::given_up(conn, who, &unknown).await?;
    given_up.extend(bookings.iter().filter(|(_, of)| of.gone.is_some()).map(|(id, _)| *id));
    let of_records = records.zip(&mut answers.records);
    for (booking, answer) in of_records.chain(readings.zip(&mut answers.readings)) {
        if given_up.contains(&booking) && !answer.settles() {
            *answer = Answer::GivenUp;
        }
    }
    Ok(())
}

async fn store_records(
    conn: &mut db::Conn,
    records: &[UsageRecord],
    bookings: &Bookings,
    now: Timestamp,
) -> Result<(Vec<Answer>, Vec<ConflictRow>), Error> {
    let checked: Vec<_> = records.iter().map(|record| usage_row(record, bookings, now)).collect();
    let fresh: Vec<UsageRow> = first_of_each(&checked).map(|c| c.row.clone()).collect();
    if fresh.is_empty() {
        return Ok((answer(checked, &HashSet::new(), &HashMap::new()), Vec::new()));
    }
    let inserted = db::usage::insert_records(conn, &fresh).await?;
    let keys: Vec<_> = keys_to_compare(&checked, &inserted);
    let found = match keys.as_slice() {
        [] => Vec::new(),
        keys => db::usage::list_record_hashes(conn, keys).await?,
    };
    let stored = stored_hashes(found);
    let parties = |row: &UsageRow| (row.booking_id, row.organisation_id, row.provider_id);
    let conflicts = conflicts((&checked, records), &stored, now, parties);
    Ok((answer(checked, &inserted, &stored), conflicts))
}

async fn store_readings(
    conn: &mut db::Conn,
    readings: &[CumulativeReading],
    bookings: &Bookings,
    now: Timestamp,
) -> Result<(Vec<Answer>, Vec<ConflictRow>), Error> {
    let checked: Vec<_> = readings.iter().map(|reading| reading_row(reading, bookings, now)).collect();
    let fresh: Vec<ReadingRow> = first_of_each(&checked).map(|c| c.row.clone()).collect();
    if fresh.is_empty() {
        return Ok((answer(checked, &HashSet::new(), &HashMap::new()), Vec::new()));
    }
    let inserted = db::usage::insert_readings(conn, &fresh).await?;
    let keys: Vec<_> = keys_to_compare(&checked, &inserted);
    let found = match keys.as_slice() {
        [] => Vec::new(),
        keys => db::usage::list_reading_hashes(conn, keys).await?,
    };
    let stored = stored_hashes(found);
    let parties = |row: &ReadingRow| (row.booking_id, row.organisation_id, row.provider_id);
    let conflicts = conflicts((&checked, readings), &stored, now, parties);
    Ok((answer(checked, &inserted, &stored), conflicts))
}

type Checked<R, K> = Result<Candidate<R, K>, RecordRefused>;

fn usage_row(
    record: &UsageRecord,
    bookings: &Bookings,
    now: Timestamp,
) -> Checked<UsageRow, db::usage::UsageKey> {
    let Metered { row: booking, gone } =
        bookings.get(&record.booking).ok_or(RecordRefused::UnknownBooking)?;
    if gone.is_some_and(|gone| record.to > gone) {
        return Err(RecordRefused::UnknownBooking);
    }
    let meters = Kind::from_code(&booking.kind).map(Kind::meters).unwrap_or_default();
    let usage = check_record(record, meters, now)?;
    let hash = record.content_hash();
    let row = UsageRow {
        booking_id: booking.id,
        meter: usage.meter.code().to_owned(),
        from_at: usage.period.from().into(),
        to_at: usage.period.to().into(),
        sequence: usage.seq,
        amount: usage.amount,
        content_hash: hash_bytes(&hash),
        organisation_id: booking.organisation_id,
        provider_id: booking.provider_id,
        received_at: now.into(),
    };
    Ok(Candidate { key: row.key(), hash, row })
}

fn reading_row(
    reading: &CumulativeReading,
    bookings: &Bookings,
    now: Timestamp,
) -> Checked<ReadingRow, db::usage::ReadingKey> {
    let Metered { row: booking, gone } =
        bookings.get(&reading.booking).ok_or(RecordRefused::UnknownBooking)?;
    if gone.is_some_and(|gone| reading.at > gone) {
        return Err(RecordRefused::UnknownBooking);
    }
    let meters: Vec<Meter> =
        Kind::from_code(&booking.kind).map(|kind| kind.counted(&booking.settings)).unwrap_or_default();
    let checked = check_reading(reading, &meters, now)?;
    let hash = reading.content_hash();
    let row = ReadingRow {
        booking_id: booking.id,
        meter: checked.meter.code().to_owned(),
        uid: checked.uid,
        epoch: checked.epoch,
        read_at: checked.at.into(),
        value: checked.value,
        content_hash: hash_bytes(&hash),
        organisation_id: booking.organisation_id,
        provider_id: booking.provider_id,
        received_at: now.into(),
    };
    Ok(Candidate { key: row.key(), hash, row })
}

/// An identity may stand twice in one batch; only its first appearance is tried.
fn first_of_each<R, K: Eq + Hash>(checked: &[Checked<R, K>]) -> impl Iterator<Item = &Candidate<R, K>> {
    let mut seen = HashSet::new();
    checked.iter().flatten().filter(move |candidate| seen.insert(&candidate.key))
}

/// Identities whose stored content has to be looked at: those that were there before, and those that the batch repeats.
fn keys_to_compare<R, K: Eq + Hash + Clone>(checked: &[Checked<R, K>], inserted: &HashSet<K>) -> Vec<K> {
    let mut seen = HashSet::new();
    let repeats = checked
        .iter()
        .flatten()
        .filter(|candidate| !seen.insert(&candidate.key) || !inserted.contains(&candidate.key));
    let keys: HashSet<&K> = repeats.map(|candidate| &candidate.key).collect();
    keys.into_iter().cloned().collect()
}

fn stored_hashes<K: Eq + Hash>(found: Vec<(K, Vec<u8>)>) -> HashMap<K, String> {
    found.into_iter().map(|(key, hash)| (key, hash_text(&hash))).collect()
}

fn answer<R, K: Eq + Hash + Clone>(
    checked: Vec<Checked<R, K>>,
    inserted: &HashSet<K>,
    stored: &HashMap<K, String>,
) -> Vec<Answer> {
    let mut taken = HashSet::new();
    checked
        .into_iter()
        .map(|checked| match checked {
            Err(refused) => refused.answer(),
            Ok(candidate) if inserted.contains(&candidate.key) && taken.insert(candidate.key.clone()) => {
                Answer::Accepted
            }
            Ok(candidate) => match stored.get(&candidate.key) {
                Some(hash) => repeated(hash, &candidate.hash),
                // Neither inserted nor found: a row of another provider, which this operator must not learn about.
                None => RecordRefused::UnknownBooking.answer(),
            },
        })
        .collect()
}

/// Checked and as it was sent, in the same order.
type Both<'a, R, K, S> = (&'a [Checked<R, K>], &'a [S]);

fn conflicts<R, K: Eq + Hash, S: Serialize>(
    (checked, sent): Both<'_, R, K, S>,
    stored: &HashMap<K, String>,
    now: Timestamp,
    parties: impl Fn(&R) -> (Uuid, Uuid, Uuid),
) -> Vec<ConflictRow> {
    let both = checked.iter().zip(sent).filter_map(|(checked, sent)| Some((checked.as_ref().ok()?, sent)));
    both.filter(|(candidate, _)| {
        stored.get(&candidate.key).is_some_and(|hash| repeated(hash, &candidate.hash) == Answer::Conflict)
    })
    .map(|(candidate, sent)| {
        let (booking_id, organisation_id, provider_id) = parties(&candidate.row);
        ConflictRow {
            id: new_id(),
            booking_id,
            organisation_id,
            provider_id,
            record: json!(sent),
            content_hash: hash_bytes(&candidate.hash),
            received_at: now.into(),
        }
    })
    .collect()
}

/// Keeps contradictions beside what counts, and tells a human: by the log, and in the provider's audit.
async fn quarantine(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    conflicts: &[ConflictRow],
    now: Timestamp,
) -> Result<(), Error> {
    if conflicts.is_empty() || db::usage::insert_conflicts(conn, conflicts).await? == 0 {
        return Ok(());
    }
    let bookings: HashSet<Uuid> = conflicts.iter().map(|row| row.booking_id).collect();
    tracing::error!(location = %who.location, ?bookings, records = conflicts.len(), "contradicting usage quarantined");
    let entries: Vec<Entry> = bookings
        .into_iter()
        .map(|booking| Entry {
            organisation: who.provider,
            at: now,
            actor: format!("operator:{}", who.location),
            action: "usage.conflict".to_owned(),
            subject: format!("booking:{booking}"),
            detail: json!({"records": conflicts.iter().filter(|row| row.booking_id == booking).count()}),
        })
        .collect();
    Ok(db::audit::append(conn, &entries).await?)
}

#[cfg(test)]
mod tests {
    use super::{hash_bytes, hash_text};

    #[test]
    fn hashes_go_there_and_back() {
        let hash = contract::canonical::sha256_hex(b"x");
        let bytes = hash_bytes(&hash);
        assert_eq!((bytes.len(), hash_text(&bytes)), (32, hash));
        assert_eq!(hash_bytes("00ff7A"), [0, 255, 122]);
    }
}
