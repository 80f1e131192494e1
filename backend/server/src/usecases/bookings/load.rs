//! Everything that is known about one booking, loaded in one snapshot, with what a customer may know of its operator.

use crate::app::App;
use crate::usecases::Error;
use db::bookings::{BookingRow, CustomerPrivateRow, EventRow};
use db::invoices::InvoiceHead;
use db::offerings::{CurrentOffering, PlanRow};
use db::operators::HeardOf;
use db::orders::{DecisionRow, OrderRow};
use db::organisations::OrganisationRow;
use domain::booking::Seen;
use domain::ids::{BookingId, OrganisationId, PersonId, VersionId};
use domain::order::OrderKind;
use domain::policy::{Actor, Scope};
use domain::time::{berlin_day, midnight};
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One booking as its page needs it. What a provider does not see is empty.
pub(super) struct Loaded {
    /// What is wanted.
    pub row: BookingRow,
    /// What was seen last.
    pub seen: Option<Seen>,
    /// Ways in, as reported.
    pub endpoints: Vec<contract::Endpoint>,
    /// What only the customer sees.
    pub private: Option<CustomerPrivateRow>,
    /// Orders of the booking with their decisions.
    pub orders: Vec<(OrderRow, Option<DecisionRow>)>,
    /// Its history.
    pub events: Vec<EventRow>,
    /// The offering as it was ordered.
    pub offering: CurrentOffering,
    /// Its plan.
    pub plan: PlanRow,
    /// The provider.
    pub provider: OrganisationRow,
    /// The customer.
    pub customer: OrganisationRow,
    /// The operator, as far as everybody may know.
    pub heard: Option<HeardOf>,
    /// Last display of access data: when and to whom.
    pub revealed: Option<(Timestamp, Uuid)>,
    /// The final invoice.
    pub final_invoice: Option<InvoiceHead>,
    people: BTreeMap<Uuid, String>,
}

impl Loaded {
    /// When the operator last called.
    pub(super) fn heard_at(&self) -> Option<Timestamp> {
        self.heard.as_ref()?.heartbeat_at.map(|at| at.to_jiff())
    }

    /// Usage is complete up to here.
    pub(super) fn watermark(&self) -> Option<Timestamp> {
        self.heard.as_ref()?.watermark_at.map(|at| at.to_jiff())
    }

    /// Until when usage is here, open intervals included: an operator sends them when they end, at midnight in Berlin at the
    /// latest, and everything once the booking is gone.
    pub(super) fn measured_until(&self) -> Timestamp {
        let gone = self.seen.as_ref().is_some_and(|seen| seen.gone_at.is_some());
        measured_until(self.watermark(), gone, self.row.created_at.to_jiff())
    }

    /// Whether the operator has written the present wish to its cluster.
    pub(super) fn fetched(&self) -> bool {
        self.heard.as_ref().is_some_and(|heard| heard.revision >= self.row.revision)
    }

    /// Name of a person of the own organisation.
    pub(super) fn name_of(&self, person: Uuid) -> Option<String> {
        self.people.get(&person).cloned()
    }

    /// The approved order that made the booking.
    pub(super) fn first_order(&self) -> Option<&(OrderRow, Option<DecisionRow>)> {
        self.orders.iter().find(|(order, _)| order.kind == OrderKind::Create.code())
    }

    /// An order about the booking that nobody has decided.
    pub(super) fn open_order(&self) -> Option<&OrderRow> {
        self.orders.iter().find(|(_, decision)| decision.is_none()).map(|(order, _)| order)
    }
}

/// Until when the usage of a booking is here, from the watermark of its location.
pub(super) fn measured_until(watermark: Option<Timestamp>, gone: bool, created_at: Timestamp) -> Timestamp {
    let mark = watermark.unwrap_or(created_at);
    if gone { mark } else { midnight(berlin_day(mark)) }
}

/// Loads a booking that the actor's organisation booked or runs.
pub(super) async fn load(app: &App, actor: &Actor, scope: &Scope, id: BookingId) -> Result<Loaded, Error> {
    let mut loaded =
        app.db.read(scope, async |conn: &mut db::Conn| load_visible(conn, actor, scope, id).await).await?;
    let system =
        Scope::system("whoever sees a booking sees when its operator last called, and no more of it");
    let location = [loaded.row.location_id];
    loaded.heard = app
        .db
        .read(&system, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::operators::list_heard_of(conn, &location).await?)
        })
        .await?
        .pop();
    Ok(loaded)
}

async fn load_visible(
    conn: &mut db::Conn,
    actor: &Actor,
    scope: &Scope,
    id: BookingId,
) -> Result<Loaded, Error> {
    let row = db::bookings::get(conn, scope, id).await?;
    let observation = db::observations::find(conn, scope, id).await?;
    let known = observation.as_ref().map(|row| row.to_known()).transpose()?;
    let mine = row.organisation_id == actor.organisation.0;
    let orders = if mine { db::orders::list_of_booking(conn, scope, row.id).await? } else { Vec::new() };
    let offering = db::offerings::get_version(conn, VersionId(row.version_id)).await?;
    let plans = db::offerings::list_plans(conn, &[row.version_id]).await?;
    let revealed = if mine { db::reveals::find_last_shown(conn, scope, id).await? } else { None };
    let mut people = BTreeMap::new();
    let named = orders.iter().flat_map(|(order, decision)| {
        std::iter::once(order.requested_by).chain(decision.as_ref().and_then(|decision| decision.decided_by))
    });
    for person in named.chain(revealed.map(|(_, person)| person)).collect::<std::collections::BTreeSet<_>>() {
        people.insert(person, db::people::get(conn, scope, PersonId(person)).await?.name);
    }
    Ok(Loaded {
        seen: observation.as_ref().map(|row| row.to_seen()).transpose()?,
        endpoints: known.map(|known| known.endpoints).unwrap_or_default(),
        private: db::bookings::find_customer_private(conn, scope, id).await?,
        orders,
        events: db::bookings::list_events(conn, scope, id).await?,
        plan: plans.into_iter().find(|plan| plan.id == row.plan_id).ok_or(Error::NotFound)?,
        offering,
        provider: db::organisations::get(conn, OrganisationId(row.provider_id)).await?,
        customer: db::organisations::get(conn, OrganisationId(row.organisation_id)).await?,
        heard: None,
        revealed: revealed.map(|(at, person)| (at.to_jiff(), person)),
        final_invoice: db::invoices::find_final(conn, scope, row.id).await?,
        people,
        row,
    })
}
