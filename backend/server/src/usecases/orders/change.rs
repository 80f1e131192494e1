//! Orders that change a booking: another plan of its offering, or other sizes. And the way back while the location has not
//! done it: that needs nobody's approval, because it costs no more than what was approved before.

use super::follow_up::{Booked, check_reason, over, refuse_ahead};
use super::place::{Ended, Placed, Sent, commitment, once, tell_approvers};
use super::replanned::{Offers, Replanned, replan};
use crate::app::App;
use crate::usecases::bookings;
use crate::usecases::{Error, Refusal, record};
use contract::{Condition, ConditionStatus, ConditionType, Kind};
use db::bookings::BookingRow;
use db::orders::{DecisionRow, OrderRow};
use db::terms::AgreedRow;
use domain::ids::{BookingId, BudgetLineId, OrderId};
use domain::order::{Decision, OrderKind};
use domain::policy::{Action, Actor, Scope};
use domain::terms::CountsFrom;
use domain::time::berlin_day;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// The wish to change what is booked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Another plan of the offering; none keeps the present one.
    #[serde(default)]
    pub plan: Option<Uuid>,
    /// Members of the kind's order that shall be different; null takes one away, what is missing stays.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// Why; the approver reads it.
    pub justification: String,
}

/// What a change replaces: kept with its order, for the person who approves and for the way back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    /// Generation of the agreement; if another one came between, the order is outdated.
    pub generation: i64,
    /// The offering version.
    pub version: Uuid,
    /// The plan.
    pub plan: Uuid,
    /// Its title.
    pub plan_title: String,
    /// What the kind asked.
    pub parameters: Value,
    /// Net per month.
    pub monthly: Decimal,
    /// `agreement` or `effect`: when the new price begins.
    pub counts_from: String,
}

impl Replaced {
    /// What an order replaces; nothing for orders that are no change.
    pub fn of(order: &OrderRow) -> Option<Self> {
        Self::deserialize(order.replaces.as_ref()?).ok()
    }
}

/// Places the order that changes a booking of the own organisation. Findings point to `/plan`, `/parameters/…` and
/// `/justification`; money that is not there, to nothing.
pub async fn place_change(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &Change,
) -> Result<Placed, Error> {
    let content = json!({"booking": booking, "wish": cmd});
    once(app, actor, key, &content, async |scope, sent| {
        let offers = Offers::load(app, scope, booking).await?;
        app.db
            .write(scope, async |conn: &mut db::Conn| {
                write(conn, app, (actor, scope), booking, (&offers, cmd), sent).await
            })
            .await
    })
    .await
}

async fn write(
    conn: &mut db::Conn,
    app: &App,
    (actor, scope): (&Actor, &Scope),
    id: BookingId,
    (offers, cmd): (&Offers, &Change),
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock(conn, scope, id, sent).await?;
    if bookings::by_people(&booked.row) {
        return Err(Error::from(Refusal::new("change-by-people")).into());
    }
    booked.refuse_waiting(&[
        (OrderKind::Change, "change-already-ordered"),
        (OrderKind::Terminate, "end-already-ordered"),
        // Each binds money by what the other one changes: the price, and how long it is paid.
        (OrderKind::Resume, "resume-waits"),
    ])?;
    if let Some(line) = booked.private.budget_line_id {
        // Whoever holds this lock alone decides about the rest of the line.
        db::budgets::lock(conn, scope, BudgetLineId(line)).await?;
    }
    let mut wished =
        replan(conn, (actor, scope), offers, (&booked.row, &booked.private), cmd, sent.now).await?;
    wished.findings.extend(check_reason(&cmd.justification, true));
    let Some(after) = wished.after.as_ref().filter(|_| wished.findings.is_empty()) else {
        return Err(Error::from(Refusal::fields(wished.findings)).into());
    };
    if wished.before.monthly < after.monthly {
        refuse_ahead(conn, scope, &booked.row, sent.now).await?;
    }
    let generation = latest_generation(conn, booked.row.id).await?;
    let order = booked.order(conn, actor, (OrderKind::Change, sent.now), &cmd.justification, sent).await?;
    let order = OrderRow {
        version_id: wished.offer.current.version.id,
        plan_id: wished.plan.row.id,
        parameters: wished.parameters.clone(),
        monthly_amount: after.monthly.decimal(),
        committed_amount: wished.more.decimal(),
        estimate: serde_json::to_value(after).map_err(|error| Error::Internal(error.into()))?,
        replaces: Some(replaced(&booked, &wished, generation)?),
        ..order
    };
    db::orders::insert(conn, &order).await?;
    if let (Some(line), false) = (order.budget_line_id, wished.reserves.is_zero()) {
        db::budgets::insert_commitment(conn, &commitment(&order, line, sent.now)).await?;
    }
    tell_approvers(conn, app, actor, &order, &wished.standing.approvers, sent.now).await?;
    let detail = json!({
        "event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id,
        "committed": wished.more, "monthly": order.monthly_amount, "before": wished.before.monthly,
    });
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", order.id), detail, sent.now);
    Ok((Placed { id: order.id, number: order.number, new: true }, entry))
}

fn replaced(booked: &Booked, wished: &Replanned<'_>, generation: i64) -> Result<Value, Error> {
    let replaced = Replaced {
        generation,
        version: booked.row.version_id,
        plan: booked.row.plan_id,
        plan_title: wished.present.row.title.clone(),
        parameters: booked.row.parameters.clone(),
        monthly: wished.before.monthly.decimal(),
        counts_from: wished.counts_from.code().to_owned(),
    };
    serde_json::to_value(replaced).map_err(|error| Error::Internal(error.into()))
}

/// The generation of the latest agreement about a booking.
pub(super) async fn latest_generation(conn: &mut db::Conn, booking: Uuid) -> Result<i64, Error> {
    let agreed = db::terms::list(conn, &[booking]).await?;
    agreed.last().map(|it| it.terms.generation).ok_or(Error::NotFound)
}

/// Goes back to what was agreed before, while the location has not done the last change. Takes effect at once and frees the
/// money of the change. Refused where nothing is to be taken back.
pub async fn revert_change(app: &App, actor: &Actor, key: &str, booking: BookingId) -> Result<Placed, Error> {
    let content = json!({"booking": booking, "revert": true});
    once(app, actor, key, &content, async |scope, sent| {
        app.db
            .write(scope, async |conn: &mut db::Conn| revert(conn, (actor, scope), booking, sent).await)
            .await
    })
    .await
}

async fn revert(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    id: BookingId,
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock(conn, scope, id, sent).await?;
    let agreed = db::terms::list(conn, &[booked.row.id]).await?;
    let seen = db::observations::find(conn, scope, id).await?;
    let reached = seen.as_ref().and_then(|seen| seen.effective_generation).unwrap_or_default();
    let last = agreed.last().map(|it| it.terms.generation).unwrap_or_default();
    let undo = last_change(&booked.orders).filter(|_| agreed.len() > 1 && reached < last);
    let undo = undo.and_then(|order| Some((order.clone(), Replaced::of(order)?)));
    let Some((undone, before)) = undo else {
        return Err(Error::from(Refusal::new("change-nothing-to-revert")).into());
    };
    let known = seen.map(|seen| seen.to_known()).transpose()?;
    let taken_up = known.is_some_and(|known| known.generation >= last && accepted(&known.conditions));
    if taken_up && shrinks(&booked.row, &agreed, &before) {
        return Err(Error::from(Refusal::new("change-cannot-revert")).into());
    }
    let order = booked.order(conn, actor, (OrderKind::Change, sent.now), "", sent).await?;
    let replaces = Replaced {
        generation: last,
        version: booked.row.version_id,
        plan: booked.row.plan_id,
        plan_title: agreed.last().map(|it| it.plan.title.clone()).unwrap_or_default(),
        parameters: booked.row.parameters.clone(),
        monthly: undone.monthly_amount,
        counts_from: CountsFrom::Agreement.code().to_owned(),
    };
    let order = OrderRow {
        version_id: before.version,
        plan_id: before.plan,
        parameters: before.parameters.clone(),
        monthly_amount: before.monthly,
        estimate: earlier_estimate(&booked, &undone),
        replaces: Some(serde_json::to_value(replaces).map_err(|error| Error::Internal(error.into()))?),
        ..order
    };
    db::orders::insert(conn, &order).await?;
    let decided = DecisionRow::by_rule(&order, sent.now);
    db::orders::insert_decision(conn, &decided).await?;
    db::budgets::update_released(conn, OrderId(undone.id), sent.now).await?;
    bookings::change(conn, scope, &booked.row, &order, CountsFrom::Agreement, sent.now).await?;
    let detail = json!({"event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id,
        "reverts": undone.number});
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", order.id), detail, sent.now);
    Ok((Placed { id: order.id, number: order.number, new: true }, entry))
}

/// The last change of a booking, if somebody approved it: what was taken back is not taken back once more.
pub(crate) fn last_change(orders: &[(OrderRow, Option<DecisionRow>)]) -> Option<&OrderRow> {
    let mut changes = orders.iter().rev().filter_map(|(order, decision)| {
        let decision = Decision::from_code(&decision.as_ref()?.decision)?;
        (order.kind == OrderKind::Change.code() && decision.takes_effect()).then_some((order, decision))
    });
    changes.next().filter(|(_, decision)| *decision == Decision::Approved).map(|(order, _)| order)
}

/// Whether the location has taken the last agreement up, and not refused it.
fn accepted(conditions: &[Condition]) -> bool {
    let accepted = conditions.iter().find(|it| it.r#type == ConditionType::Accepted);
    accepted.is_some_and(|it| it.status == ConditionStatus::True)
}

/// Whether the way back would ask for less storage than the location may have made already.
fn shrinks(row: &BookingRow, agreed: &[AgreedRow], before: &Replaced) -> bool {
    let then = agreed.iter().find(|it| it.terms.generation == before.generation);
    let (Some(kind), Some(now), Some(then)) = (Kind::from_code(&row.kind), agreed.last(), then) else {
        return false;
    };
    let change = ((&now.plan.settings, &row.parameters), (&then.plan.settings, &before.parameters));
    !kind.check_change(change.0, change.1).is_empty()
}

/// What was estimated for the order that an undone change had replaced.
fn earlier_estimate(booked: &Booked, undone: &OrderRow) -> Value {
    let said = booked.orders.iter().rev().skip_while(|(order, _)| order.id != undone.id).skip(1);
    let mut said = said.filter(|(order, decision)| {
        let kind = OrderKind::from_code(&order.kind);
        let effect = decision.as_ref().and_then(|it| Decision::from_code(&it.decision));
        matches!(kind, Some(OrderKind::Create | OrderKind::Change))
            && effect.is_some_and(Decision::takes_effect)
    });
    said.next().map_or(Value::Null, |(order, _)| order.estimate.clone())
}

/// An approved change takes effect. Refused if something else was agreed, or the end was set, since it was ordered. Called
/// inside the transaction of the approval.
pub(crate) async fn approved(
    conn: &mut db::Conn,
    scope: &Scope,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    let row = db::bookings::lock(conn, scope, BookingId(order.booking_id)).await?;
    if over(&row, now) {
        return Err(Refusal::new("booking-ends-already").into());
    }
    let replaced = Replaced::of(order).ok_or_else(|| {
        Error::Internal(anyhow::anyhow!("order {} does not say what it replaces", order.id))
    })?;
    let agreed = db::terms::list(conn, &[row.id]).await?;
    if agreed.last().map(|it| it.terms.generation) != Some(replaced.generation) {
        return Err(Refusal::new("change-outdated").with("day_date", berlin_day(now)).into());
    }
    let counts_from = CountsFrom::from_code(&replaced.counts_from).unwrap_or(CountsFrom::Effect);
    if counts_from == CountsFrom::Effect {
        refuse_ahead(conn, scope, &row, now).await?;
    }
    bookings::change(conn, scope, &row, order, counts_from, now).await
}
