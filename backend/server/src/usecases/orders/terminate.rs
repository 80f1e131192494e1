//! Orders the end of a booking: the same way backwards, with approval and without new money.

use super::follow_up::{Booked, check_reason};
use super::place::{Ended, Placed, Sent, once, tell_approvers};
use crate::app::App;
use crate::usecases::offerings::Details;
use crate::usecases::{Error, Refusal, record};
use contract::Kind;
use db::orders::OrderRow;
use domain::ids::{BookingId, VersionId};
use domain::money::Money;
use domain::order::{self, DAYS_AHEAD_MAX, Finding, OrderKind};
use domain::policy::{Action, Actor, Scope};
use domain::time::{berlin_day, midnight};
use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// Delete the data with the end instead of keeping them for the time that the offering declares.
    #[serde(default)]
    pub delete_at_once: bool,
}

/// Places the order that ends a booking of the own organisation. Findings point to `/ends_on` and `/justification`.
pub async fn place_termination(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &Terminate,
) -> Result<Placed, Error> {
    let content = json!({"booking": booking, "wish": cmd});
    once(app, actor, key, &content, async |scope, sent| {
        let findings = check_termination(cmd, berlin_day(sent.now));
        if !findings.is_empty() {
            return Err(Error::from(Refusal::fields(findings)).into());
        }
        app.db
            .write(scope, async |conn: &mut db::Conn| {
                write(conn, app, (actor, scope), booking, cmd, sent).await
            })
            .await
    })
    .await
}

/// What is wrong with such a wish, as far as it says so itself.
pub fn check_termination(cmd: &Terminate, today: Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(day) = cmd.ends_on {
        if day < today {
            findings.push(Finding::new("/ends_on", "wished-past").with("today_date", today));
        } else if today.checked_add(Span::new().days(DAYS_AHEAD_MAX)).is_ok_and(|last| day > last) {
            findings.push(Finding::new("/ends_on", "wished-too-far").with("days", DAYS_AHEAD_MAX));
        }
    }
    findings.extend(check_reason(&cmd.justification, true));
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
    let booked = Booked::lock(conn, scope, id, sent).await?;
    booked.refuse_waiting(&[(OrderKind::Terminate, "end-already-ordered")])?;
    let approvers = crate::usecases::offerings::approvers(conn, actor, scope, Money::ZERO, sent.now).await?;
    if approvers.is_empty() {
        return Err(Error::from(Refusal::fields(vec![Finding::new("", "no-approver")])).into());
    }
    let ends_on = cmd.ends_on.unwrap_or_else(|| berlin_day(sent.now));
    if let Some(end) = booked.row.ends_at.map(|at| at.to_jiff()).filter(|end| *end <= midnight(ends_on)) {
        let later = Finding::new("/ends_on", "end-not-earlier").with("end_date", berlin_day(end));
        return Err(Error::from(Refusal::fields(vec![later])).into());
    }
    let wished = (OrderKind::Terminate, order::wished_at(ends_on, sent.now));
    let days = match cmd.delete_at_once {
        true => 0,
        false => keep_days(conn, booked.row.version_id).await?,
    };
    let row = booked.order(conn, actor, wished, &cmd.justification, sent).await?;
    let row = OrderRow { keep_days: Some(days), ..row };
    db::orders::insert(conn, &row).await?;
    tell_approvers(conn, app, actor, &row, &approvers, sent.now).await?;
    let detail = json!({"event": "sent", "number": row.number, "kind": row.kind, "booking": row.booking_id});
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", row.id), detail, sent.now);
    Ok((Placed { id: row.id, number: row.number, new: true }, entry))
}

/// How many days after the end the data of an offering version are kept; nothing where a kind cannot be stopped, because
/// what cannot be stopped cannot wait out of reach.
pub async fn keep_days(conn: &mut db::Conn, version: Uuid) -> Result<i32, Error> {
    let offered = db::offerings::get_version(conn, VersionId(version)).await?;
    let stoppable = Kind::from_code(&offered.offering.kind).is_some_and(Kind::stoppable);
    Ok(if stoppable { i32::from(Details::read(&offered.version.details).keep_days) } else { 0 })
}
