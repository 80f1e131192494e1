//! Budget lines to read: planned, invoiced, confirmed, reserved, and what is left.

use crate::app::App;
use crate::http::views::approvals::BudgetFigures;
use crate::http::views::budgets::{BudgetLineView, BudgetsView, CommitmentRow as Row};
use crate::http::views::orders::CommitmentState;
use crate::usecases::Error;
use crate::usecases::orders::commitment_state;
use db::budgets::{CommitmentRow, HeldLine};
use db::charges::Invoiced;
use db::organisations::UnitRow;
use domain::budget::still_bound;
use domain::money::Money;
use domain::policy::{Action, Actor, authorize};
use domain::time::berlin_day;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Commitments that are shown below the lines.
const COMMITMENTS_MAX: i64 = 50;

/// All lines of a year, this one if none is named.
pub async fn list(app: &App, actor: &Actor, year: Option<i16>) -> Result<BudgetsView, Error> {
    let scope = authorize(actor, Action::ViewBudgets)?;
    let today = berlin_day(app.clock.now());
    let year = year.unwrap_or_else(|| today.year());
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let all = db::budgets::list_held(conn, &scope, None).await?;
            let units = db::organisations::list_units(conn, &scope).await?;
            let mut years: Vec<i16> =
                all.iter().filter_map(|line| i16::try_from(line.row.year).ok()).collect();
            years.push(today.year());
            years.sort_unstable();
            years.dedup();
            let lines: Vec<BudgetLineView> = all
                .iter()
                .filter(|line| line.row.year == i32::from(year))
                .map(|line| line_view(line, &units))
                .collect::<Result<_, _>>()?;
            let commitments = db::budgets::list_commitments(conn, &scope, year, COMMITMENTS_MAX).await?;
            let ids: Vec<Uuid> = lines.iter().map(|line| line.id).collect();
            let invoiced = db::charges::list_invoiced(conn, &ids).await?;
            let commitments = commitments
                .into_iter()
                .map(|(held, number, name, line)| commitment(&held, &invoiced, (number, name, line)))
                .collect::<Result<_, _>>()?;
            Ok(BudgetsView { year, years, sum: sum(&lines), commitments, lines })
        })
        .await
}

fn commitment(
    held: &CommitmentRow,
    invoiced: &[Invoiced],
    (number, name, budget_line): (String, String, String),
) -> Result<Row, Error> {
    let amount = Money::from_exact(held.amount).map_err(|error| Error::Internal(error.into()))?;
    let own = |invoiced: &&Invoiced| (invoiced.order, invoiced.line) == (held.order_id, held.budget_line_id);
    let spent: Money = invoiced.iter().filter(own).map(|invoiced| invoiced.gross).sum();
    let rest = still_bound(amount, spent);
    let state = commitment_state(held);
    let (bound, released) = match state {
        CommitmentState::Reserved | CommitmentState::Confirmed => (rest, Money::ZERO),
        CommitmentState::Released | CommitmentState::Settled => (Money::ZERO, rest),
    };
    Ok(Row {
        order: held.order_id,
        number,
        name,
        budget_line,
        state,
        amount: amount.decimal().into(),
        invoiced: spent.decimal().into(),
        bound: bound.decimal().into(),
        released: released.decimal().into(),
        at: held.released_at.or(held.confirmed_at).unwrap_or(held.reserved_at).to_jiff().into(),
    })
}

/// One line with its figures.
pub fn line_view(line: &HeldLine, units: &[UnitRow]) -> Result<BudgetLineView, Error> {
    Ok(BudgetLineView {
        id: line.row.id,
        code: line.row.code.clone(),
        title: line.row.name.clone(),
        unit: units.iter().find(|unit| unit.id == line.row.unit_id).map(|unit| unit.name.clone()),
        year: i16::try_from(line.row.year).unwrap_or_default(),
        figures: figures(line)?,
    })
}

/// The money of one line.
pub fn figures(line: &HeldLine) -> Result<BudgetFigures, Error> {
    let rules = line.to_line()?;
    Ok(BudgetFigures {
        budget: rules.amount.decimal().into(),
        invoiced: rules.spent.decimal().into(),
        confirmed: line.confirmed.decimal().into(),
        reserved: line.reserved.decimal().into(),
        available: rules.available().decimal().into(),
    })
}

fn sum(lines: &[BudgetLineView]) -> BudgetFigures {
    let total = |pick: fn(&BudgetFigures) -> Decimal| {
        lines.iter().map(|line| pick(&line.figures)).sum::<Decimal>().into()
    };
    BudgetFigures {
        budget: total(|figures| figures.budget.0),
        invoiced: total(|figures| figures.invoiced.0),
        confirmed: total(|figures| figures.confirmed.0),
        reserved: total(|figures| figures.reserved.0),
        available: total(|figures| figures.available.0),
    }
}
