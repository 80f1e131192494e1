//! What arrived after the invoice: it never changes the invoice, and becomes a correction of its month, with the prices, the
//! VAT and the service period of then.

use super::drafts::same_kind;
use super::picture::BookingPicture;
use crate::usecases::Error;
use crate::usecases::invoices::document::{Prepared, Stored, bookings_of, leitweg};
use db::invoices::InvoiceRow;
use db::organisations::OrganisationRow;
use domain::ids::OrganisationId;
use domain::invoice::{Correction, Draft, Invoice, Line, LineText, correct, signed_lines};
use domain::money::Money;
use domain::rating::Charge;
use domain::time::Month;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A document that a closed month still needs.
#[derive(Debug, Clone)]
pub struct Late {
    /// The invoice that it corrects, by id and number; none if the month had no such invoice.
    pub corrects: Option<(Uuid, String)>,
    /// The document that had the last word so far.
    pub follows: Option<Uuid>,
    /// What it says.
    pub prepared: Prepared,
}

impl Late {
    /// What it changes, net; below zero if something is given back.
    pub fn net(&self) -> Money {
        self.prepared.signed().0
    }

    /// A further invoice of a closed month that had none of this VAT treatment.
    pub(super) fn further(prepared: Prepared) -> Self {
        Self { corrects: None, follows: None, prepared }
    }
}

/// An invoice with the corrections that it got so far, in their order.
struct Family<'a> {
    row: &'a InvoiceRow,
    first: &'a Stored,
    corrections: Vec<(&'a InvoiceRow, &'a Stored)>,
}

/// Compares the issued documents of a customer's month with what it comes to now.
pub(super) async fn find(
    conn: &mut db::Conn,
    provider: OrganisationId,
    buyer: &OrganisationRow,
    month: Month,
    (bookings, prepared): (&[BookingPicture], &[Prepared]),
) -> Result<Vec<Late>, Error> {
    let rows =
        db::invoices::list_documents(conn, provider, OrganisationId(buyer.id), &month.period()).await?;
    let documents =
        rows.iter().map(|row| Ok((row, row.read::<Stored>()?))).collect::<Result<Vec<_>, db::Error>>()?;
    let mut found = Vec::new();
    for (row, first) in documents.iter().filter(|(row, _)| row.follows_id.is_none()) {
        let corrections = documents
            .iter()
            .filter(|(_, other)| corrects(&other.invoice, &first.invoice))
            .map(|(row, stored)| (*row, stored))
            .collect();
        let family = Family { row, first, corrections };
        let now = prepared.iter().find(|prepared| same_kind(&prepared.draft.key, &first.invoice.draft.key));
        found.extend(difference(&family, now, bookings, buyer)?);
    }
    Ok(found)
}

/// Whether a document corrects another one.
fn corrects(document: &Invoice, of: &Invoice) -> bool {
    document.draft.key.kind.preceding().is_some_and(|preceding| preceding.number == of.number)
}

fn difference(
    family: &Family<'_>,
    now: Option<&Prepared>,
    bookings: &[BookingPicture],
    buyer: &OrganisationRow,
) -> Result<Option<Late>, Error> {
    let first = &family.first.invoice;
    let mut invoiced: Vec<(Charge, LineText)> = signed_lines(first);
    invoiced.extend(family.corrections.iter().flat_map(|(_, stored)| signed_lines(&stored.invoice)));
    let lines = now.into_iter().flat_map(|now| &now.draft.lines);
    let lines: Vec<_> = lines.map(|line: &Line| (line.charge.clone(), line.text.clone())).collect();
    let correction = correct(first, &invoiced, &lines).map_err(|error| Error::Internal(error.into()))?;
    let Correction::Document(draft) = correction else { return Ok(None) };
    let mut draft: Draft = *draft;
    // It goes where invoices of the customer go today.
    draft.key.leitweg = leitweg(buyer);
    // Everything that was compared is evidence, also what did not change.
    let mut ids: BTreeSet<Uuid> = family.first.spans.iter().map(|span| span.booking).collect();
    ids.extend(
        family.corrections.iter().flat_map(|(_, stored)| stored.spans.iter().map(|span| span.booking)),
    );
    ids.extend(now.into_iter().flat_map(|now| bookings_of(&now.draft)));
    let own = || bookings.iter().filter(|booking| ids.contains(&booking.row.booking.id));
    let mut evidence: Vec<String> = own().flat_map(|booking| booking.evidence.iter().cloned()).collect();
    evidence.sort_unstable();
    evidence.dedup();
    let spans = own().map(|booking| booking.span.clone()).collect();
    let prepared = Prepared { draft, evidence, spans, unit: first.buyer.unit.clone() };
    let last = family.corrections.last().map_or(family.row.id, |(row, _)| row.id);
    Ok(Some(Late {
        corrects: Some((family.row.id, family.row.number.clone())),
        follows: Some(last),
        prepared,
    }))
}
