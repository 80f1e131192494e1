//! What an operator reports, and what it is told because of it.

use super::tell;
use crate::app::App;
use crate::ports::secrets::new_id;
use crate::usecases::{Error, record};
use contract::protocol::MAX_DIFFERENCES;
use contract::{Desired, Difference, DifferenceKind, Differences, Wanted};
use db::differences::{Booked, DifferenceRow};
use domain::ids::BookingId;
use domain::policy::{OperatorIdentity, Scope};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A customer learns once in so long of a difference about the same booking.
const TOLD_ONCE_IN: SignedDuration = SignedDuration::from_hours(24);

/// Takes down everything that does not fit at a location; what it named before and does not name now is settled. The same
/// report again changes nothing.
pub async fn report(app: &App, who: &OperatorIdentity, said: Differences) -> Result<(), Error> {
    if said.differences.len() > MAX_DIFFERENCES {
        return Err(Error::Conflict("too-large"));
    }
    let scope = Scope::system("a difference concerns provider, customer and marketplace");
    let now = app.clock.now();
    let news = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            if said.epoch < db::operators::get_epoch(conn, who).await? {
                return Err(Error::Conflict("epoch-outdated"));
            }
            let before = db::differences::list_open(conn, who.location).await?;
            Ok(!changes(conn, who, before, &said.differences, now).await?.is_empty())
        })
        .await?;
    if !news {
        return Ok(());
    }
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let before = db::differences::lock_open(conn, who.location).await?;
            let changes = changes(conn, who, before, &said.differences, now).await?;
            let told = told_lately(conn, &changes.new, now).await?;
            db::differences::insert(conn, &changes.new).await?;
            for row in &changes.other {
                db::differences::update_reported(conn, row).await?;
            }
            db::differences::update_closed(conn, &changes.settled, now).await?;
            if !changes.new.is_empty() {
                tell::reported(conn, app, who, &changes.new, &told, now).await?;
            }
            let named: Vec<Value> = changes
                .new
                .iter()
                .chain(&changes.other)
                .map(|row| json!({"booking": row.booking_id, "kind": row.kind}))
                .collect();
            let detail = json!({"differences": named, "settled": changes.settled});
            let subject = format!("location:{}", who.location);
            Ok::<_, Error>(((), record::by_operator(who, "booking.differ", subject, detail, now)))
        })
        .await
}

/// Bookings whose customers learnt of a difference within a day: an operator that takes its word back and says it again mails
/// nobody twice.
async fn told_lately(
    conn: &mut db::Conn,
    new: &[DifferenceRow],
    now: Timestamp,
) -> Result<HashSet<Uuid>, Error> {
    let ids: Vec<Uuid> = new.iter().map(|row| row.booking_id).collect();
    Ok(db::differences::list_reported_since(conn, &ids, now - TOLD_ONCE_IN).await?)
}

/// What a report changes.
#[derive(Default)]
struct Changes {
    new: Vec<DifferenceRow>,
    other: Vec<DifferenceRow>,
    settled: Vec<Uuid>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.other.is_empty() && self.settled.is_empty()
    }
}

async fn changes(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    before: Vec<DifferenceRow>,
    said: &[Difference],
    now: Timestamp,
) -> Result<Changes, Error> {
    let mut before: HashMap<Uuid, DifferenceRow> =
        before.into_iter().map(|row| (row.booking_id, row)).collect();
    let (mut changes, mut named) = (Changes::default(), HashSet::new());
    for difference in said {
        if !named.insert(difference.booking) {
            continue;
        }
        let booked = db::differences::find_booked(conn, BookingId(difference.booking)).await?;
        if !believed(who, difference, booked.as_ref()) {
            continue;
        }
        let mut row = row(who, difference, now);
        row.organisation_id = booked.map(|booked| booked.organisation_id).or(row.organisation_id);
        if let Some(customer) = row.organisation_id
            && db::organisations::list_names(conn, &[customer]).await?.is_empty()
        {
            // Admitted after the backup: the marketplace lost the customer, too.
            row.organisation_id = None;
        }
        match before.remove(&row.booking_id) {
            None => changes.new.push(row),
            Some(known) => {
                let merged = merged(&known, row);
                if merged != known {
                    changes.other.push(merged);
                }
            }
        }
    }
    changes.settled = before.into_values().map(|row| row.id).collect();
    Ok(changes)
}

/// The same difference keeps its answer; another one about the same booking has to be decided anew.
fn merged(known: &DifferenceRow, said: DifferenceRow) -> DifferenceRow {
    let generation = |row: &DifferenceRow| row.desired.as_ref().and_then(|it| it.get("generation")?.as_i64());
    let same =
        known.kind == said.kind && (known.confirmed_at.is_some() || generation(known) == generation(&said));
    let new = DifferenceRow {
        id: known.id,
        first_at: known.first_at,
        organisation_id: known.organisation_id,
        // What is torn down goes on under its former wish, so that the generation stays above it.
        desired: if known.confirmed_at.is_some() { known.desired.clone() } else { said.desired.clone() },
        ..said
    };
    if !same {
        return new;
    }
    DifferenceRow {
        answer: known.answer.clone(),
        reason: known.reason.clone(),
        answered_by: known.answered_by,
        answered_at: known.answered_at,
        confirmed_by: known.confirmed_by,
        confirmed_at: known.confirmed_at,
        ..new
    }
}

/// A location can only differ about its own bookings, and about those that nobody knows. One that is gone as the
/// marketplace wants it only waits until its last usage is acknowledged.
fn believed(who: &OperatorIdentity, said: &Difference, booked: Option<&Booked>) -> bool {
    let here = |booked: &Booked| booked.location_id == Some(who.location.0);
    match (said.kind, booked) {
        (DifferenceKind::Unlisted, None) => said.desired.as_ref().is_some_and(|it| customer(it).is_some()),
        (DifferenceKind::Unlisted, Some(booked)) => {
            let ends = said.desired.as_ref().and_then(|it| it.get("wanted")?.as_str()) == Some("absent");
            here(booked) && booked.wanted == "absent" && !ends
        }
        (DifferenceKind::Newer | DifferenceKind::Lost, booked) => booked.is_some_and(here),
    }
}

fn customer(desired: &Value) -> Option<Uuid> {
    desired.pointer("/organisation/id")?.as_str()?.parse().ok()
}

fn row(who: &OperatorIdentity, said: &Difference, now: Timestamp) -> DifferenceRow {
    DifferenceRow {
        id: new_id(),
        provider_id: who.provider.0,
        location_id: who.location.0,
        booking_id: said.booking,
        organisation_id: said.desired.as_ref().and_then(customer),
        kind: said.kind.code().to_owned(),
        desired: said.desired.clone(),
        since_at: said.since.map(Into::into),
        gone_at: said.gone.map(Into::into),
        first_at: now.into(),
        closed_at: None,
        answer: None,
        reason: None,
        answered_by: None,
        answered_at: None,
        confirmed_by: None,
        confirmed_at: None,
    }
}

/// What a location has to tear down although the marketplace does not hold it.
pub async fn take_down(conn: &mut db::Conn, who: &OperatorIdentity) -> Result<Vec<Desired>, Error> {
    let obeyed = db::differences::list_to_take_down(conn, who).await?;
    let read = |value: &Value| Desired::deserialize(value).ok();
    Ok(obeyed
        .iter()
        .filter_map(read)
        .map(|desired| Desired {
            generation: desired.generation + i64::from(desired.wanted == Wanted::Present),
            wanted: Wanted::Absent,
            ..desired
        })
        .collect())
}

/// Those of the bookings whose usage nobody bills any more.
pub async fn given_up(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    unknown: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    if unknown.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(db::differences::list_given_up(conn, who, unknown).await?)
}
