//! From a draft to an issued, stored invoice: parties, number, bytes, rows.

use crate::ports::secrets::new_id;
use crate::usecases::months::picture::Span;
use crate::usecases::usage::hash_bytes;
use crate::usecases::{Error, Refusal};
use db::charges::ChargeRow;
use db::invoices::InvoiceRow;
use db::organisations::OrganisationRow;
use domain::export::xrechnung::xrechnung;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoice::{
    Buyer, DocumentKind, Draft, Endpoint, Invoice, Issue, IssueRefused, Seller, TERMS_DAYS, issue, number,
    signed_lines,
};
use domain::leitweg::LeitwegId;
use domain::money::Money;
use domain::order::Finding;
use domain::policy::Actor;
use domain::rating::Step;
use domain::time::{berlin_day, midnight};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The provider's series of invoice numbers; corrections share it.
pub const SERIES: &str = "invoice";

/// What is stored of an invoice besides its bytes: the document itself, and what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The document.
    pub invoice: Invoice,
    /// Content hashes of the usage records and readings, sorted.
    pub evidence: Vec<String>,
    /// From when to when its bookings cost.
    pub spans: Vec<Span>,
}

/// A draft with what it was computed from.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The draft.
    pub draft: Draft,
    /// Content hashes, sorted.
    pub evidence: Vec<String>,
    /// Spans of its bookings.
    pub spans: Vec<Span>,
    /// The customer's unit, if all its bookings are of one.
    pub unit: Option<String>,
}

impl Prepared {
    /// As the column `document` says it.
    pub fn document(&self) -> &'static str {
        match &self.draft.key.kind {
            DocumentKind::Monthly => "month",
            DocumentKind::Final { .. } => "final",
            DocumentKind::Correction { .. } => "correction",
            DocumentKind::Credit { .. } => "credit",
        }
    }

    /// The booking of a final invoice.
    pub fn booking(&self) -> Option<Uuid> {
        match &self.draft.key.kind {
            DocumentKind::Final { booking } => Some(booking.0),
            DocumentKind::Monthly | DocumentKind::Correction { .. } | DocumentKind::Credit { .. } => None,
        }
    }

    /// Net and gross with the sign of what they change.
    pub fn signed(&self) -> (Money, Money) {
        let totals = self.draft.totals;
        if self.draft.key.kind.gives_back() {
            (-totals.net, -totals.gross)
        } else {
            (totals.net, totals.gross)
        }
    }

    /// What the issue needs beside the draft.
    pub fn to_issue(
        &self,
        number: String,
        now: Timestamp,
        seller: &OrganisationRow,
        buyer: &OrganisationRow,
    ) -> Issue {
        Issue {
            number,
            issued_on: berlin_day(now),
            terms_days: TERMS_DAYS,
            seller: to_seller(seller),
            buyer: to_buyer(buyer, self.unit.clone()),
            evidence: self.evidence.clone(),
        }
    }
}

/// Draws the number and stores the invoice with its charges. The caller holds the lock of the series. `follows` is the
/// document that a correction has read as the last word; if somebody corrected it meanwhile, the database refuses.
pub async fn store(
    conn: &mut db::Conn,
    actor: &Actor,
    (prepared, follows): (Prepared, Option<Uuid>),
    (seller, buyer): (&OrganisationRow, &OrganisationRow),
    now: Timestamp,
) -> Result<(InvoiceRow, Invoice), Error> {
    let provider = OrganisationId(seller.id);
    let month = prepared.draft.month;
    let counter = db::numbers::update_next(conn, provider, SERIES, month.year()).await?;
    let bare = number(&prepared.draft.key.kind, month, u32::try_from(counter).unwrap_or_default());
    let printed =
        seller.invoice_prefix.as_ref().map_or_else(|| bare.clone(), |prefix| format!("{prefix}-{bare}"));
    let (document, booking_id) = (prepared.document().to_owned(), prepared.booking());
    let invoice =
        issue(prepared.draft.clone(), prepared.to_issue(printed, now, seller, buyer)).map_err(refused)?;
    let (totals, key) = (invoice.draft.totals, &invoice.draft.key);
    let stored = Stored { invoice: invoice.clone(), evidence: prepared.evidence, spans: prepared.spans };
    let row = InvoiceRow {
        id: new_id(),
        number: invoice.number.clone(),
        provider_id: seller.id,
        organisation_id: buyer.id,
        leitweg_id: key.leitweg.as_ref().map(ToString::to_string).unwrap_or_default(),
        document,
        booking_id,
        follows_id: follows,
        period_from_at: invoice.draft.period.from().into(),
        period_to_at: invoice.draft.period.to().into(),
        vat_class: key.vat.category().code().to_owned(),
        vat_rate: key.vat.rate_percent(),
        vat_reason: key.vat.exemption().map(|(code, reason)| format!("{code} {reason}")).unwrap_or_default(),
        issued_at: now.into(),
        issued_by: actor.person.0,
        due_at: midnight(invoice.due_on).into(),
        net: totals.net.decimal(),
        vat: totals.tax.decimal(),
        gross: totals.gross.decimal(),
        content: json!(stored),
        input_hash: hash_bytes(bare_hash(&invoice.input_hash)),
        xml: xrechnung(&invoice),
    };
    db::invoices::insert(conn, &row).await.map_err(taken)?;
    db::charges::insert(conn, &charges(&row, &invoice)).await.map_err(taken)?;
    Ok((row, invoice))
}

/// The hash as it is printed, without the name of its algorithm.
pub fn bare_hash(printed: &str) -> &str {
    printed.trim_start_matches("sha256:")
}

fn charges(row: &InvoiceRow, invoice: &Invoice) -> Vec<ChargeRow> {
    let correction_id = invoice.draft.key.kind.preceding().map(|_| row.id);
    signed_lines(invoice)
        .into_iter()
        .map(|(charge, _)| ChargeRow {
            id: new_id(),
            invoice_id: row.id,
            booking_id: charge.booking.0,
            organisation_id: row.organisation_id,
            provider_id: row.provider_id,
            component_id: charge.component.0,
            price_id: charge.price.0,
            from_at: charge.service.from().into(),
            to_at: charge.service.to().into(),
            quantity: charge.quantity,
            unit_price: charge.unit_price.decimal(),
            amount: charge.amount.decimal(),
            correction_id,
            taken_off: charge.steps.iter().any(|step| matches!(step, Step::Invoiced { .. })),
            content: json!(charge),
        })
        .collect()
}

/// Somebody else issued the same charges meanwhile.
fn taken(error: db::Error) -> Error {
    match error {
        db::Error::Taken(_) => Error::Conflict("changed"),
        other => other.into(),
    }
}

fn refused(refused: IssueRefused) -> Error {
    match refused {
        IssueRefused::Incomplete(findings) => {
            let findings = findings.into_iter().map(incomplete).collect();
            Refusal { findings, ..Refusal::new("month-open") }.into()
        }
        IssueRefused::Time(error) => Error::Internal(error.into()),
    }
}

fn incomplete(finding: domain::invoice::Finding) -> Finding {
    Finding::new("", &format!("month-{finding}")).with("text", finding.message_de())
}

/// Master data of the seller as they stand now.
pub fn to_seller(row: &OrganisationRow) -> Seller {
    Seller {
        organisation: OrganisationId(row.id),
        number: row.slug.to_uppercase(),
        name: row.name.clone(),
        street: row.street.clone(),
        post_code: row.postcode.clone(),
        city: row.city.clone(),
        country: "DE".to_owned(),
        vat_id: row.vat_id.clone(),
        tax_number: row.tax_number.clone(),
        contact_name: row.contact_name.clone(),
        phone: row.contact_phone.clone(),
        email: row.contact_email.clone(),
        endpoint: Endpoint { scheme: "EM".to_owned(), address: row.contact_email.clone() },
        iban: row.iban.clone().unwrap_or_default(),
    }
}

/// Master data of the buyer as they stand now.
pub fn to_buyer(row: &OrganisationRow, unit: Option<String>) -> Buyer {
    Buyer {
        organisation: OrganisationId(row.id),
        name: row.name.clone(),
        unit,
        street: row.street.clone(),
        post_code: row.postcode.clone(),
        city: row.city.clone(),
        country: "DE".to_owned(),
        leitweg: leitweg(row),
        endpoint: None,
    }
}

/// Where invoices of an organisation go; nothing if it is missing or wrong, which the check before release names.
pub fn leitweg(row: &OrganisationRow) -> Option<LeitwegId> {
    row.leitweg_id.as_deref().and_then(|text| LeitwegId::parse(text).ok())
}

/// The id of a stored invoice.
pub fn id_of(row: &InvoiceRow) -> InvoiceId {
    InvoiceId(row.id)
}

/// Bookings of a document, each once.
pub fn bookings_of(draft: &Draft) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = draft.lines.iter().map(|line| line.charge.booking.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
