//! Invoices as pages and API show them: copied from what was issued, never computed anew.

use super::document::bare_hash;
use super::{Listed, Shown};
use crate::http::views::invoices::{
    AccountShare, Download, InvoiceBooking, InvoiceEvidence, InvoiceKind, InvoiceLine, InvoiceListView,
    InvoiceParty, InvoiceRow, InvoiceVat, InvoiceView,
};
use crate::usecases::usage::hash_text;
use db::invoices::{Cursor, InvoiceHead};
use domain::export::german;
use domain::invoice::{Invoice, Line};
use domain::money::Money;
use domain::rating::Charge;
use domain::time::{Period, berlin_day};
use jiff::Timestamp;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A page of the list. `limit` rows are shown; one more tells that there is a next page.
#[must_use]
pub fn list_view(listed: Listed, limit: usize, as_seller: bool) -> InvoiceListView {
    let shown: Vec<&(InvoiceHead, String, String)> = listed.rows.iter().take(limit).collect();
    let more = listed.rows.len() > limit;
    let next = shown.last().filter(|_| more).map(|(head, ..)| cursor_of(head));
    let rows = shown.into_iter().map(|(head, seller, buyer)| row(head, seller, buyer)).collect();
    InvoiceListView { rows, total: u64::try_from(listed.total).unwrap_or_default(), next, as_seller }
}

/// One row.
#[must_use]
pub fn row(head: &InvoiceHead, seller: &str, buyer: &str) -> InvoiceRow {
    let (from, to) = (head.period_from_at.to_jiff(), head.period_to_at.to_jiff());
    let (first, last) = Period::new(from, to)
        .map_or_else(|_empty| (berlin_day(from), berlin_day(to)), |period| period.first_and_last_day());
    InvoiceRow {
        id: head.id,
        number: head.number.clone(),
        kind: kind(&head.document),
        seller: seller.to_owned(),
        buyer: buyer.to_owned(),
        from: first.into(),
        to: last.into(),
        issued_on: berlin_day(head.issued_at.to_jiff()).into(),
        due_on: berlin_day(head.due_at.to_jiff()).into(),
        payable: head.signed().1.into(),
    }
}

/// The cursor after an invoice: its time and id.
#[must_use]
pub fn cursor_of(head: &InvoiceHead) -> String {
    format!("{}.{}", head.issued_at.to_jiff().as_microsecond(), head.id)
}

/// Reads a cursor; a broken one starts from the beginning.
#[must_use]
pub fn read_cursor(text: &str) -> Option<Cursor> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_microsecond(micros.parse().ok()?).ok()?, id.parse().ok()?))
}

/// One invoice. `base` is where its files are, such as `/invoices`.
#[must_use]
pub fn invoice_view(shown: &Shown, base: &str) -> InvoiceView {
    let (row, invoice) = (&shown.row, &shown.stored.invoice);
    let (draft, totals) = (&invoice.draft, invoice.draft.totals);
    let (first, last) = draft.period.first_and_last_day();
    let prices: BTreeSet<Uuid> = draft.lines.iter().map(|line| line.charge.price.0).collect();
    let vat = InvoiceVat {
        category: draft.key.vat.category().code().to_owned(),
        rate: draft.key.vat.rate_percent().into(),
        base: totals.net.decimal().into(),
        amount: totals.tax.decimal().into(),
        reason: draft.key.vat.exemption().map(|(_, reason)| reason.to_owned()),
    };
    InvoiceView {
        id: row.id,
        number: invoice.number.clone(),
        kind: kind(&row.document),
        corrects: shown.corrects.clone(),
        seller: seller(invoice),
        buyer: buyer(invoice),
        leitweg_id: row.leitweg_id.clone(),
        issued_on: invoice.issued_on.into(),
        due_on: invoice.due_on.into(),
        from: first.into(),
        to: last.into(),
        lines: draft.lines.iter().map(|each| line(each, shown)).collect(),
        net: totals.net.decimal().into(),
        vat: vec![vat],
        payable: totals.gross.decimal().into(),
        iban: Some(invoice.seller.iban.clone()),
        accounts: if shown.as_buyer { accounts(shown) } else { Vec::new() },
        evidence: InvoiceEvidence {
            created_at: row.issued_at.to_jiff().into(),
            usage_records: u64::try_from(shown.stored.evidence.len()).unwrap_or_default(),
            prices: u64::try_from(prices.len()).unwrap_or_default(),
            input_sha256: bare_hash(&invoice.input_hash).to_owned(),
            xrechnung_sha256: hash_text(&Sha256::digest(&row.xml)),
        },
        downloads: downloads(shown, base),
    }
}

fn downloads(shown: &Shown, base: &str) -> Vec<Download> {
    let bytes = u64::try_from(shown.row.xml.len()).ok();
    [("xrechnung", bytes), ("csv", None), ("evidence-csv", None)]
        .map(|(format, bytes)| Download {
            format: format.to_owned(),
            url: format!("{base}/{}/{format}", shown.row.id),
            bytes,
        })
        .to_vec()
}

/// A document of the table, by its word there.
#[must_use]
pub fn kind(document: &str) -> InvoiceKind {
    match document {
        "final" => InvoiceKind::Final,
        "correction" => InvoiceKind::Correction,
        "credit" => InvoiceKind::Credit,
        _ => InvoiceKind::Invoice,
    }
}

fn seller(invoice: &Invoice) -> InvoiceParty {
    let seller = &invoice.seller;
    InvoiceParty {
        name: seller.name.clone(),
        unit: None,
        street: seller.street.clone(),
        postcode: seller.post_code.clone(),
        city: seller.city.clone(),
        vat_id: seller.vat_id.clone(),
    }
}

fn buyer(invoice: &Invoice) -> InvoiceParty {
    let buyer = &invoice.buyer;
    InvoiceParty {
        name: buyer.name.clone(),
        unit: buyer.unit.clone(),
        street: buyer.street.clone(),
        postcode: buyer.post_code.clone(),
        city: buyer.city.clone(),
        vat_id: None,
    }
}

fn line(line: &Line, shown: &Shown) -> InvoiceLine {
    let (charge, text) = (&line.charge, &line.text);
    // A price per 1,000 is shown with the quantity in thousands, so that quantity × price is the amount.
    let per_thousands = (charge.base != 1).then(|| format!("{} {}", charge.base, german::unit(charge)));
    let quantity =
        charge.quantity.checked_div(Decimal::from(charge.base)).unwrap_or(charge.quantity).normalize();
    InvoiceLine {
        position: line.position,
        title: text.name.clone(),
        booking: shown.names.get(&charge.booking.0).map(|name| InvoiceBooking {
            id: charge.booking.0,
            number: text.booking_number.clone(),
            name: name.clone(),
        }),
        explanation: german::explanation(charge),
        quantity: quantity.into(),
        unit: per_thousands.unwrap_or_else(|| german::unit(charge).to_owned()),
        unit_price: charge.unit_price.decimal().into(),
        amount: charge.amount.decimal().into(),
    }
}

/// The budget line that paid when the service began.
fn budget_line(shown: &Shown, charge: &Charge) -> Option<String> {
    let assigned = shown.assigned.get(&charge.booking.0)?.at(charge.service.from())?;
    shown.budget_lines.get(&assigned.budget_line_id?).cloned()
}

/// Net amounts by account assignment; only the customer sees them.
fn accounts(shown: &Shown) -> Vec<AccountShare> {
    let mut shares: BTreeMap<(String, String, String, String), Money> = BTreeMap::new();
    for line in &shown.stored.invoice.draft.lines {
        let budget_line = budget_line(shown, &line.charge).unwrap_or_default();
        let text = &line.text;
        let key = (budget_line, text.cost_centre.clone(), text.account.clone(), text.order_number.clone());
        *shares.entry(key).or_default() += line.charge.amount;
    }
    shares
        .into_iter()
        .map(|((budget_line, cost_centre, ledger_account, order), amount)| AccountShare {
            budget_line,
            cost_centre,
            ledger_account,
            order: (!order.is_empty()).then_some(order),
            amount: amount.decimal().into(),
        })
        .collect()
}
