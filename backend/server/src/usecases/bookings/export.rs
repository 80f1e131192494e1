//! Everything that the marketplace knows about a booking, for the customer to keep.

use super::load::{Loaded, load};
use crate::app::App;
use crate::http::views::booking_export::{
    BookingExport, ExportedAgreement, ExportedBooking, ExportedCharge, ExportedEvent, ExportedInvoice,
    ExportedOrder, ExportedReading, ExportedStatement, ExportedTask, ExportedUsage, FORMAT,
};
use crate::http::views::text::Text;
use crate::usecases::Error;
use crate::usecases::usage::hash_text;
use contract::{Kind, Meter};
use db::charges::ChargeRow;
use db::orders::{DecisionRow, OrderRow};
use db::usage::{ReadingRow, UsageRow};
use domain::ids::{BookingId, OrganisationId};
use domain::policy::{Action, Actor, authorize};
use domain::time::{Period, berlin_day};
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How the data of a booking of this kind come out, in words.
#[must_use]
pub fn ways(kind: Kind) -> Vec<Text> {
    kind.exports().iter().map(|way| Text::new(way.code())).collect()
}

/// The same for a stored code of a kind; a newer one has no wording.
#[must_use]
pub(super) fn ways_of(kind: &str) -> Vec<Text> {
    Kind::from_code(kind).map(ways).unwrap_or_default()
}

/// The file of a booking that the actor's organisation booked. What others know of it is theirs.
pub async fn export(app: &App, actor: &Actor, id: BookingId) -> Result<BookingExport, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let of = load(app, actor, &scope, id).await?;
    if of.private.is_none() {
        return Err(Error::NotFound);
    }
    let provider = OrganisationId(of.row.provider_id);
    let always = always()?;
    let (records, readings, charges, numbers) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let span = (always.from(), always.to());
            let records = db::usage::list_records(conn, provider, &[id], span).await?;
            let readings = db::usage::list_readings(conn, provider, &[id], always.to()).await?;
            let charges = db::charges::list_of_booking(conn, provider, id, &always).await?;
            let mut named: Vec<Uuid> = charges.iter().map(|row| row.invoice_id).collect();
            named.extend(of.final_invoice.as_ref().map(|row| row.id));
            let numbers = db::invoices::list_numbers(conn, &scope, &named).await?;
            Ok::<_, Error>((records, readings, charges, numbers))
        })
        .await?;
    let numbers: BTreeMap<Uuid, String> = numbers.into_iter().collect();
    Ok(BookingExport {
        format: FORMAT.to_owned(),
        exported_at: of.now.into(),
        booking: booking(&of),
        agreements: agreements(&of),
        orders: of.orders.iter().map(|(row, decision)| order(&of, row, decision.as_ref())).collect(),
        events: events(&of),
        tasks: tasks(&of),
        statements: statements(&of),
        usage: records.iter().map(interval).collect(),
        readings: readings.iter().map(reading).collect(),
        charges: charges.iter().map(|row| charge(row, &numbers)).collect(),
        invoices: numbers.into_iter().map(|(id, number)| ExportedInvoice { id, number }).collect(),
    })
}

/// All time that PostgreSQL and we both can write.
fn always() -> Result<Period, Error> {
    let last = Timestamp::from_second(253_370_764_800).map_err(|error| Error::Internal(error.into()))?;
    Period::new(Timestamp::UNIX_EPOCH, last).map_err(|error| Error::Internal(error.into()))
}

fn booking(of: &Loaded) -> ExportedBooking {
    let private = of.private.as_ref();
    ExportedBooking {
        id: of.row.id,
        number: of.row.number.clone(),
        name: of.row.name.clone(),
        kind: of.row.kind.clone(),
        offering: of.offering.version.title.clone(),
        version: of.offering.version.number,
        plan: of.plan.title.clone(),
        provider: of.provider.name.clone(),
        customer: of.customer.name.clone(),
        location: of.heard.as_ref().map(|heard| heard.name.clone()),
        cost_centre: private.map(|it| it.cost_centre.clone()).unwrap_or_default(),
        ledger_account: private.map(|it| it.account.clone()).unwrap_or_default(),
        parameters: of.row.parameters.clone(),
        answers: of.answers.clone(),
        hosts: of.endpoints.iter().map(|it| it.host.clone()).collect(),
        created_at: of.row.created_at.to_jiff().into(),
        wished_from: of.row.wished_start_at.to_jiff().into(),
        ready_at: of.seen.as_ref().and_then(|seen| seen.ready_at).map(Into::into),
        ends_at: of.row.ends_at.map(|at| at.to_jiff().into()),
        deletes_at: of.row.deletes_at.map(|at| at.to_jiff().into()),
        gone_at: of.seen.as_ref().and_then(|seen| seen.gone_at).map(Into::into),
    }
}

fn agreements(of: &Loaded) -> Vec<ExportedAgreement> {
    let one = |row: &db::terms::AgreedRow| ExportedAgreement {
        agreed_at: row.terms.agreed_at.to_jiff().into(),
        counts_from: row.terms.counts_from.clone(),
        offering: row.title.clone(),
        plan: row.plan.title.clone(),
        parameters: row.terms.parameters.clone(),
    };
    of.terms.iter().map(one).collect()
}

fn order(of: &Loaded, row: &OrderRow, decision: Option<&DecisionRow>) -> ExportedOrder {
    ExportedOrder {
        number: row.number.clone(),
        kind: row.kind.clone(),
        requested_at: row.requested_at.to_jiff().into(),
        requested_by: of.name_of(row.requested_by),
        wished_on: berlin_day(row.wished_at.to_jiff()).into(),
        justification: row.justification.clone(),
        monthly_net: row.monthly_amount.into(),
        committed: row.committed_amount.into(),
        decision: decision.map(|it| it.decision.clone()),
        decided_at: decision.map(|it| it.decided_at.to_jiff().into()),
        decided_by: decision.and_then(|it| it.decided_by).and_then(|person| of.name_of(person)),
        reason: decision.and_then(|it| it.reason.clone()),
    }
}

fn events(of: &Loaded) -> Vec<ExportedEvent> {
    let mut events: Vec<ExportedEvent> = of
        .events
        .iter()
        .map(|row| ExportedEvent {
            happened_at: row.happened_at.to_jiff().into(),
            name: row.name.clone(),
            detail: row.detail.clone(),
        })
        .collect();
    events.sort_by_key(|event| event.happened_at);
    events
}

fn tasks(of: &Loaded) -> Vec<ExportedTask> {
    let one = |row: &db::tasks::TaskRow| ExportedTask {
        title: row.title.clone(),
        side: row.side.clone(),
        state: row.state.clone(),
        due_at: row.due_at.map(|at| at.to_jiff().into()),
        closed_at: row.closed_at.map(|at| at.to_jiff().into()),
        reason: row.reason.clone(),
    };
    of.tasks.iter().map(one).collect()
}

fn statements(of: &Loaded) -> Vec<ExportedStatement> {
    let one = |row: &db::tasks::StatementRow| ExportedStatement {
        what: row.what.clone(),
        effective_at: row.effective_at.to_jiff().into(),
        note: row.note.clone(),
        stated_at: row.stated_at.to_jiff().into(),
        answer: row.answer.clone(),
        reason: row.reason.clone(),
        answered_at: row.answered_at.map(|at| at.to_jiff().into()),
    };
    of.statements.iter().map(one).collect()
}

fn unit(meter: &str) -> String {
    Meter::from_code(meter).map(Meter::unit).unwrap_or_default().to_owned()
}

fn interval(row: &UsageRow) -> ExportedUsage {
    ExportedUsage {
        meter: row.meter.clone(),
        unit: unit(&row.meter),
        from: row.from_at.to_jiff().into(),
        until: row.to_at.to_jiff().into(),
        quantity: row.amount,
        sha256: hash_text(&row.content_hash),
    }
}

fn reading(row: &ReadingRow) -> ExportedReading {
    ExportedReading {
        meter: row.meter.clone(),
        unit: unit(&row.meter),
        read_at: row.read_at.to_jiff().into(),
        value: row.value,
        epoch: row.epoch,
        sha256: hash_text(&row.content_hash),
    }
}

fn charge(row: &ChargeRow, numbers: &BTreeMap<Uuid, String>) -> ExportedCharge {
    ExportedCharge {
        invoice: numbers.get(&row.invoice_id).cloned().unwrap_or_default(),
        from: row.from_at.to_jiff().into(),
        until: row.to_at.to_jiff().into(),
        quantity: row.quantity.into(),
        unit_price: row.unit_price.into(),
        net: row.amount.into(),
        calculation: row.content.clone(),
    }
}
