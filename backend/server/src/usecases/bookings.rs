//! Bookings: how an approved order begins or ends one, and what people see of it.

use crate::app::App;
use crate::ports::secrets::new_id;
use crate::usecases::offerings::Details;
use crate::usecases::orders::keep_days;
use crate::usecases::{Error, Refusal, differences, tasks};
use anyhow::anyhow;
use contract::{Exposure, ExposureClass, Kind, Power, Wanted};
use db::assignments::AssignmentRow;
use db::bookings::{BookingRow, CustomerPrivateRow, EventRow, WantedChange};
use db::orders::OrderRow;
use db::terms::{TermsChange, TermsRow};
use domain::booking::Wish;
use domain::ids::{BookingId, LocationId, OrganisationId, PlanId, VersionId};
use domain::policy::Scope;
use domain::terms::CountsFrom;
use domain::time::berlin_day;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

mod announce;
mod assigned;
mod availability;
mod consumption;
mod costs;
mod end_due;
mod export;
mod list;
mod load;
mod online_service;
mod progress;
mod recipients;
mod remind;
mod restored;
mod show;
mod stalled;
mod standing;
mod transfer_due;
mod usage_csv;

pub use announce::announce;
pub use availability::show_availability;
pub use end_due::end_due;
pub use export::{export, ways};
pub use list::{BookingQuery, Trouble, Troubled, list, troubled};
pub use online_service::{OnlineServices, online_service};
pub use recipients::marketplace;
pub use remind::remind;
pub use restored::{drop_due, drop_replaced, go_back, last_restore, show_restore, stored};
pub use show::{deletion_record, show, show_power, show_progress, show_termination};
pub use stalled::stalled;
pub use standing::{Standing, standing};
pub use transfer_due::{assign, transfer_due};
pub use usage_csv::usage_csv;

/// An approved order becomes a booking. Called inside the transaction of the approval.
pub async fn begin(
    conn: &mut db::Conn,
    _app: &App,
    order: &OrderRow,
    now: Timestamp,
) -> Result<BookingId, Error> {
    let booking = BookingId(order.booking_id);
    if order.ends_at.is_some_and(|end| end.to_jiff() <= now) {
        return Err(Refusal::new("term-over").into());
    }
    let offering = db::bookings::find_offering(conn, VersionId(order.version_id)).await?;
    let (offering_id, kind, details) = offering.ok_or(Error::NotFound)?;
    let known = Kind::from_code(&kind).ok_or_else(|| Error::Internal(anyhow!("unknown kind {kind}")))?;
    // A plan that is gone would only be found out by the operator.
    let plan = db::bookings::get_plan_settings(conn, PlanId(order.plan_id)).await?;
    let year = berlin_day(now).year();
    let customer = OrganisationId(order.organisation_id);
    let number = db::numbers::update_next(conn, customer, "booking", year).await?;
    let exposure = exposure(known, &details, &plan, &order.parameters);
    let taken_over = differences::taken_over(conn, booking).await?;
    let restore = taken_over.as_ref().and_then(|obeyed| domain::restore::carried(None, obeyed));
    let revision = next_revision(conn, order.location_id, 0).await?;
    let deletes_at = kept_until(conn, order, order.ends_at).await?;
    let row = BookingRow {
        id: booking.0,
        number: format!("BU-{year}-{number:04}"),
        organisation_id: order.organisation_id,
        provider_id: order.provider_id,
        location_id: order.location_id,
        offering_id,
        version_id: order.version_id,
        plan_id: order.plan_id,
        kind,
        name: order.name.clone(),
        parameters: order.parameters.clone(),
        exposure: serde_json::to_value(exposure).map_err(|error| Error::Internal(error.into()))?,
        generation: taken_over.as_ref().map_or(0, |obeyed| obeyed.generation) + 1,
        revision,
        wanted: wanted_code(Wanted::Present).to_owned(),
        power: Power::On.code().to_owned(),
        wished_start_at: order.wished_at,
        ends_at: order.ends_at,
        created_at: now.into(),
        deletes_at,
        restore: stored(restore)?,
    };
    db::bookings::insert(conn, &row).await?;
    let private = CustomerPrivateRow {
        booking_id: booking.0,
        organisation_id: order.organisation_id,
        unit_id: order.unit_id,
        cost_centre: order.cost_centre.clone(),
        account: order.account.clone(),
        budget_line_id: order.budget_line_id,
        legal_basis_id: order.legal_basis_id,
        order_id: order.id,
        assignment: 1,
    };
    db::bookings::insert_customer_private(conn, &private).await?;
    db::assignments::insert(conn, &first_assignment(order, now)).await?;
    insert_terms(conn, &row, order, CountsFrom::Agreement, now).await?;
    let began = event(&row, "began", json!({"order": order.number}), now, now);
    db::bookings::append_events(conn, &[began]).await?;
    // What runs already is not declined: that would take the customer's data down.
    let decides = taken_over.is_none() && decided_by_hand(conn, order, &details).await?;
    tasks::begin(conn, &row, (&details, decides), order.requested_by, now).await?;
    Ok(booking)
}

/// Whether the provider decides by hand before the location learns of the booking.
async fn decided_by_hand(conn: &mut db::Conn, order: &OrderRow, details: &Value) -> Result<bool, Error> {
    let Some(location) = order.location_id else { return Ok(false) };
    Ok(Details::read(details).decides_by_hand
        || db::locations::is_decided_by_hand(conn, LocationId(location)).await?)
}

/// An approved termination ends its booking, now or on the wished day. Called inside the transaction of the approval.
pub async fn end(conn: &mut db::Conn, _app: &App, order: &OrderRow, now: Timestamp) -> Result<(), Error> {
    let row = db::bookings::lock_named(conn, BookingId(order.booking_id)).await?;
    if row.organisation_id != order.organisation_id {
        return Err(Error::NotFound);
    }
    if row.wanted == wanted_code(Wanted::Absent) {
        return Ok(());
    }
    // A fixed end that came meanwhile stands: nothing costs longer because it was ended.
    let earliest = row.ends_at.map_or(Timestamp::MAX, |at| at.to_jiff());
    let ending = domain::agent::ending(order.wished_at.to_jiff(), now);
    let ending = domain::agent::Ending { ends_at: ending.ends_at.min(earliest), ..ending };
    let ordered =
        event(&row, "end-ordered", json!({"order": order.number, "ends_at": ending.ends_at}), now, now);
    db::bookings::append_events(conn, &[ordered]).await?;
    let days = i64::from(order.keep_days.unwrap_or_default());
    let kept = row.deletes_at.map_or(Timestamp::MAX, |at| at.to_jiff());
    let deletes_at = domain::agent::kept_until(ending.ends_at, days).min(kept);
    match ending.wanted {
        Wanted::Absent => take_away(conn, &row, (ending.ends_at, deletes_at), now).await,
        Wanted::Present => {
            let change = WantedChange {
                generation: row.generation,
                revision: row.revision,
                wanted: row.wanted.clone(),
                power: row.power.clone(),
                ends_at: Some(ending.ends_at.into()),
                deletes_at: Some(deletes_at.into()),
            };
            Ok(db::bookings::update_wanted(conn, BookingId(row.id), &change).await?)
        }
    }
}

/// The end has come. What could be used and can be stopped is stopped, so that nobody reaches it and its data stay until
/// they are to be deleted; everything else is torn down. `row` is locked.
async fn take_away(
    conn: &mut db::Conn,
    row: &BookingRow,
    (ends_at, deletes_at): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<(), Error> {
    let stoppable = Kind::from_code(&row.kind).is_some_and(Kind::stoppable);
    let seen = db::observations::find_named(conn, BookingId(row.id)).await?;
    let used = seen.is_some_and(|seen| seen.ready_at.is_some());
    if deletes_at <= now || !stoppable || !used {
        let gone_from = deletes_at.min(now).max(ends_at);
        return stop_wanting(conn, row, (ends_at, gone_from)).await;
    }
    let change = WantedChange {
        generation: row.generation + 1,
        revision: next_revision(conn, row.location_id, row.revision).await?,
        wanted: row.wanted.clone(),
        power: Power::Off.code().to_owned(),
        ends_at: Some(ends_at.into()),
        deletes_at: Some(deletes_at.into()),
    };
    Ok(db::bookings::update_wanted(conn, BookingId(row.id), &change).await?)
}

/// From now on the location shall tear the booking down, data included.
async fn stop_wanting(
    conn: &mut db::Conn,
    row: &BookingRow,
    (ends_at, deletes_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    let change = WantedChange {
        generation: row.generation + 1,
        revision: next_revision(conn, row.location_id, row.revision).await?,
        wanted: wanted_code(Wanted::Absent).to_owned(),
        power: row.power.clone(),
        ends_at: Some(ends_at.into()),
        deletes_at: Some(deletes_at.into()),
    };
    Ok(db::bookings::update_wanted(conn, BookingId(row.id), &change).await?)
}

/// Until when the data of a booking with a fixed end are kept.
async fn kept_until(
    conn: &mut db::Conn,
    order: &OrderRow,
    end: Option<db::Ts>,
) -> Result<Option<db::Ts>, Error> {
    let Some(end) = end else { return Ok(None) };
    let days = i64::from(keep_days(conn, order.version_id).await?);
    Ok(Some(domain::agent::kept_until(end.to_jiff(), days).into()))
}

/// The end is taken back, or put off; what was stopped for it starts again. Called inside the transaction of the approval; `row` is
/// locked.
pub async fn resume(
    conn: &mut db::Conn,
    row: &BookingRow,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    let ended = row.ends_at.is_some_and(|at| at.to_jiff() <= now);
    let deletes_at = kept_until(conn, order, order.ends_at).await?;
    let mut change = WantedChange {
        generation: row.generation,
        revision: row.revision,
        wanted: row.wanted.clone(),
        power: row.power.clone(),
        ends_at: order.ends_at,
        deletes_at,
    };
    if ended {
        change.generation += 1;
        change.revision = next_revision(conn, row.location_id, row.revision).await?;
        // What the customer had stopped before the end came stays stopped.
        let last = db::bookings::find_last_power(conn, BookingId(row.id)).await?;
        let power = if last.as_deref() == Some("stop-ordered") { Power::Off } else { Power::On };
        change.power = power.code().to_owned();
    }
    db::bookings::update_wanted(conn, BookingId(row.id), &change).await?;
    let detail = json!({"order": order.number, "starts": ended && change.power == Power::On.code()});
    let ordered = event(row, "resume-ordered", detail, now, now);
    Ok(db::bookings::append_events(conn, &[ordered]).await?)
}

/// From now on the location shall stop or start the booking. Called inside the transaction of the order; `row` is locked.
pub async fn switch(
    conn: &mut db::Conn,
    row: &BookingRow,
    order: &OrderRow,
    power: Power,
    now: Timestamp,
) -> Result<(), Error> {
    let change = WantedChange {
        generation: row.generation + 1,
        revision: next_revision(conn, row.location_id, row.revision).await?,
        wanted: row.wanted.clone(),
        power: power.code().to_owned(),
        ends_at: row.ends_at,
        deletes_at: row.deletes_at,
    };
    db::bookings::update_wanted(conn, BookingId(row.id), &change).await?;
    let name = match power {
        Power::On => "start-ordered",
        Power::Off => "stop-ordered",
    };
    let ordered = event(row, name, json!({"order": order.number}), now, now);
    Ok(db::bookings::append_events(conn, &[ordered]).await?)
}

/// From now on the location shall provide what an order says. Called inside the transaction of the order or of its
/// approval; `row` is locked.
pub async fn change(
    conn: &mut db::Conn,
    scope: &Scope,
    row: &BookingRow,
    order: &OrderRow,
    counts_from: CountsFrom,
    now: Timestamp,
) -> Result<(), Error> {
    let kind =
        Kind::from_code(&row.kind).ok_or_else(|| Error::Internal(anyhow!("unknown kind {}", row.kind)))?;
    let mut exposure: Exposure = serde_json::from_value(row.exposure.clone())
        .map_err(|_unreadable| Error::Internal(anyhow!("booking {}: unreadable exposure", row.id)))?;
    exposure.allowed_networks = kind.allowed_networks(&order.parameters);
    let plan = db::bookings::get_plan_settings(conn, PlanId(order.plan_id)).await?;
    exposure.class = kind.exposure(&plan, &order.parameters).unwrap_or(exposure.class);
    let change = TermsChange {
        version_id: order.version_id,
        plan_id: order.plan_id,
        parameters: order.parameters.clone(),
        exposure: serde_json::to_value(exposure).map_err(|error| Error::Internal(error.into()))?,
        generation: row.generation + 1,
        revision: next_revision(conn, row.location_id, row.revision).await?,
    };
    let id = BookingId(row.id);
    db::terms::update_booked(conn, scope, id, &change).await?;
    let changed = BookingRow { generation: change.generation, ..row.clone() };
    insert_terms(conn, &changed, order, counts_from, now).await?;
    let ordered = event(row, "change-ordered", json!({"order": order.number}), now, now);
    Ok(db::bookings::append_events(conn, &[ordered]).await?)
}

/// Where a new booking belongs.
fn first_assignment(order: &OrderRow, now: Timestamp) -> AssignmentRow {
    AssignmentRow {
        booking_id: order.booking_id,
        position: 1,
        organisation_id: order.organisation_id,
        begins_at: now.into(),
        unit_id: order.unit_id,
        cost_centre: order.cost_centre.clone(),
        account: order.account.clone(),
        budget_line_id: order.budget_line_id,
        order_id: order.id,
        paid_by: order.id,
        agreed_at: now.into(),
    }
}

/// Remembers what an order agreed about a booking.
async fn insert_terms(
    conn: &mut db::Conn,
    row: &BookingRow,
    order: &OrderRow,
    counts_from: CountsFrom,
    now: Timestamp,
) -> Result<(), Error> {
    let terms = TermsRow {
        booking_id: row.id,
        generation: row.generation,
        organisation_id: row.organisation_id,
        provider_id: row.provider_id,
        version_id: order.version_id,
        plan_id: order.plan_id,
        parameters: order.parameters.clone(),
        agreed_at: now.into(),
        counts_from: counts_from.code().to_owned(),
    };
    Ok(db::terms::insert(conn, &terms).await?)
}

/// The revision of a change; what runs at no location keeps the one that it has.
async fn next_revision(conn: &mut db::Conn, location: Option<Uuid>, present: i64) -> Result<i64, db::Error> {
    match location {
        Some(location) => db::bookings::lock_revision(conn, LocationId(location)).await,
        None => Ok(present),
    }
}

/// Whether people of the provider fulfil it.
pub fn by_people(row: &BookingRow) -> bool {
    row.location_id.is_none()
}

/// What the customer wants of a booking, as the rules see it.
pub fn wish(row: &BookingRow) -> Wish {
    Wish { wanted: wanted_from_code(&row.wanted), power: power_of(row), generation: row.generation }
}

/// Whether it shall run.
pub fn power_of(row: &BookingRow) -> Power {
    Power::from_code(&row.power).unwrap_or_default()
}

/// One entry for the history of a booking.
pub fn event(
    row: &BookingRow,
    name: &str,
    detail: Value,
    happened_at: Timestamp,
    now: Timestamp,
) -> EventRow {
    EventRow {
        id: new_id(),
        booking_id: row.id,
        organisation_id: row.organisation_id,
        provider_id: row.provider_id,
        happened_at: happened_at.into(),
        recorded_at: now.into(),
        name: name.to_owned(),
        detail,
    }
}

/// The code of a wish, as in the database.
pub fn wanted_code(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Present => "present",
        Wanted::Absent => "absent",
    }
}

/// The wish with this code.
pub fn wanted_from_code(code: &str) -> Wanted {
    if code == wanted_code(Wanted::Absent) { Wanted::Absent } else { Wanted::Present }
}

/// How a new booking is reached: class and networks are the orderer's. Where the kind has no say in it the class is the
/// offering's (`details.exposure`, else the provider's network).
fn exposure(kind: Kind, details: &Value, plan: &Value, parameters: &Value) -> Exposure {
    let stated = details.get("exposure").cloned().and_then(|code| serde_json::from_value(code).ok());
    Exposure {
        class: kind.exposure(plan, parameters).or(stated).unwrap_or(ExposureClass::ProviderNetwork),
        host: None,
        allowed_networks: kind.allowed_networks(parameters),
    }
}
