//! What a budget line pays for a booking in its year, whatever of it was invoiced so far.

use super::replanned::{Offers, estimate};
use crate::usecases::Error;
use crate::usecases::estimates::Estimation;
use db::assignments::{AssignmentRow, History};
use db::bookings::BookingRow;
use domain::ids::{BookingId, BudgetLineId};
use domain::money::Money;
use domain::order;
use domain::policy::Scope;
use domain::time::berlin_day;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// Gross, what a line of this year must hold for a booking beside what is held in it, invoiced or not: the months that are over by
/// what was agreed then, this one and the rest by `cost`, which is asked from a day on and told whether one-time fees have fallen
/// due before.
pub(super) async fn more_of_the_year(
    conn: &mut db::Conn,
    scope: &Scope,
    offers: &Offers,
    row: &BookingRow,
    line: BudgetLineId,
    cost: impl Fn(bool, Date) -> Result<Estimation, Error>,
    now: Timestamp,
) -> Result<Money, Error> {
    let today = berlin_day(now);
    let history = db::assignments::list(conn, scope, BookingId(row.id)).await?;
    let began = berlin_day(row.wished_start_at.to_jiff());
    let since = paying_since(&history, line.0, now).max(began).max(today.first_of_year());
    let month = today.first_of_month().max(since);
    let mut needed = cost(month != began, month)?.committed;
    for (agreed, from, until) in db::terms::months(conn, row.id, (since, month)).await? {
        let (version, plan) = (agreed.terms.version_id, agreed.terms.plan_id);
        let (offer, plan) = offers.agreed(version, plan).ok_or(Error::NotFound)?;
        let so_far = estimate(offer, plan, &agreed.terms.parameters, from != began, (from, Some(until)))?;
        needed += so_far.committed;
    }
    let held = db::budgets::get_confirmed(conn, line, BookingId(row.id)).await?;
    Ok(order::committed_more(held, needed))
}

/// Since which day a line has been paying without a break.
fn paying_since(history: &History<AssignmentRow>, line: Uuid, now: Timestamp) -> Date {
    let mut since = Date::MIN;
    let mut before = Some(line);
    for (from, it) in history.counting().take_while(|(from, _)| *from <= now) {
        if it.budget_line_id != before && from > Timestamp::MIN {
            since = berlin_day(from);
        }
        before = it.budget_line_id;
    }
    since
}
