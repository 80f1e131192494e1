//! Everything that is known about one booking, loaded in one snapshot, with what a customer may know of its operator.

use crate::app::App;
use crate::usecases::Error;
use crate::usecases::rotations::Custody;
use contract::{InEffect, Kind, Recoverable, Restored, Wanted};
use db::assignments::{AssignmentRow, History};
use db::bookings::{BookingRow, CustomerPrivateRow, EventRow};
use db::closings::Closings;
use db::invoices::InvoiceHead;
use db::offerings::{CurrentOffering, PlanRow};
use db::operators::HeardOf;
use db::orders::{DecisionRow, OrderRow};
use db::organisations::OrganisationRow;
use db::tasks::{StatementRow, TaskRow};
use db::terms::AgreedRow;
use domain::booking::{Costs, Seen, billable, settled};
use domain::ids::{BookingId, OrganisationId, VersionId};
use domain::order::{Decision, OrderKind};
use domain::policy::{Actor, Scope};
use domain::time::{berlin_day, midnight};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One booking as its page needs it. What a provider does not see is empty.
pub(super) struct Loaded {
    /// What is wanted.
    pub row: BookingRow,
    /// What was seen last.
    pub seen: Option<Seen>,
    /// Everything that was agreed about it, the latest last.
    pub terms: Vec<AgreedRow>,
    /// The latest wanted state that the location reached.
    pub in_effect: Option<InEffect>,
    /// To which moments the data can go back, as reported.
    pub recoverable: Option<Recoverable>,
    /// The earlier state that serves, as the location said.
    pub restored: Option<Restored>,
    /// Since when the earlier state that was ordered last serves.
    pub went_back: Option<Timestamp>,
    /// Ways in, as reported.
    pub endpoints: Vec<contract::Endpoint>,
    /// What was answered to the offering's own questions; the provider asks them, so both sides read them.
    pub answers: Value,
    /// What only the customer sees.
    pub private: Option<CustomerPrivateRow>,
    /// Where it belonged over time; empty for a provider.
    pub assigned: History<AssignmentRow>,
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
    /// Who saw and changed the access data; nothing for a provider.
    pub custody: Custody,
    /// The final invoice.
    pub final_invoice: Option<InvoiceHead>,
    /// Whether it is over and everything that it cost was invoiced.
    pub settled: bool,
    /// What people do for it; empty where an operator does all of it.
    pub tasks: Vec<TaskRow>,
    /// What the provider's people stated.
    pub statements: Vec<StatementRow>,
    /// What the provider said to the service broker last, and since when its location knows it.
    pub acted: Option<(String, Timestamp)>,
    /// When it was loaded.
    pub now: Timestamp,
    people: BTreeMap<Uuid, String>,
}

impl Loaded {
    /// Whether people of the provider fulfil it.
    pub(super) fn by_people(&self) -> bool {
        super::by_people(&self.row)
    }

    /// When the operator last called; what people say counts until they say something else.
    pub(super) fn heard_at(&self) -> Option<Timestamp> {
        if self.by_people() {
            return Some(self.now);
        }
        self.heard.as_ref()?.heartbeat_at.map(|at| at.to_jiff())
    }

    /// Usage is complete up to here.
    pub(super) fn watermark(&self) -> Option<Timestamp> {
        if self.by_people() {
            let ended = self.row.ends_at.is_some_and(|at| at.to_jiff() <= self.now);
            let gone = self.seen.as_ref().is_some_and(|seen| seen.gone_at.is_some());
            return (gone || !ended).then_some(self.now);
        }
        self.heard.as_ref()?.watermark_at.map(|at| at.to_jiff())
    }

    /// Until when usage is here, open intervals included: an operator sends them when they end, at midnight in Berlin at the
    /// latest, and everything once the booking is gone.
    pub(super) fn measured_until(&self) -> Timestamp {
        if self.by_people() {
            return Timestamp::from_second(self.now.as_second()).unwrap_or(self.now);
        }
        let gone = self.seen.as_ref().is_some_and(|seen| seen.gone_at.is_some());
        measured_until(self.watermark(), gone, self.row.created_at.to_jiff())
    }

    /// Whether the operator has written the present wish to its cluster.
    pub(super) fn fetched(&self) -> bool {
        self.heard.as_ref().is_some_and(|heard| heard.revision >= self.row.revision)
    }

    /// Whether its end has come.
    pub(super) fn over(&self) -> bool {
        let absent = super::wanted_from_code(&self.row.wanted) == Wanted::Absent;
        absent || self.row.ends_at.is_some_and(|at| at.to_jiff() <= self.now)
    }

    /// Whether it is on its way out: the end has come, or was ordered. A term that was fixed from the beginning, or put off,
    /// is no news.
    pub(super) fn ending(&self) -> bool {
        let said = ["end-ordered", "resume-ordered"];
        let last = self.events.iter().rev().find(|event| said.contains(&event.name.as_str()));
        self.over() || self.row.ends_at.is_some() && last.is_some_and(|event| event.name == "end-ordered")
    }

    /// Name of a person of the own organisation.
    pub(super) fn name_of(&self, person: Uuid) -> Option<String> {
        self.people.get(&person).cloned()
    }

    /// The approved order that made the booking.
    pub(super) fn first_order(&self) -> Option<&(OrderRow, Option<DecisionRow>)> {
        self.orders.iter().find(|(order, _)| order.kind == OrderKind::Create.code())
    }

    /// The approved order that says what is booked now.
    pub(super) fn present_order(&self) -> Option<&OrderRow> {
        self.saying_orders().pop()
    }

    /// The one before, while the location has not done what was agreed last.
    pub(super) fn former_order(&self) -> Option<&OrderRow> {
        let mut orders = self.saying_orders();
        orders.pop().filter(|_| self.agreed_in_effect() == Some(false))?;
        orders.pop()
    }

    /// Approved orders that say what is booked, the last one counts.
    fn saying_orders(&self) -> Vec<&OrderRow> {
        let says = |(order, decision): &&(OrderRow, Option<DecisionRow>)| {
            let kind = OrderKind::from_code(&order.kind);
            matches!(kind, Some(OrderKind::Create | OrderKind::Change)) && takes_effect(decision.as_ref())
        };
        let mut effective: Vec<_> = self.orders.iter().filter(says).collect();
        effective.sort_by_key(|(_, decision)| decision.as_ref().map(|it| it.decided_at.to_jiff()));
        effective.into_iter().map(|(order, _)| order).collect()
    }

    /// Whether the earlier state that was ordered last is still on its way.
    pub(super) fn going_back(&self) -> Result<bool, Error> {
        let failed = self.seen.as_ref().is_some_and(|seen| domain::booking::tainted(&seen.conditions));
        Ok(super::last_restore(&self.row)?.is_some() && self.went_back.is_none() && !failed)
    }

    /// Orders after one that were decided so that they take effect.
    fn later<'a>(&'a self, order: &OrderRow) -> impl Iterator<Item = &'a (OrderRow, Option<DecisionRow>)> {
        let id = order.id;
        let after = self.orders.iter().skip_while(move |(it, _)| it.id != id).skip(1);
        after.filter(|(_, decision)| takes_effect(decision.as_ref()))
    }

    /// Whether a change was taken back: the next one needed nobody.
    pub(super) fn was_taken_back(&self, order: &OrderRow) -> bool {
        let mut changes = self.later(order).filter(|(it, _)| it.kind == OrderKind::Change.code());
        changes.next().is_some_and(|(_, decision)| {
            decision.as_ref().is_some_and(|it| it.decision == Decision::ByRule.code())
        })
    }

    /// Whether a later order stops, starts, ends or keeps it: what was ordered before is over.
    pub(super) fn was_followed(&self, order: &OrderRow) -> bool {
        self.later(order).any(|(it, _)| {
            matches!(
                OrderKind::from_code(&it.kind),
                Some(OrderKind::Stop | OrderKind::Start | OrderKind::Terminate | OrderKind::Resume)
            )
        })
    }

    /// Whether the location does what was agreed last; nothing from operators that do not say.
    pub(super) fn agreed_in_effect(&self) -> Option<bool> {
        Some(self.in_effect?.generation >= self.agreed())
    }

    /// Generation of what was agreed last.
    pub(super) fn agreed(&self) -> i64 {
        self.terms.last().map(|it| it.terms.generation).unwrap_or_default()
    }

    /// An order about the booking that nobody has decided.
    pub(super) fn open_order(&self) -> Option<&OrderRow> {
        self.orders.iter().find(|(_, decision)| decision.is_none()).map(|(order, _)| order)
    }
}

/// Whether an order was decided so that it takes effect.
pub(super) fn takes_effect(decision: Option<&DecisionRow>) -> bool {
    decision.and_then(|it| Decision::from_code(&it.decision)).is_some_and(Decision::takes_effect)
}

/// Until when the usage of a booking is here, from the watermark of its location.
pub(super) fn measured_until(watermark: Option<Timestamp>, gone: bool, created_at: Timestamp) -> Timestamp {
    let mark = watermark.unwrap_or(created_at);
    if gone { mark } else { midnight(berlin_day(mark)) }
}

/// Whether a booking is over and everything that it cost was invoiced.
pub(super) fn is_settled(
    row: &BookingRow,
    seen: Option<&Seen>,
    (final_invoice, price_free): (bool, bool),
    closings: &Closings,
    now: Timestamp,
) -> bool {
    let (ready, gone) = (seen.and_then(|seen| seen.ready_at), seen.and_then(|seen| seen.gone_at));
    let ends = row.ends_at.map(|at| at.to_jiff());
    let span = billable(ready, row.wished_start_at.to_jiff(), ends, gone);
    let costs = Costs { span, gone: gone.is_some(), final_invoice, price_free };
    settled(&costs, now, |month| closings.contains(row.provider_id, row.organisation_id, month))
}

/// Loads a booking that the actor's organisation booked or runs.
pub(super) async fn load(app: &App, actor: &Actor, scope: &Scope, id: BookingId) -> Result<Loaded, Error> {
    let now = app.clock.now();
    let mut loaded = app
        .db
        .read(scope, async |conn: &mut db::Conn| load_visible(conn, actor, scope, id, now).await)
        .await?;
    let system = Scope::system(
        "whoever sees a booking sees when its operator last called, what its provider asked and what it had done, and no more of it",
    );
    let location: Vec<Uuid> = loaded.row.location_id.into_iter().collect();
    let (heard, answers, acted) = app
        .db
        .read(&system, async |conn: &mut db::Conn| {
            let heard = db::operators::list_heard_of(conn, &location).await?;
            let acted = match loaded.row.kind == Kind::SharedService.code() {
                true => db::words::find_heard(conn, id).await?,
                false => None,
            };
            Ok::<_, Error>((heard, db::orders::find_answers(conn, id).await?, acted))
        })
        .await?;
    loaded.heard = heard.into_iter().next();
    loaded.answers = answers.unwrap_or_default();
    loaded.acted = acted.map(|(word, at)| (word, at.to_jiff()));
    Ok(loaded)
}

async fn load_visible(
    conn: &mut db::Conn,
    actor: &Actor,
    scope: &Scope,
    id: BookingId,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let row = db::bookings::get(conn, scope, id).await?;
    let observation = db::observations::find(conn, scope, id).await?;
    let known = observation.as_ref().map(|row| row.to_known()).transpose()?;
    let mine = row.organisation_id == actor.organisation.0;
    let orders = if mine { db::orders::list_of_booking(conn, scope, row.id).await? } else { Vec::new() };
    let offering = db::offerings::get_version(conn, VersionId(row.version_id)).await?;
    let plans = db::offerings::list_plans(conn, &[row.version_id]).await?;
    let custody = if mine { Custody::of(conn, scope, id).await? } else { Custody::default() };
    let named = orders.iter().flat_map(|(order, decision)| {
        std::iter::once(order.requested_by).chain(decision.as_ref().and_then(|decision| decision.decided_by))
    });
    let tasks = db::tasks::list_of_booking(conn, scope, id).await?;
    let statements = match super::by_people(&row) {
        true => db::tasks::list_statements(conn, scope, id).await?,
        false => Vec::new(),
    };
    let named = named.chain(custody.people());
    let named = named.chain(tasks.iter().flat_map(|task| task.owner_id.into_iter().chain(task.closed_by)));
    let people = crate::usecases::orders::names(conn, scope, named).await?;
    let customer = db::organisations::get(conn, OrganisationId(row.organisation_id)).await?;
    let closings = db::closings::list(conn, &[row.provider_id], &[row.organisation_id]).await?;
    let final_invoice = db::invoices::find_final(conn, scope, row.id).await?;
    let seen = observation.as_ref().map(|row| row.to_seen()).transpose()?;
    let settled =
        is_settled(&row, seen.as_ref(), (final_invoice.is_some(), customer.price_free), &closings, now);
    let restored = known.as_ref().and_then(|known| known.restored);
    let went_back =
        super::last_restore(&row)?.and_then(|ordered| domain::restore::took_over(&ordered, restored));
    Ok(Loaded {
        seen,
        terms: db::terms::list(conn, &[row.id]).await?,
        in_effect: known.as_ref().and_then(|known| known.in_effect),
        recoverable: known.as_ref().and_then(|known| known.recoverable),
        restored,
        went_back,
        endpoints: known.map(|known| known.endpoints).unwrap_or_default(),
        answers: Value::Null,
        acted: None,
        private: db::bookings::find_customer_private(conn, scope, id).await?,
        assigned: db::assignments::list(conn, scope, id).await?,
        orders,
        events: db::bookings::list_events(conn, scope, id).await?,
        plan: plans.into_iter().find(|plan| plan.id == row.plan_id).ok_or(Error::NotFound)?,
        offering,
        provider: db::organisations::get(conn, OrganisationId(row.provider_id)).await?,
        customer,
        heard: None,
        tasks,
        statements,
        now,
        custody,
        final_invoice,
        settled,
        people,
        row,
    })
}
