//! What it means for the money that a booking goes on longer than it was to.

use super::follow_up::check_reason;
use super::replanned::{Offers, ends_on, estimate, money_findings};
use super::resume::Resume;
use super::year::more_of_the_year;
use crate::usecases::Error;
use crate::usecases::estimates::Estimation;
use crate::usecases::offerings::{Standing, look};
use db::bookings::{BookingRow, CustomerPrivateRow};
use domain::ids::BudgetLineId;
use domain::money::Money;
use domain::order::{self, Finding};
use domain::policy::{Actor, Scope};
use domain::time::{berlin_day, midnight};
use jiff::Timestamp;
use jiff::civil::Date;

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
        Some(line) => {
            let line = BudgetLineId(line.row.id);
            let cost = |started, from| cost(started, from, cmd.ends_on);
            let more = more_of_the_year(conn, scope, offers, row, line, cost, now).await?;
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
