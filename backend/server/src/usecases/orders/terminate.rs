//! Orders the end of a booking: the same way backwards, with approval and without new money.

use super::place::{Ended, Placed, Sent, check_key, finish, replay, request_hash, tell_approvers};
use crate::app::App;
use crate::ports::secrets::new_id;
use crate::usecases::estimates::Estimation;
use crate::usecases::{Error, Refusal, record};
use db::bookings::{BookingRow, CustomerPrivateRow};
use db::orders::OrderRow;
use domain::ids::BookingId;
use domain::money::Money;
use domain::order::{self, DAYS_AHEAD_MAX, Finding, JUSTIFICATION_MAX};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::berlin_day;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The wish to end a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terminate {
    /// From the beginning of this day it is not wanted any more; none or today means as soon as it is approved.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Date>,
    /// Why.
    pub justification: String,
}

/// Places the order that ends a booking of the own organisation. Findings point to `/ends_on` and `/justification`.
pub async fn place_termination(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &Terminate,
) -> Result<Placed, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    check_key(key)?;
    let now = app.clock.now();
    let content = json!({"booking": booking, "wish": cmd});
    let hash = request_hash(actor, &content);
    if let Some(before) = replay(app, &scope, key, &hash).await? {
        return Ok(before);
    }
    let findings = check(cmd, berlin_day(now));
    if !findings.is_empty() {
        return Err(Refusal::fields(findings).into());
    }
    let sent = Sent { key, hash: &hash, draft: None, now };
    let placed = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            write(conn, app, (actor, &scope), booking, cmd, &sent).await
        })
        .await;
    finish(app, &scope, key, &hash, placed).await
}

fn check(cmd: &Terminate, today: Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(day) = cmd.ends_on {
        if day < today {
            findings.push(Finding::new("/ends_on", "wished-past").with("today_date", today));
        } else if today.checked_add(Span::new().days(DAYS_AHEAD_MAX)).is_ok_and(|last| day > last) {
            findings.push(Finding::new("/ends_on", "wished-too-far").with("days", DAYS_AHEAD_MAX));
        }
    }
    match cmd.justification.trim().chars().count() {
        0 => findings.push(Finding::new("/justification", "justification-missing")),
        length if length > JUSTIFICATION_MAX => {
            findings.push(
                Finding::new("/justification", "justification-too-long").with("max", JUSTIFICATION_MAX),
            );
        }
        _ => {}
    }
    findings
}

async fn write(
    conn: &mut db::Conn,
    app: &App,
    (actor, scope): (&Actor, &Scope),
    id: BookingId,
    cmd: &Terminate,
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    // The lock makes two people who end the same booking come one after the other.
    let booking = db::bookings::lock(conn, scope, id).await?;
    if db::orders::find_by_key(conn, scope, sent.key).await?.is_some() {
        return Err(Ended::SameKey);
    }
    let private = db::bookings::find_customer_private(conn, scope, id).await?.ok_or(Error::NotFound)?;
    if booking.wanted == "absent" || booking.ends_at.is_some() {
        return Err(Error::from(Refusal::new("booking-ends-already")).into());
    }
    let orders = db::orders::list_of_booking(conn, scope, booking.id).await?;
    if let Some((open, _)) =
        orders.iter().find(|(order, decision)| order.kind == "terminate" && decision.is_none())
    {
        return Err(Error::from(Refusal::new("end-already-ordered").with("number", &open.number)).into());
    }
    let approvers = crate::usecases::offerings::approvers(conn, actor, scope, Money::ZERO, sent.now).await?;
    if approvers.is_empty() {
        return Err(Error::from(Refusal::fields(vec![Finding::new("", "no-approver")])).into());
    }
    let row = row(conn, actor, (&booking, &private), cmd, sent).await?;
    db::orders::insert(conn, &row).await?;
    tell_approvers(conn, app, actor, &row, &approvers, sent.now).await?;
    let detail = json!({"event": "sent", "number": row.number, "kind": row.kind, "booking": booking.id});
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", row.id), detail, sent.now);
    Ok((Placed { id: row.id, number: row.number, new: true }, entry))
}

async fn row(
    conn: &mut db::Conn,
    actor: &Actor,
    (booking, private): (&BookingRow, &CustomerPrivateRow),
    cmd: &Terminate,
    sent: &Sent<'_>,
) -> Result<OrderRow, Ended> {
    let year = berlin_day(sent.now).year();
    let number = db::numbers::update_next(conn, actor.organisation, "order", year).await?;
    let estimate =
        serde_json::to_value(Estimation::nothing()).map_err(|error| Error::Internal(error.into()))?;
    let wished: Timestamp = order::wished_at(cmd.ends_on.unwrap_or_else(|| berlin_day(sent.now)), sent.now);
    Ok(OrderRow {
        id: new_id(),
        organisation_id: actor.organisation.0,
        number: format!("B-{year}-{number:04}"),
        kind: "terminate".to_owned(),
        name: booking.name.clone(),
        booking_id: booking.id,
        provider_id: booking.provider_id,
        version_id: booking.version_id,
        plan_id: booking.plan_id,
        location_id: booking.location_id,
        parameters: booking.parameters.clone(),
        answers: json!({}),
        unit_id: private.unit_id,
        cost_centre: private.cost_centre.clone(),
        account: private.account.clone(),
        budget_line_id: private.budget_line_id,
        legal_basis_id: private.legal_basis_id,
        wished_at: wished.into(),
        justification: cmd.justification.trim().to_owned(),
        monthly_amount: Default::default(),
        committed_amount: Default::default(),
        estimate,
        requested_by: actor.person.0,
        requested_at: sent.now.into(),
        decide_by: order::decide_by(sent.now).into(),
        idempotency_key: sent.key.to_owned(),
        request_hash: sent.hash.to_vec(),
    })
}
