//! The form that moves a booking to another Kostenstelle, Sachkonto or Haushaltsansatz.

use super::content::budget_choice;
use super::drafts::Inputs;
use super::replanned::Offers;
use super::transfer::{Left, Moved, Transfer, moved};
use crate::app::App;
use crate::http::views::transfer::{LeftView, TransferView};
use crate::usecases::Error;
use db::bookings::BookingRow;
use db::orders::OrderRow;
use domain::ids::BookingId;
use domain::order::Finding;
use domain::policy::{Action, Actor, authorize};
use domain::time::berlin_day;
use jiff::civil::Date;

/// The form with its state.
pub struct FilledTransfer {
    /// What the page shows.
    pub view: TransferView,
    /// What stands in the fields.
    pub values: Inputs,
    /// What is wrong, with pointers to the inputs.
    pub findings: Vec<Finding>,
}

/// The form as nobody has touched it: what is so now, from today on.
pub async fn transfer_form(app: &App, actor: &Actor, id: BookingId) -> Result<FilledTransfer, Error> {
    let mut filled = fill(app, actor, id, None, Vec::new()).await?;
    // Nobody has typed anything yet; only what prevents every transfer is said at once.
    filled.findings.retain(|finding| finding.pointer.is_empty() && finding.code != "transfer-nothing");
    Ok(filled)
}

/// What was typed, read into a command, with the form once more.
pub async fn read_transfer(
    app: &App,
    actor: &Actor,
    id: BookingId,
    typed: &Inputs,
) -> Result<(Transfer, FilledTransfer), Error> {
    let get = |name: &str| typed.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let parts = (get("from_day"), get("from_month"), get("from_year"));
    let from_on = match &parts {
        (day, month, year) if day.is_empty() && month.is_empty() && year.is_empty() => Ok(None),
        (day, month, year) => {
            let read = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
            read().map(Some).ok_or(Finding::new("/from_day", "date-invalid"))
        }
    };
    let wrong = from_on.as_ref().err().cloned().into_iter().collect();
    let cmd = Transfer {
        cost_centre: get("cost_centre"),
        account: get("ledger_account"),
        budget_line: get("budget_line").parse().ok(),
        from_on: from_on.unwrap_or_default(),
        justification: get("justification"),
    };
    let filled = fill(app, actor, id, Some((&cmd, typed)), wrong).await?;
    Ok((cmd, filled))
}

async fn fill(
    app: &App,
    actor: &Actor,
    id: BookingId,
    typed: Option<(&Transfer, &Inputs)>,
    wrong: Vec<Finding>,
) -> Result<FilledTransfer, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let offers = Offers::load(app, &scope, id).await?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, id).await?;
            let private =
                db::bookings::find_customer_private(conn, &scope, id).await?.ok_or(Error::NotFound)?;
            let present = Transfer {
                cost_centre: private.cost_centre.clone(),
                account: private.account.clone(),
                budget_line: private.budget_line_id,
                from_on: None,
                justification: String::new(),
            };
            let cmd = typed.map_or(&present, |(cmd, _)| cmd);
            let mut wished = moved(conn, (actor, &scope), &offers, &row, cmd, now).await?;
            let values = match typed {
                Some((_, typed)) => typed.clone(),
                None => values(&present, berlin_day(now)),
            };
            let found = std::mem::take(&mut wished.findings);
            let mut findings = wrong;
            findings.extend(for_inputs(found));
            Ok(FilledTransfer { view: view(&row, &wished, berlin_day(now))?, values, findings })
        })
        .await
}

fn values(present: &Transfer, today: Date) -> Inputs {
    let line = present.budget_line.map(|line| line.to_string()).unwrap_or_default();
    [
        ("cost_centre", present.cost_centre.clone()),
        ("ledger_account", present.account.clone()),
        ("budget_line", line),
        ("from_day", today.day().to_string()),
        ("from_month", today.month().to_string()),
        ("from_year", today.year().to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn view(row: &BookingRow, wished: &Moved, today: Date) -> Result<TransferView, Error> {
    let lines = if wished.standing.price_free { &[][..] } else { &wished.standing.lines };
    Ok(TransferView {
        booking: row.id,
        number: row.number.clone(),
        name: row.name.clone(),
        present: left_view(&wished.left()),
        budget_lines: lines.iter().map(budget_choice).collect::<Result<_, _>>()?,
        cost_centres: wished.cost_centres.clone(),
        accounts: wished.accounts.clone(),
        earliest: today.into(),
        monthly_net: wished.estimation.monthly.decimal().into(),
        approvers: wished.standing.approvers.iter().map(|person| person.name.clone()).collect(),
    })
}

/// Renames the pointers of findings to the inputs of the form.
pub fn for_inputs(findings: Vec<Finding>) -> impl Iterator<Item = Finding> {
    findings.into_iter().map(|finding| {
        let pointer = match finding.pointer.as_str() {
            "/account" => "/ledger_account",
            "/from_on" => "/from_day",
            other => other,
        };
        Finding { pointer: pointer.to_owned(), ..finding }
    })
}

fn left_view(left: &Left) -> LeftView {
    LeftView {
        cost_centre: left.cost_centre.clone(),
        ledger_account: left.account.clone(),
        budget_line: left.line.clone(),
    }
}

/// Where the booking of an order belonged before; nothing for orders that move nothing.
pub(super) fn left_of(order: &OrderRow) -> Option<LeftView> {
    Left::of(order).map(|left| left_view(&left))
}
