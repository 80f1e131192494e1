//! Issued invoices: read by seller and buyer alike, downloaded as they were issued, and recomputed to prove them.

use crate::app::App;
use crate::http::views::invoices::InvoiceLink;
use crate::usecases::Error;
use db::assignments::{AssignmentRow, History};
use db::charges::ChargeRow;
use db::invoices::{Cursor, InvoiceHead, InvoiceRow};
use domain::export::csv::{self, CsvProfile, Measured};
use domain::ids::{BookingId, InvoiceId, OrganisationId};
use domain::policy::{Action, Actor, Scope, authorize};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

pub mod document;
pub mod present;
pub mod verify;

use document::{Stored, bookings_of};

/// One page of invoices, and how many there are.
pub struct Listed {
    /// With the names of seller and buyer.
    pub rows: Vec<(InvoiceHead, String, String)>,
    /// All that the organisation may see.
    pub total: i64,
}

/// Invoices that the own organisation received or issued, the youngest first.
pub async fn list(app: &App, actor: &Actor, after: Option<Cursor>, limit: i64) -> Result<Listed, Error> {
    let scope = authorize(actor, Action::ViewInvoices)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let rows = db::invoices::list(conn, &scope, after, limit).await?;
            Ok(Listed { rows, total: db::invoices::count(conn, &scope).await? })
        })
        .await
}

/// An invoice with everything that its page shows.
pub struct Shown {
    /// The row.
    pub row: InvoiceRow,
    /// What it says and what it was computed from.
    pub stored: Stored,
    /// Its charges as stored.
    pub charges: Vec<ChargeRow>,
    /// Names of its bookings.
    pub names: HashMap<Uuid, String>,
    /// Budget lines of its bookings by code and name; only for the customer.
    pub budget_lines: HashMap<Uuid, String>,
    /// Where the bookings belonged over time; empty for the seller.
    pub assigned: HashMap<Uuid, History<AssignmentRow>>,
    /// The invoice that it corrects.
    pub corrects: Option<InvoiceLink>,
    /// Whether the own organisation is the customer.
    pub as_buyer: bool,
}

/// One invoice.
pub async fn get(app: &App, actor: &Actor, id: InvoiceId) -> Result<Shown, Error> {
    let scope = authorize(actor, Action::ViewInvoices)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::invoices::get(conn, &scope, id).await?;
            let stored: Stored = row.read()?;
            let charges = db::charges::list_of_invoice(conn, id).await?;
            let budget_lines: HashMap<Uuid, String> = db::budgets::list_held(conn, &scope, None)
                .await?
                .into_iter()
                .map(|held| (held.row.id, format!("{} {}", held.row.code, held.row.name)))
                .collect();
            let billed = bookings_of(&stored.invoice.draft);
            let names = db::bookings::list_names(conn, &scope, &billed).await?.into_iter().collect();
            let assigned = db::assignments::list_named(conn, &billed).await?;
            let as_buyer = row.organisation_id == actor.organisation.0;
            let corrects = corrected(conn, &scope, &row, &stored).await?;
            Ok(Shown { row, stored, charges, names, assigned, budget_lines, corrects, as_buyer })
        })
        .await
}

/// The invoice at the other end of what a correction follows.
async fn corrected(
    conn: &mut db::Conn,
    scope: &Scope,
    row: &InvoiceRow,
    stored: &Stored,
) -> Result<Option<InvoiceLink>, Error> {
    let Some(preceding) = stored.invoice.draft.key.kind.preceding() else { return Ok(None) };
    let mut follows = row.follows_id;
    while let Some(id) = follows {
        let earlier = db::invoices::get_head(conn, scope, InvoiceId(id)).await?;
        if earlier.number == preceding.number {
            return Ok(Some(InvoiceLink { id: earlier.id, number: earlier.number }));
        }
        follows = earlier.follows_id;
    }
    Ok(None)
}

/// What can be downloaded of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The XRechnung as it was issued, byte for byte.
    Xrechnung,
    /// Its lines as a table.
    Csv,
    /// Every record and reading that it was computed from, as a table.
    EvidenceCsv,
}

/// A file.
pub struct File {
    /// Name, in ASCII.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Content; the same for the same invoice, always.
    pub bytes: Vec<u8>,
}

/// One file of an invoice.
pub async fn download(app: &App, actor: &Actor, id: InvoiceId, format: Format) -> Result<File, Error> {
    let shown = get(app, actor, id).await?;
    let scope = authorize(actor, Action::ViewInvoices)?;
    let invoice = &shown.stored.invoice;
    let (suffix, media_type, bytes) = match format {
        Format::Xrechnung => (".xml", "application/xml", shown.row.xml.clone()),
        Format::Csv => {
            let bytes = csv::lines(invoice, CsvProfile::SPREADSHEET)
                .map_err(|error| Error::Internal(error.into()))?;
            (".csv", "text/csv; charset=utf-8", bytes)
        }
        Format::EvidenceCsv => {
            let records =
                app.db.read(&scope, async |conn: &mut db::Conn| measured(conn, &shown).await).await?;
            let bytes = csv::measured(invoice, records.into_iter(), CsvProfile::SPREADSHEET)
                .map_err(|error| Error::Internal(error.into()))?;
            ("-einzelnachweis.csv", "text/csv; charset=utf-8", bytes)
        }
    };
    let number: String =
        invoice.number.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' }).collect();
    Ok(File { name: format!("{number}{suffix}"), media_type, bytes })
}

/// The evidence of an invoice: stored intervals and readings, by booking, meter and time.
async fn measured(conn: &mut db::Conn, shown: &Shown) -> Result<Vec<Measured>, Error> {
    use crate::usecases::months::picture::meter;
    use crate::usecases::usage::hash_text;
    let draft = &shown.stored.invoice.draft;
    let evidence: HashSet<&String> = shown.stored.evidence.iter().collect();
    let bookings: Vec<BookingId> = bookings_of(draft).into_iter().map(BookingId).collect();
    let numbers: HashMap<Uuid, &str> =
        draft.lines.iter().map(|line| (line.charge.booking.0, line.text.booking_number.as_str())).collect();
    let number = |booking: &Uuid| numbers.get(booking).copied().unwrap_or_default().to_owned();
    let provider = OrganisationId(shown.row.provider_id);
    let period = draft.month.period();
    let mut all = Vec::new();
    for row in db::usage::list_records(conn, provider, &bookings, (period.from(), period.to())).await? {
        let content_hash = hash_text(&row.content_hash);
        if evidence.contains(&content_hash) {
            all.push(Measured {
                booking_number: number(&row.booking_id),
                meter: meter(&row.meter)?,
                from: Some(row.from_at.to_jiff()),
                to: row.to_at.to_jiff(),
                value: row.amount,
                content_hash,
            });
        }
    }
    for row in db::usage::list_readings(conn, provider, &bookings, period.to()).await? {
        let content_hash = hash_text(&row.content_hash);
        if evidence.contains(&content_hash) {
            all.push(Measured {
                booking_number: number(&row.booking_id),
                meter: meter(&row.meter)?,
                from: None,
                to: row.read_at.to_jiff(),
                value: row.value,
                content_hash,
            });
        }
    }
    Ok(all)
}
