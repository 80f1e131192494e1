//! Recomputes issued invoices from what is stored, and finds whatever was changed behind the product's back.
//!
//! Two questions: does every record still have the content that its hash says, and does every invoice come out byte for
//! byte when it is rated, grouped and written again from its evidence?

use super::document::{Stored, bare_hash, bookings_of};
use crate::app::App;
use crate::usecases::Error;
use crate::usecases::months::picture::{self, Then, View};
use crate::usecases::months::waive::waiver_hash;
use crate::usecases::usage::hash_text;
use contract::{CumulativeReading, Meter, UsageRecord};
use db::invoices::InvoiceRow;
use db::months::Which;
use db::usage::{ReadingRow, UsageRow};
use domain::export::xrechnung::xrechnung;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoice::{
    Billable, Correction, Draft, GroupKey, Invoice, Issue, LineText, TERMS_DAYS, correct, group, issue,
    signed_lines,
};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::rating::Charge;
use std::collections::{HashMap, HashSet};
use std::fmt;
use uuid::Uuid;

const PIECE: i64 = 1000;

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Records or readings behind the invoice are gone or have another hash.
    EvidenceMissing(usize),
    /// A record or reading behind the invoice has another content than its hash says.
    EvidenceChanged(usize),
    /// Rated again, the lines or sums are others.
    Content,
    /// The stored bytes are not those of the stored content.
    Bytes,
    /// The hash of the inputs is another one.
    InputHash,
    /// The columns of the row differ from the content.
    Columns,
    /// The charges differ from the lines.
    Charges,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EvidenceMissing(count) => write!(f, "{count} records of its evidence are missing"),
            Self::EvidenceChanged(count) => write!(f, "{count} records of its evidence were changed"),
            Self::Content => write!(f, "rated again it says something else"),
            Self::Bytes => write!(f, "its stored XRechnung is not what it says"),
            Self::InputHash => write!(f, "the hash of its inputs is another one"),
            Self::Columns => write!(f, "its row and its content differ"),
            Self::Charges => write!(f, "its charges and its lines differ"),
        }
    }
}

/// What the check of one invoice says; no fault means that it came out byte for byte.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// What does not fit.
    pub faults: Vec<Fault>,
}

/// Everything that was checked.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Every invoice.
    pub invoices: Vec<Verified>,
    /// How many records were checked.
    pub records: usize,
    /// Records whose content is not what their hash says: booking, meter, start.
    pub changed_records: Vec<db::usage::UsageKey>,
}

impl Report {
    /// Whether nothing was tampered with.
    pub fn intact(&self) -> bool {
        self.changed_records.is_empty() && self.invoices.iter().all(|invoice| invoice.faults.is_empty())
    }
}

/// Checks one invoice that the person may see.
pub async fn verify(app: &App, actor: &Actor, id: InvoiceId) -> Result<Verified, Error> {
    let scope = authorize(actor, Action::ViewInvoices)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::invoices::get(conn, &scope, id).await?;
            verify_row(conn, &row).await
        })
        .await
}

/// Checks every record and every invoice; for `wolkenamt invoice verify`.
pub async fn verify_all(app: &App) -> Result<Report, Error> {
    let scope = Scope::system("invoice verify recomputes every invoice");
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let mut report = Report::default();
            let mut last: Option<UsageRow> = None;
            loop {
                let piece = db::usage::list_all_records(conn, last.as_ref(), PIECE).await?;
                report.records += piece.len();
                report
                    .changed_records
                    .extend(piece.iter().filter(|row| record_changed(row)).map(UsageRow::key));
                match piece.last() {
                    Some(row) => last = Some(row.clone()),
                    None => break,
                }
            }
            let mut after = None;
            loop {
                let piece = db::invoices::list_all(conn, after, PIECE / 10).await?;
                for row in &piece {
                    report.invoices.push(verify_row(conn, row).await?);
                }
                match piece.last() {
                    Some(row) => after = Some(row.id),
                    None => break,
                }
            }
            Ok(report)
        })
        .await
}

async fn verify_row(conn: &mut db::Conn, row: &InvoiceRow) -> Result<Verified, Error> {
    let stored: Stored = row.read()?;
    let mut faults = evidence_faults(conn, row, &stored).await?;
    let again = recompute(conn, row, &stored).await?;
    if again.as_ref() != Some(&stored.invoice) {
        faults.push(Fault::Content);
    }
    if xrechnung(&stored.invoice) != row.xml
        || again.as_ref().is_some_and(|again| xrechnung(again) != row.xml)
    {
        faults.push(Fault::Bytes);
    }
    let printed = bare_hash(&stored.invoice.input_hash);
    if hash_text(&row.input_hash) != printed
        || again.as_ref().is_some_and(|again| bare_hash(&again.input_hash) != printed)
    {
        faults.push(Fault::InputHash);
    }
    let totals = stored.invoice.draft.totals;
    let sums = (totals.net.decimal(), totals.tax.decimal(), totals.gross.decimal());
    if (row.net, row.vat, row.gross) != sums || row.number != stored.invoice.number {
        faults.push(Fault::Columns);
    }
    if charges_differ(conn, row, &stored).await? {
        faults.push(Fault::Charges);
    }
    Ok(Verified { id: row.id, number: row.number.clone(), faults })
}

/// The same invoice from its evidence, the prices and the VAT decisions; parties and words are taken from the document,
/// because master data and names of then are not kept elsewhere. A correction is the difference again between what was
/// invoiced before it and what its evidence gives.
async fn recompute(conn: &mut db::Conn, row: &InvoiceRow, stored: &Stored) -> Result<Option<Invoice>, Error> {
    let said = &stored.invoice;
    let draft = if said.draft.key.kind.preceding().is_some() {
        corrected_again(conn, row, stored).await?
    } else {
        rated_again(conn, row, stored, &said.draft.key).await?
    };
    let Some(draft) = draft else { return Ok(None) };
    let issued = issue(
        draft,
        Issue {
            number: said.number.clone(),
            issued_on: said.issued_on,
            terms_days: TERMS_DAYS,
            seller: said.seller.clone(),
            buyer: said.buyer.clone(),
            evidence: stored.evidence.clone(),
        },
    );
    Ok(issued.ok())
}

async fn corrected_again(
    conn: &mut db::Conn,
    row: &InvoiceRow,
    stored: &Stored,
) -> Result<Option<Draft>, Error> {
    // From the correction back to its invoice, along what each of them followed.
    let mut before = Vec::new();
    let mut follows = row.follows_id;
    while let Some(id) = follows {
        let earlier = db::invoices::get_of(conn, OrganisationId(row.provider_id), InvoiceId(id)).await?;
        follows = earlier.follows_id;
        before.push(earlier.read::<Stored>()?.invoice);
    }
    before.reverse();
    let Some(first) = before.first() else { return Ok(None) };
    let invoiced: Vec<_> = before.iter().flat_map(signed_lines).collect();
    let now = rated_again(conn, row, stored, &first.draft.key).await?;
    let lines: Vec<_> =
        now.into_iter().flat_map(|now| now.lines).map(|line| (line.charge, line.text)).collect();
    let correction = correct(first, &invoiced, &lines).map_err(|error| Error::Internal(error.into()))?;
    let Correction::Document(draft) = correction else { return Ok(None) };
    let mut draft = *draft;
    draft.key.leitweg = stored.invoice.draft.key.leitweg.clone();
    Ok(Some(draft))
}

/// The document with a key, rated again from the evidence of another one (or its own).
async fn rated_again(
    conn: &mut db::Conn,
    row: &InvoiceRow,
    stored: &Stored,
    key: &GroupKey,
) -> Result<Option<Draft>, Error> {
    let said = &stored.invoice.draft;
    let bookings = bookings_behind(stored);
    let evidence: HashSet<String> = stored.evidence.iter().cloned().collect();
    let then = Then { evidence: &evidence, spans: &stored.spans };
    let (nobody, complete) = (HashMap::new(), HashMap::new());
    let view = View { month: said.month, assignments: &nobody, until: &complete, then: Some(then) };
    let provider = OrganisationId(row.provider_id);
    let pictures = picture::load(conn, provider, Which::These(&bookings), &view).await?;
    let words = signed_lines(&stored.invoice);
    let billables = pictures.iter().flat_map(|booking| &booking.lines).map(|line| Billable {
        provider: key.provider,
        buyer: key.buyer,
        leitweg: key.leitweg.clone(),
        vat: line.vat.clone(),
        kind: key.kind.clone(),
        text: words_of(&words, &line.charge).unwrap_or_else(|| line.text.clone()),
        charge: line.charge.clone(),
    });
    let drafts = group(said.month, billables.collect()).map_err(|error| Error::Internal(error.into()))?;
    Ok(drafts.into_iter().find(|draft| draft.key == *key))
}

/// Every booking that a document was computed from, also those of which it says nothing because nothing changed.
fn bookings_behind(stored: &Stored) -> Vec<Uuid> {
    let mut ids = bookings_of(&stored.invoice.draft);
    ids.extend(stored.spans.iter().map(|span| span.booking));
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The words of a line as the document says them. A correction has two lines of the same service, with other amounts.
fn words_of(said: &[(Charge, LineText)], charge: &Charge) -> Option<LineText> {
    let found = said.iter().find(|(other, _)| {
        (other.booking, other.component, other.price) == (charge.booking, charge.component, charge.price)
            && other.service.from() == charge.service.from()
            && (other.quantity, other.amount) == (charge.quantity, charge.amount)
    });
    found.map(|(_, text)| text.clone())
}

async fn evidence_faults(
    conn: &mut db::Conn,
    row: &InvoiceRow,
    stored: &Stored,
) -> Result<Vec<Fault>, Error> {
    let ids = bookings_behind(stored);
    let bookings: Vec<_> = ids.iter().copied().map(domain::ids::BookingId).collect();
    let provider = OrganisationId(row.provider_id);
    let period = stored.invoice.draft.month.period();
    let records = db::usage::list_records(conn, provider, &bookings, (period.from(), period.to())).await?;
    let readings = db::usage::list_readings(conn, provider, &bookings, period.to()).await?;
    let waivers = db::waivers::list(conn, provider, &ids).await?;
    let hashes = records.iter().map(|row| &row.content_hash);
    let hashes = hashes.chain(readings.iter().map(|row| &row.content_hash));
    let hashes = hashes.chain(waivers.iter().map(|row| &row.content_hash));
    let there: HashSet<String> = hashes.map(|hash| hash_text(hash)).collect();
    let missing = stored.evidence.iter().filter(|hash| !there.contains(*hash)).count();
    let changed = records.iter().filter(|row| record_changed(row)).count()
        + readings.iter().filter(|row| reading_changed(row)).count()
        + waivers.iter().filter(|row| waiver_hash(row) != hash_text(&row.content_hash)).count();
    let mut faults = Vec::new();
    if missing > 0 {
        faults.push(Fault::EvidenceMissing(missing));
    }
    if changed > 0 {
        faults.push(Fault::EvidenceChanged(changed));
    }
    Ok(faults)
}

async fn charges_differ(conn: &mut db::Conn, row: &InvoiceRow, stored: &Stored) -> Result<bool, Error> {
    let charges = db::charges::list_of_invoice(conn, InvoiceId(row.id)).await?;
    let key = |booking: Uuid, component: Uuid, price: Uuid, amount| (booking, component, price, amount);
    let mut rows: Vec<_> = charges
        .iter()
        .map(|c| (key(c.booking_id, c.component_id, c.price_id, c.amount), c.from_at.to_jiff()))
        .collect();
    let mut lines: Vec<_> = signed_lines(&stored.invoice)
        .iter()
        .map(|(c, _)| (key(c.booking.0, c.component.0, c.price.0, c.amount.decimal()), c.service.from()))
        .collect();
    rows.sort_unstable();
    lines.sort_unstable();
    Ok(rows != lines)
}

fn record_changed(row: &UsageRow) -> bool {
    let Some(meter) = Meter::from_code(&row.meter) else { return true };
    let record = UsageRecord {
        booking: row.booking_id,
        meter,
        seq: row.sequence,
        from: row.from_at.to_jiff(),
        to: row.to_at.to_jiff(),
        amount: row.amount,
        epoch: 0,
    };
    record.content_hash() != hash_text(&row.content_hash)
}

fn reading_changed(row: &ReadingRow) -> bool {
    let Some(meter) = Meter::from_code(&row.meter) else { return true };
    let reading = CumulativeReading {
        booking: row.booking_id,
        meter,
        uid: row.uid.clone(),
        epoch: row.epoch,
        value: row.value,
        at: row.read_at.to_jiff(),
    };
    reading.content_hash() != hash_text(&row.content_hash)
}
