//! What becomes of a commitment when its booking is over: what was invoiced is spent, the rest is free again.
//!
//! Released with the invoice that was the last one, in its transaction; the sweep finds what ended without one. What comes
//! in later is a correction: it is spent out of the same line, and binds nothing.

use crate::app::App;
use crate::usecases::{Error, record};
use db::assignments::{AssignmentRow, History};
use db::settlements::EndedRow;
use domain::audit::Entry;
use domain::booking::{Pays, settled_for};
use domain::budget::still_bound;
use domain::ids::{OrderId, OrganisationId};
use domain::money::Money;
use domain::policy::Scope;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

const PIECE: i64 = 100;

/// One pass of the sweep; returns how many commitments were freed.
pub async fn settle(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("bookings end in every organisation");
    let now = app.clock.now();
    let (mut after, mut freed) = (Uuid::nil(), 0);
    loop {
        let (piece, due) = app
            .db
            .read(&scope, async |conn: &mut db::Conn| {
                let piece = db::settlements::list_ended(conn, None, now, after, PIECE).await?;
                let due = due(conn, &piece, now).await?;
                Ok::<_, Error>((piece, due))
            })
            .await?;
        let Some(last) = piece.last() else { return Ok(freed) };
        after = last.order_id;
        for row in due {
            freed += usize::from(settle_one(app, &scope, &row, now).await?);
        }
    }
}

async fn settle_one(app: &App, scope: &Scope, row: &EndedRow, now: Timestamp) -> Result<bool, Error> {
    let done = app
        .db
        .write(scope, async |conn: &mut db::Conn| {
            let entry = free(conn, row, now).await?.ok_or(Step::Faster)?;
            Ok(((), db::Remembered::new(entry)))
        })
        .await;
    match done {
        Ok(()) => Ok(true),
        Err(Step::Faster) => Ok(false),
        Err(Step::Failed(error)) => Err(error),
    }
}

/// How a transaction that frees one commitment can end without it.
enum Step {
    Faster,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Step {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Frees what the bookings of one customer still bind and can no longer need; called where an invoice was just stored.
pub(crate) async fn settle_sale(
    conn: &mut db::Conn,
    provider: OrganisationId,
    customer: OrganisationId,
    now: Timestamp,
) -> Result<Vec<Entry>, Error> {
    let (mut after, mut entries) = (Uuid::nil(), Vec::new());
    loop {
        let piece = db::settlements::list_ended(conn, Some((provider, customer)), now, after, PIECE).await?;
        let Some(last) = piece.last() else { return Ok(entries) };
        after = last.order_id;
        for row in due(conn, &piece, now).await? {
            entries.extend(free(conn, &row, now).await?);
        }
    }
}

/// Those of which nothing can be invoiced any more out of their line.
async fn due(conn: &mut db::Conn, rows: &[EndedRow], now: Timestamp) -> Result<Vec<EndedRow>, Error> {
    let providers: Vec<Uuid> = rows.iter().map(|row| row.provider_id).collect();
    let customers: Vec<Uuid> = rows.iter().map(|row| row.organisation_id).collect();
    let closings = db::closings::list(conn, &providers, &customers).await?;
    let bookings: Vec<Uuid> = rows.iter().map(|row| row.booking_id).collect();
    let assigned = db::assignments::list_named(conn, &bookings).await?;
    let mut due = Vec::new();
    for row in rows {
        let costs = row.to_costs(db::settlements::has_final(conn, row.booking_id).await?);
        let pays = assigned.get(&row.booking_id).map_or(Pays::ToTheEnd, |history| pays(history, row));
        let closed = |month| closings.contains(row.provider_id, row.organisation_id, month);
        if settled_for(&costs, pays, now, closed) {
            due.push(row.clone());
        }
    }
    Ok(due)
}

/// How long the line of a commitment pays. What a change bound belongs to the line that paid when it was reserved.
fn pays(history: &History<AssignmentRow>, row: &EndedRow) -> Pays {
    let own = history.counting().find(|(_, it)| it.paid_by == row.order_id).map(|(from, _)| from);
    let since = match own {
        Some(from) => from,
        None if history.agreed().iter().any(|it| it.paid_by == row.order_id) => return Pays::Never,
        None => row.reserved_at.to_jiff(),
    };
    let other = |(from, it): &(Timestamp, &AssignmentRow)| {
        *from > since && it.budget_line_id != Some(row.budget_line_id)
    };
    history.counting().find(other).map_or(Pays::ToTheEnd, |(from, _)| Pays::Until(from))
}

async fn free(conn: &mut db::Conn, row: &EndedRow, now: Timestamp) -> Result<Option<Entry>, Error> {
    if !db::settlements::update_settled(conn, OrderId(row.order_id), now).await? {
        return Ok(None);
    }
    let invoiced = db::charges::list_invoiced(conn, &[row.budget_line_id]).await?;
    let invoiced: Money = invoiced
        .iter()
        .filter(|invoiced| invoiced.order == row.order_id)
        .map(|invoiced| invoiced.gross)
        .sum();
    let committed = Money::from_exact(row.amount).map_err(|error| Error::Internal(error.into()))?;
    let detail = json!({
        "order": row.order_number,
        "booking": row.booking_number,
        "budget_line": row.budget_line_id,
        "committed": committed.to_string(),
        "invoiced": invoiced.to_string(),
        "released": still_bound(committed, invoiced).to_string(),
    });
    let customer = OrganisationId(row.organisation_id);
    let subject = format!("order:{}", row.order_id);
    Ok(Some(record::entry_of_system(customer, "settle", "commitment.settle", subject, detail, now)))
}
