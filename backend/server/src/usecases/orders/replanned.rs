//! What is wrong with a change, what it costs, and what it binds. Form and placing ask the same.

use super::asked;
use super::change::Change;
use super::year::more_of_the_year;
use crate::app::App;
use crate::http::views::schema_form::{self, FormField};
use crate::usecases::Error;
use crate::usecases::estimates::{self, Estimation, Wish};
use crate::usecases::offerings::{
    Offer, PlanParts, Standing, any_abilities, load_current, load_version, look, system,
};
use contract::{Abilities, Kind};
use db::bookings::{BookingRow, CustomerPrivateRow};
use db::budgets::HeldLine;
use domain::ids::{BookingId, BudgetLineId, OfferingId, VersionId};
use domain::money::Money;
use domain::order::{self, Finding};
use domain::policy::{Actor, Scope};
use domain::rating::Measure;
use domain::terms::CountsFrom;
use domain::time::berlin_day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The version that is booked, and the present one: a change may stay with the old one or go over.
pub(super) struct Offers {
    /// As booked.
    pub(super) booked: Offer,
    /// The present version, if the offering is still there and has a newer one.
    pub(super) present: Option<Offer>,
    /// Other versions that were agreed before.
    pub(super) former: Vec<Offer>,
}

impl Offers {
    /// Both versions of the offering behind a booking of the scope.
    pub(super) async fn load(app: &App, scope: &Scope, booking: BookingId) -> Result<Self, Error> {
        let row = app
            .db
            .read(scope, async |conn: &mut db::Conn| {
                Ok::<_, Error>(db::bookings::get(conn, scope, booking).await?)
            })
            .await?;
        app.db
            .read(&system(), async |conn: &mut db::Conn| {
                let booked = load_version(conn, VersionId(row.version_id)).await?;
                let present = match load_current(conn, OfferingId(row.offering_id)).await {
                    Ok(offer) if offer.current.version.id != row.version_id => Some(offer),
                    Ok(_) | Err(Error::NotFound) => None,
                    Err(other) => return Err(other),
                };
                let mut former: Vec<Offer> = Vec::new();
                for agreed in db::terms::list(conn, &[row.id]).await? {
                    let version = agreed.terms.version_id;
                    let known = row.version_id == version
                        || former.iter().any(|offer| offer.current.version.id == version);
                    if !known {
                        former.push(load_version(conn, VersionId(version)).await?);
                    }
                }
                Ok(Self { booked, present, former })
            })
            .await
    }

    /// The version and the plan of an agreement about this booking.
    pub(super) fn agreed(&self, version: Uuid, plan: Uuid) -> Option<(&Offer, &PlanParts)> {
        let mut all = std::iter::once(&self.booked).chain(&self.former);
        let offer = all.find(|offer| offer.current.version.id == version)?;
        Some((offer, offer.plan(plan)?))
    }

    /// The plans that can be chosen: those of the present version, and the booked one.
    pub(super) fn choices(&self, booked: Uuid) -> Vec<(&Offer, &PlanParts)> {
        let newer = self.present.iter().flat_map(|offer| offer.plans.iter().map(move |plan| (offer, plan)));
        let own = self
            .booked
            .plans
            .iter()
            .filter(|plan| self.present.is_none() || plan.row.id == booked)
            .map(|plan| (&self.booked, plan));
        own.chain(newer).collect()
    }
}

/// A change with everything that is known about it.
pub(super) struct Replanned<'a> {
    /// The version of the wished plan.
    pub(super) offer: &'a Offer,
    /// The wished plan.
    pub(super) plan: &'a PlanParts,
    /// The booked plan.
    pub(super) present: &'a PlanParts,
    /// The whole order of the kind as it would be.
    pub(super) parameters: Value,
    /// Inputs that may be different.
    pub(super) fields: Vec<FormField>,
    /// Inputs that stay as they are.
    pub(super) fixed: Vec<FormField>,
    /// Cost as booked, from today on.
    pub(super) before: Estimation,
    /// Cost as wished, where it can be computed.
    pub(super) after: Option<Estimation>,
    /// Gross, what it costs beside what the booking binds already; whoever approves needs a limit for it.
    pub(super) more: Money,
    /// What of it is reserved: nothing without a budget line of this year.
    pub(super) reserves: Money,
    /// When the new price begins.
    pub(super) counts_from: CountsFrom,
    /// Where the organisation stands.
    pub(super) standing: Standing,
    /// Everything that is wrong.
    pub(super) findings: Vec<Finding>,
}

/// Checks a change of a booking.
pub(super) async fn replan<'a>(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    offers: &'a Offers,
    (row, private): (&BookingRow, &CustomerPrivateRow),
    cmd: &Change,
    now: Timestamp,
) -> Result<Replanned<'a>, Error> {
    let present = offers.booked.plan(row.plan_id).ok_or(Error::NotFound)?;
    let wanted = cmd.plan.unwrap_or(row.plan_id);
    let choice = offers.choices(row.plan_id).into_iter().find(|(_, plan)| plan.row.id == wanted);
    let mut findings = Vec::new();
    if choice.is_none() {
        findings.push(Finding::new("/plan", "plan-unknown"));
    }
    let (offer, plan) = choice.unwrap_or((&offers.booked, present));
    let parameters = merged(&kept(offer.kind, (present, plan), &row.parameters), &cmd.parameters);
    let any = any_abilities();
    let schema = offer.order_schema(plan, abilities(offer, row).unwrap_or(&any))?;
    let (fixed, fields): (Vec<_>, Vec<_>) = schema_form::fields(&schema, "parameters")
        .into_iter()
        .partition(|field| offer.kind.fixed().iter().any(|name| field.pointer == format!("/{name}")));
    let all: Vec<FormField> = fields.iter().chain(&fixed).cloned().collect();
    findings.extend(asked::refused(&schema, &all, &parameters, |order| {
        let (old, new) = ((&present.row.settings, &row.parameters), (&plan.row.settings, order));
        offer.kind.check(new.0, new.1).into_iter().chain(offer.kind.check_change(old, new)).collect()
    })?);
    if findings.is_empty() && plan.row.id == row.plan_id && parameters == row.parameters {
        findings.push(Finding::new("", "change-nothing"));
    }
    let seen = db::observations::find(conn, scope, BookingId(row.id)).await?;
    let started =
        row.wished_start_at.to_jiff() <= now && seen.as_ref().is_some_and(|it| it.ready_at.is_some());
    let reached = seen.and_then(|it| it.effective_generation).unwrap_or_default();
    let (today, ends_on) = (berlin_day(now), ends_on(row));
    let before = estimate(&offers.booked, present, &row.parameters, started, (today, ends_on))?;
    let after = match findings.iter().all(|finding| finding.pointer.is_empty()) {
        true => Some(estimate(offer, plan, &parameters, started, (today, ends_on))?),
        false => None,
    };
    let counts_from = match &after {
        Some(after) => counts_from(conn, row, reached, (&before, after)).await?,
        None => CountsFrom::Effect,
    };
    let wished = after.as_ref().map(|after| (offer, plan, &parameters, after));
    let (more, reserves, standing) =
        money(conn, (actor, scope), offers, (row, private), (&before, wished), now).await?;
    findings.extend(money_findings(&standing, private, (more, reserves))?);
    Ok(Replanned {
        offer,
        plan,
        present,
        parameters,
        fields,
        fixed,
        before,
        after,
        more,
        reserves,
        counts_from,
        standing,
        findings,
    })
}

/// When the new price begins. While a dearer agreement is not reached, an older one counts: what is cheaper than the dearer
/// one may be dearer than that, so it waits for its effect, too.
async fn counts_from(
    conn: &mut db::Conn,
    row: &BookingRow,
    reached: i64,
    (before, after): (&Estimation, &Estimation),
) -> Result<CountsFrom, Error> {
    let agreed = db::terms::list(conn, &[row.id]).await?;
    let waits = agreed.last().is_some_and(|last| {
        last.terms.counts_from == CountsFrom::Effect.code() && reached < last.terms.generation
    });
    Ok(if waits { CountsFrom::Effect } else { CountsFrom::of_change(before.monthly, after.monthly) })
}

/// The day at whose beginning a booking ends.
pub(super) fn ends_on(row: &BookingRow) -> Option<Date> {
    row.ends_at.map(|at| berlin_day(at.to_jiff()))
}

/// What the booking's own location can do.
fn abilities<'a>(offer: &'a Offer, row: &BookingRow) -> Option<&'a Abilities> {
    offer.places.iter().find(|place| Some(place.location_id) == row.location_id)?.abilities.as_ref()
}

/// What was booked, without the answers that the former plan asked for and the new one does not.
fn kept(kind: Kind, (from, to): (&PlanParts, &PlanParts), parameters: &Value) -> Value {
    let asked = kind.asked(&to.row.settings);
    let dropped: Vec<String> =
        kind.asked(&from.row.settings).into_iter().filter(|name| !asked.contains(name)).collect();
    let mut members = parameters.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| !dropped.contains(name));
    Value::Object(members)
}

fn merged(before: &Value, change: &Value) -> Value {
    let mut members = before.as_object().cloned().unwrap_or_default();
    for (name, value) in change.as_object().into_iter().flatten() {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    Value::Object(members)
}

/// The cost of a year from a day on. One-time fees count only as long as they have not fallen due: afterwards a plan brings none.
pub(super) fn estimate(
    offer: &Offer,
    plan: &PlanParts,
    parameters: &Value,
    started: bool,
    (start, ends_on): (Date, Option<Date>),
) -> Result<Estimation, Error> {
    let lasting =
        plan.parts.iter().filter(|part| !started || part.offered.component.measure != Measure::Once);
    let plan = PlanParts { row: plan.row.clone(), parts: lasting.cloned().collect() };
    estimates::compute(&Wish {
        kind: offer.kind,
        plan: &plan,
        parameters,
        expected: &BTreeMap::new(),
        vat: &offer.vat,
        start,
        months: estimates::term(start, ends_on),
        ends_on,
    })
}

/// Offer, plan, order and cost of what is wished.
type Wished<'a> = (&'a Offer, &'a PlanParts, &'a Value, &'a Estimation);

/// What it costs beside what the booking holds already, what of it is reserved, and who may approve it.
async fn money(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    offers: &Offers,
    (row, private): (&BookingRow, &CustomerPrivateRow),
    (before, wished): (&Estimation, Option<Wished<'_>>),
    now: Timestamp,
) -> Result<(Money, Money, Standing), Error> {
    let year = i32::from(berlin_day(now).year());
    let offer = wished.map_or(&offers.booked, |(offer, ..)| offer);
    let standing = look(conn, actor, scope, offer, Money::ZERO, now).await?;
    let own = |line: &&HeldLine| Some(line.row.id) == private.budget_line_id && line.row.year == year;
    let line = standing.lines.iter().find(own).map(|line| BudgetLineId(line.row.id));
    let more = match (wished, line) {
        _ if standing.price_free => Money::ZERO,
        (None, _) => Money::ZERO,
        (Some((offer, plan, parameters, _)), Some(line)) => {
            let cost = |started, from| estimate(offer, plan, parameters, started, (from, ends_on(row)));
            more_of_the_year(conn, scope, offers, row, line, cost, now).await?
        }
        (Some((.., after)), None) => order::committed_more(before.committed, after.committed),
    };
    let reserves = if line.is_some() { more } else { Money::ZERO };
    Ok((more, reserves, look(conn, actor, scope, offer, more, now).await?))
}

pub(super) fn money_findings(
    standing: &Standing,
    private: &CustomerPrivateRow,
    (more, reserves): (Money, Money),
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if !standing.bases.iter().any(|basis| basis.id == private.legal_basis_id) {
        findings.push(Finding::new("", "legal-basis-missing"));
    }
    let line = standing.lines.iter().find(|line| Some(line.row.id) == private.budget_line_id);
    if let Some(line) = line.filter(|_| !reserves.is_zero())
        && let Err(exceeded) = line.to_line()?.reserve(reserves)
    {
        findings.push(
            Finding::new("", "budget-insufficient")
                .with("available_eur", exceeded.available)
                .with("amount_eur", exceeded.needed),
        );
    }
    if standing.approvers.is_empty() {
        findings.push(Finding::new("", "no-approver").with("amount_eur", more));
    }
    Ok(findings)
}
