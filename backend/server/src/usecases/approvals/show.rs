//! What waits for a person, and one order with the budget before and after.

use crate::app::App;
use crate::http::views::approvals::{
    ApprovalListView, ApprovalRow, ApprovalView, BudgetEffect, BudgetFigures, DecidedRow,
};
use crate::http::views::text::{Bearing, Check, Text};
use crate::usecases::Error;
use crate::usecases::budgets::figures;
use crate::usecases::orders::{self, Loaded, basis_title, order_view};
use crate::usecases::placement::{self, Lost};
use db::budgets::HeldLine;
use db::orders::{DecisionRow, OrderRow, Which};
use domain::ids::OrderId;
use domain::money::Money;
use domain::order::{self, DecideRefused, Decision};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::berlin_day;

/// Orders that are shown at once; the rest follows as they are decided.
const OPEN_MAX: i64 = 100;
/// Decisions that are shown below them.
const DECIDED_MAX: i64 = 20;
/// Undecided orders of others, and what was decided last.
pub async fn list(app: &App, actor: &Actor) -> Result<ApprovalListView, Error> {
    let scope = authorize(actor, Action::DecideOrder)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let open = db::orders::list(conn, &scope, Which::Open, None, OPEN_MAX).await?;
            let open: Vec<_> = open
                .into_iter()
                .filter(|(row, _)| row.requested_by != actor.person.0 && row.decide_by.to_jiff() >= now)
                .collect();
            let lines = db::budgets::list_held(conn, &scope, None).await?;
            let shown = orders::rows(conn, &scope, &open, now).await?;
            let mut rows = Vec::new();
            for ((row, _), shown) in open.iter().zip(shown) {
                rows.push(approval_row(actor, row, shown, &lines)?);
            }
            rows.sort_by_key(|row: &ApprovalRow| (row.due, row.number.clone()));
            let decided = db::orders::list(conn, &scope, Which::Decided, None, DECIDED_MAX).await?;
            let decided = decided_rows(conn, &scope, decided).await?;
            Ok(ApprovalListView { open: rows, decided, deputy_for: Vec::new(), may_approve: true })
        })
        .await
}

/// One order as the person who decides needs it.
pub async fn show(app: &App, actor: &Actor, id: OrderId) -> Result<ApprovalView, Error> {
    let loaded = orders::loaded(app, actor, Action::DecideOrder, id).await?;
    let now = app.clock.now();
    let order = order_view(actor, &loaded, now)?;
    let pending = loaded.row.to_pending(loaded.decision.as_ref())?;
    let refused = order::decide(&pending, Decision::Approved, "", actor, now).err();
    let may_reject = order::decide(&pending, Decision::Rejected, "x", actor, now).is_ok();
    let mut checks = checks(actor, &loaded, refused.as_ref())?;
    if loaded.decision.is_none() {
        let scope = authorize(actor, Action::DecideOrder)?;
        checks.extend(place_check(&loaded, placement::lost(app, &scope, &loaded.row).await?));
    }
    Ok(ApprovalView {
        budget: effect(&loaded)?,
        checks,
        may_decide: refused.is_none() || may_reject,
        why_not: refused.as_ref().map(why_not),
        order,
    })
}

/// Whether the location of the order could take it now.
fn place_check(loaded: &Loaded, lost: Option<Lost>) -> Option<Check> {
    let Some(lost) = lost else {
        let chosen = loaded.placement.as_ref()?.rows.iter().find(|row| row.outcome == "chosen")?;
        chosen.location?;
        return Some(Check::new(Bearing::Good, Text::new("place-good").with("location", &chosen.name)));
    };
    let text = Text::new(format!("{}-bad", lost.code()))
        .with("location", &lost.location)
        .with("others", lost.others.join(", "))
        .with("n_count", lost.others.len());
    Some(Check::new(Bearing::Bad, text))
}

fn approval_row(
    actor: &Actor,
    row: &OrderRow,
    shown: crate::http::views::orders::OrderRow,
    lines: &[HeldLine],
) -> Result<ApprovalRow, Error> {
    let line = lines.iter().find(|line| Some(line.row.id) == row.budget_line_id);
    let short = line.map(HeldLine::to_line).transpose()?.is_some_and(|line| line.available() < Money::ZERO);
    let above = actor.approval_limit().unwrap_or(Money::ZERO).decimal() < row.committed_amount;
    let (bearing, finding) = match (above, short) {
        (true, _) => (Bearing::Bad, "above-limit"),
        (false, true) => (Bearing::Warn, "budget-short"),
        (false, false) => (Bearing::Good, "good"),
    };
    Ok(ApprovalRow {
        order: row.id,
        number: row.number.clone(),
        action: shown.action,
        name: shown.name,
        offering: shown.offering,
        requested_by: shown.requested_by,
        requested_at: row.requested_at.to_jiff().into(),
        budget_line: line.map_or_else(|| "–".to_owned(), |line| line.row.code.clone()),
        monthly_net: shown.monthly_net,
        total_gross: shown.total_gross,
        bearing,
        finding: Text::new(finding),
        within_limit: !above,
        due: shown.due,
    })
}

async fn decided_rows(
    conn: &mut db::Conn,
    scope: &Scope,
    decided: Vec<(OrderRow, Option<DecisionRow>)>,
) -> Result<Vec<DecidedRow>, Error> {
    let deciders = decided.iter().filter_map(|(_, decision)| decision.as_ref()?.decided_by);
    let names = orders::names(conn, scope, deciders).await?;
    let mut rows = Vec::new();
    for (row, decision) in decided {
        let Some(decision) = decision else { continue };
        let name = decision.decided_by.and_then(|person| names.get(&person).cloned()).unwrap_or_default();
        rows.push(DecidedRow {
            order: row.id,
            number: row.number,
            name: row.name,
            approved: decision.decision == Decision::Approved.code(),
            reason: decision.reason,
            decided_by: name,
            decided_at: decision.decided_at.to_jiff().into(),
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.decided_at));
    Ok(rows)
}

/// The line without and with this order. After the decision both show the line as it is.
fn effect(loaded: &Loaded) -> Result<BudgetEffect, Error> {
    let amount = Money::from_exact(loaded.row.committed_amount);
    let amount = amount.map_err(|error| Error::Internal(error.into()))?;
    let Some(line) = &loaded.line else {
        let nothing = figures_of(Money::ZERO, Money::ZERO, Money::ZERO, Money::ZERO);
        let code = orders::no_budget(0);
        return Ok(BudgetEffect {
            code: code.code,
            title: code.title,
            year: berlin_day(loaded.row.wished_at.to_jiff()).year(),
            amount: amount.decimal().into(),
            before: nothing,
            after: nothing,
            sufficient: true,
        });
    };
    let held =
        loaded.commitment.as_ref().is_some_and(|it| it.confirmed_at.is_none() && it.released_at.is_none());
    let (before, after) = if held {
        let rules = line.to_line()?;
        let others = line.reserved - amount;
        let before = figures_of(rules.amount, rules.spent, line.confirmed, others);
        (before, figures_of(rules.amount, rules.spent, line.confirmed + amount, others))
    } else {
        (figures(line)?, figures(line)?)
    };
    Ok(BudgetEffect {
        code: line.row.code.clone(),
        title: line.row.name.clone(),
        year: i16::try_from(line.row.year).unwrap_or_default(),
        amount: amount.decimal().into(),
        sufficient: line.to_line()?.available() >= Money::ZERO,
        before,
        after,
    })
}

fn figures_of(budget: Money, invoiced: Money, confirmed: Money, reserved: Money) -> BudgetFigures {
    BudgetFigures {
        budget: budget.decimal().into(),
        invoiced: invoiced.decimal().into(),
        confirmed: confirmed.decimal().into(),
        reserved: reserved.decimal().into(),
        available: (budget - invoiced - confirmed - reserved).decimal().into(),
    }
}

fn checks(actor: &Actor, loaded: &Loaded, refused: Option<&DecideRefused>) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let limit = actor.approval_limit().unwrap_or(Money::ZERO);
    let basis = &loaded.basis;
    checks.push(match refused {
        Some(DecideRefused::OwnOrder) => Check::new(Bearing::Bad, Text::new("four-eyes-bad")),
        Some(DecideRefused::AboveLimit { limit, .. }) => {
            Check::new(Bearing::Bad, Text::new("limit-bad").with("limit_eur", limit))
        }
        _ => {
            let name = loaded.name(loaded.row.requested_by);
            Check::new(Bearing::Good, Text::new("four-eyes-good").with("name", name).with("limit_eur", limit))
        }
    });
    let title = basis_title(&basis.code);
    let until = basis.valid_until.map(|until| until.to_jiff());
    checks.push(match until {
        Some(until) if until < loaded.row.wished_at.to_jiff() => {
            let text =
                Text::new("legal-basis-warn").with("title", title).with("until_date", berlin_day(until));
            Check::new(Bearing::Warn, text)
        }
        _ => {
            let text = Text::new("legal-basis-good").with("title", title).with("evidence", &basis.reference);
            Check::new(Bearing::Good, text)
        }
    });
    checks.push(match &loaded.line {
        None => Check::new(Bearing::Info, Text::new("price-free-info")),
        Some(line) => {
            let available = line.to_line()?.available();
            let good = available >= Money::ZERO;
            let (bearing, code) =
                if good { (Bearing::Good, "budget-good") } else { (Bearing::Bad, "budget-bad") };
            let text = Text::new(code)
                .with("available_eur", available)
                .with("amount_eur", loaded.row.committed_amount);
            Check::new(bearing, text)
        }
    });
    Ok(checks)
}

fn why_not(refused: &DecideRefused) -> Text {
    match refused {
        DecideRefused::AlreadyDecided(_) => Text::new("decided"),
        DecideRefused::Expired => Text::new("expired"),
        DecideRefused::OwnOrder => Text::new("own-order"),
        DecideRefused::AboveLimit { limit, amount } => {
            Text::new("limit").with("limit_eur", limit).with("amount_eur", amount)
        }
        DecideRefused::ReasonMissing | DecideRefused::NotOwn => Text::new("role"),
    }
}
