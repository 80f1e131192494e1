//! What orders about an existing booking share: the lock, the row that repeats what was booked, the reason.

use super::place::{Ended, Sent};
use crate::ports::secrets::new_id;
use crate::usecases::estimates::Estimation;
use crate::usecases::{Error, Refusal};
use db::bookings::{BookingRow, CustomerPrivateRow};
use db::orders::{DecisionRow, OrderRow};
use domain::ids::BookingId;
use domain::order::{self, Finding, JUSTIFICATION_MAX, OrderKind};
use domain::policy::{Actor, Scope};
use domain::time::berlin_day;
use jiff::Timestamp;
use serde_json::json;

/// A booking of the own organisation, locked, with the orders about it.
pub(super) struct Booked {
    /// What is wanted now.
    pub(super) row: BookingRow,
    /// What only the customer sees.
    pub(super) private: CustomerPrivateRow,
    /// Every order about it, the oldest first.
    pub(super) orders: Vec<(OrderRow, Option<DecisionRow>)>,
}

impl Booked {
    /// Locks the booking, so that two people who order something about it come one after the other. Refuses a booking whose
    /// end has come.
    pub(super) async fn lock(
        conn: &mut db::Conn,
        scope: &Scope,
        id: BookingId,
        sent: &Sent<'_>,
    ) -> Result<Self, Ended> {
        let booked = Self::lock_any(conn, scope, id, sent).await?;
        if over(&booked.row, sent.now) {
            return Err(Error::from(Refusal::new("booking-ends-already")).into());
        }
        Ok(booked)
    }

    /// The same, also of a booking whose end has come.
    pub(super) async fn lock_any(
        conn: &mut db::Conn,
        scope: &Scope,
        id: BookingId,
        sent: &Sent<'_>,
    ) -> Result<Self, Ended> {
        let row = db::bookings::lock(conn, scope, id).await?;
        if db::orders::find_by_key(conn, scope, sent.key).await?.is_some() {
            return Err(Ended::SameKey);
        }
        let private = db::bookings::find_customer_private(conn, scope, id).await?.ok_or(Error::NotFound)?;
        let orders = db::orders::list_of_booking(conn, scope, row.id).await?;
        Ok(Self { row, private, orders })
    }

    /// Refuses while an order of one of these kinds waits for its decision; each with the code of its sentence, in which its
    /// number stands.
    pub(super) fn refuse_waiting(&self, kinds: &[(OrderKind, &str)]) -> Result<(), Error> {
        for (kind, code) in kinds {
            let waits = |(order, decision): &&(OrderRow, Option<DecisionRow>)| {
                order.kind == kind.code() && decision.is_none()
            };
            if let Some((order, _)) = self.orders.iter().find(waits) {
                return Err(Refusal::new(code).with("number", &order.number).into());
            }
        }
        Ok(())
    }

    /// A new order about the booking that binds no further money.
    pub(super) async fn order(
        &self,
        conn: &mut db::Conn,
        actor: &Actor,
        (kind, wished): (OrderKind, Timestamp),
        justification: &str,
        sent: &Sent<'_>,
    ) -> Result<OrderRow, Ended> {
        let year = berlin_day(sent.now).year();
        let number = db::numbers::update_next(conn, actor.organisation, "order", year).await?;
        let nothing = Estimation::nothing();
        let estimate = serde_json::to_value(nothing).map_err(|error| Error::Internal(error.into()))?;
        Ok(OrderRow {
            id: new_id(),
            organisation_id: actor.organisation.0,
            number: format!("B-{year}-{number:04}"),
            kind: kind.code().to_owned(),
            name: self.row.name.clone(),
            booking_id: self.row.id,
            provider_id: self.row.provider_id,
            version_id: self.row.version_id,
            plan_id: self.row.plan_id,
            location_id: self.row.location_id,
            parameters: self.row.parameters.clone(),
            answers: json!({}),
            unit_id: self.private.unit_id,
            cost_centre: self.private.cost_centre.clone(),
            account: self.private.account.clone(),
            budget_line_id: self.private.budget_line_id,
            legal_basis_id: self.private.legal_basis_id,
            wished_at: wished.into(),
            justification: justification.trim().to_owned(),
            monthly_amount: Default::default(),
            committed_amount: Default::default(),
            estimate,
            requested_by: actor.person.0,
            requested_at: sent.now.into(),
            decide_by: order::decide_by(sent.now).into(),
            idempotency_key: sent.key.to_owned(),
            request_hash: sent.hash.to_vec(),
            replaces: None,
            keep_days: None,
            ends_at: None,
            restore_at: None,
        })
    }
}

/// Refuses what would cost more than a line was asked for that takes over later: it bound what the booking costs as it is.
pub(super) async fn refuse_ahead(
    conn: &mut db::Conn,
    scope: &Scope,
    row: &BookingRow,
    now: Timestamp,
) -> Result<(), Error> {
    let history = db::assignments::list(conn, scope, BookingId(row.id)).await?;
    let line = history.at(now).and_then(|it| it.budget_line_id);
    let ahead = history.counting().find(|(from, it)| *from > now && it.budget_line_id != line);
    match ahead {
        Some((from, _)) => Err(Refusal::new("transfer-ahead").with("from_date", berlin_day(from)).into()),
        None => Ok(()),
    }
}

/// Whether the end of a booking has come.
pub(super) fn over(row: &BookingRow, now: Timestamp) -> bool {
    row.wanted == "absent" || row.ends_at.is_some_and(|at| at.to_jiff() <= now)
}

/// What is wrong with a reason; `needed` orders must have one.
pub(crate) fn check_reason(text: &str, needed: bool) -> Option<Finding> {
    match text.trim().chars().count() {
        0 if needed => Some(Finding::new("/justification", "justification-missing")),
        length if length > JUSTIFICATION_MAX => {
            Some(Finding::new("/justification", "justification-too-long").with("max", JUSTIFICATION_MAX))
        }
        _ => None,
    }
}
