//! Orders that a booking stops, or starts again. They take effect at once: nobody has to approve what costs no more than
//! what was approved and loses nothing.

use super::follow_up::{Booked, check_reason};
use super::place::{Ended, Placed, Sent, once};
use crate::app::App;
use crate::usecases::bookings::{self, power_of};
use crate::usecases::{Error, Refusal, record};
use contract::{Kind, Power};
use db::orders::DecisionRow;
use domain::ids::BookingId;
use domain::order::OrderKind;
use domain::policy::{Action, Actor, Scope};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The wish to stop a booking or to start it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// `stopped` or `running`.
    #[schema(value_type = String, example = "stopped")]
    pub power: Power,
    /// Why; may be empty.
    #[serde(default)]
    pub justification: String,
}

/// Stops or starts a booking of the own organisation. Refuses a booking that has ended, that is already so, that was never
/// ready, or whose kind cannot be stopped.
pub async fn switch_power(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &Switch,
) -> Result<Placed, Error> {
    let content = json!({"booking": booking, "wish": cmd});
    once(app, actor, key, &content, async |scope, sent| {
        if let Some(wrong) = check_reason(&cmd.justification, false) {
            return Err(Error::from(Refusal::fields(vec![wrong])).into());
        }
        app.db
            .write(scope, async |conn: &mut db::Conn| write(conn, (actor, scope), booking, cmd, sent).await)
            .await
    })
    .await
}

async fn write(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    id: BookingId,
    cmd: &Switch,
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock(conn, scope, id, sent).await?;
    let kind = match cmd.power {
        Power::On => OrderKind::Start,
        Power::Off => OrderKind::Stop,
    };
    if let Some(code) = refusal(conn, scope, &booked, cmd.power).await? {
        return Err(Error::from(Refusal::new(code)).into());
    }
    let order = booked.order(conn, actor, (kind, sent.now), &cmd.justification, sent).await?;
    db::orders::insert(conn, &order).await?;
    let decided = DecisionRow::by_rule(&order, sent.now);
    db::orders::insert_decision(conn, &decided).await?;
    bookings::switch(conn, &booked.row, &order, cmd.power, sent.now).await?;
    let detail =
        json!({"event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id});
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", order.id), detail, sent.now);
    Ok((Placed { id: order.id, number: order.number, new: true }, entry))
}

/// Why the booking cannot be switched now.
async fn refusal(
    conn: &mut db::Conn,
    scope: &Scope,
    booked: &Booked,
    power: Power,
) -> Result<Option<&'static str>, db::Error> {
    if !Kind::from_code(&booked.row.kind).is_some_and(Kind::stoppable) {
        return Ok(Some("power-kind"));
    }
    if power_of(&booked.row) == power {
        return Ok(Some(if power == Power::Off { "power-stopped-already" } else { "power-running-already" }));
    }
    let seen = db::observations::find(conn, scope, BookingId(booked.row.id)).await?;
    let ready = seen.is_some_and(|seen| seen.ready_at.is_some());
    Ok((!ready).then_some("power-not-ready"))
}
