//! What it means for the money that a booking goes on longer than it was to.

use super::follow_up::check_reason;
use super::replanned::{Offers, ends_on, estimate, money_findings};
use super::resume::Resume;
use crate::usecases::Error;
use crate::usecases::estimates::Estimation;
use crate::usecases::offerings::{Standing, look};
use db::assignments::{AssignmentRow, History};
use db::bookings::{BookingRow, CustomerPrivateRow};
use domain::ids::{BookingId, BudgetLineId};
use domain::money::Money;
use domain::order::{self, Finding};
use domain::policy::{Actor, Scope};
use domain::time::{berlin_day, midnight};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A booking that goes on, with everything that is known about it.
pub(super) struct Longer {
    /// Cost from today on.
    pub(super) after: Estimation,
    /// Gross, what it costs beside what its orders hold already.
    pub(super) more: Money,
    /// What of it is reserved: nothing without a budget line of this year.
    pub(super) reserves: Money,
    /// Where the organisation stands.
    pub(super) standing: Standing,
    /// Everything that is wrong.
    pub(super) findings: Vec<Finding>,
}

/// Checks that a booking goes on until the wished end.
pub(super) async fn longer(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    offers: &Offers,
    (row, private): (&BookingRow, &CustomerPrivateRow),
    cmd: &Resume,
    now: Timestamp,
) -> Result<Longer, Error> {
    let plan = offers.booked.plan(row.plan_id).ok_or(Error::NotFound)?;
    let today = berlin_day(now);
    let mut findings: Vec<Finding> = check_reason(&cmd.justification, true).into_iter().collect();
    findings.extend(check_end(row, cmd.ends_on, today));
    let cost = |started, from, until| estimate(&offers.booked, plan, &row.parameters, started, (from, until));
    let after = cost(true, today, cmd.ends_on)?;
    let standing = look(conn, actor, scope, &offers.booked, Money::ZERO, now).await?;
    let year = i32::from(today.year());
    let own = standing
        .lines
        .iter()
        .find(|line| Some(line.row.id) == private.budget_line_id && line.row.year == year);
    let (more, reserves) = match own {
        _ if standing.price_free => (Money::ZERO, Money::ZERO),
        // Everything that the line pays in its year, against everything that is held in it, invoiced or not.
        Some(line) => {
            let history = db::assignments::list(conn, scope, BookingId(row.id)).await?;
            let began = berlin_day(row.wished_start_at.to_jiff());
            let since = paying_since(&history, line.row.id, now).max(began).max(today.first_of_year());
            // Months that are over by what was agreed then; from this one on by what is agreed now.
            let month = today.first_of_month().max(since);
            let mut needed = cost(month != began, month, cmd.ends_on)?.committed;
            for (agreed, from, until) in db::terms::months(conn, row.id, (since, month)).await? {
                let (version, plan) = (agreed.terms.version_id, agreed.terms.plan_id);
                let (offer, plan) = offers.agreed(version, plan).ok_or(Error::NotFound)?;
                let so_far =
                    estimate(offer, plan, &agreed.terms.parameters, from != began, (from, Some(until)))?;
                needed += so_far.committed;
            }
            let held = db::budgets::get_confirmed(conn, BudgetLineId(line.row.id), BookingId(row.id)).await?;
            let more = order::committed_more(held, needed);
            (more, more)
        }
        None => {
            let before = cost(true, today, ends_on(row).map(|end| end.max(today)))?;
            (order::committed_more(before.committed, after.committed), Money::ZERO)
        }
    };
    let standing = look(conn, actor, scope, &offers.booked, more, now).await?;
    findings.extend(money_findings(&standing, private, (more, reserves))?);
    Ok(Longer { after, more, reserves, standing, findings })
}

fn check_end(row: &BookingRow, wished: Option<Date>, today: Date) -> Option<Finding> {
    let unfit = order::check_end(wished, today);
    let (wished, present) = (wished?, row.ends_at?.to_jiff());
    let later = midnight(wished) > present;
    unfit.or_else(|| {
        (!later).then(|| Finding::new("/ends_on", "end-not-later").with("end_date", berlin_day(present)))
    })
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
