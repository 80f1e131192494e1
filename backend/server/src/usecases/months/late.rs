//! What arrived after the invoice: it never changes the invoice, and shows as a candidate for a correction of its month.

use super::drafts::BuyerMonth;
use crate::usecases::Error;
use crate::usecases::invoices::document::Stored;
use db::invoices::InvoiceRow;
use domain::ids::OrganisationId;
use domain::invoice::{Correction, Draft, Invoice, LineText, correct, signed_lines};
use domain::money::Money;
use domain::rating::Charge;
use domain::time::Month;
use uuid::Uuid;

/// A difference between an issued invoice and what its month comes to now.
#[derive(Debug, Clone)]
pub struct Late {
    /// The invoice.
    pub invoice: Uuid,
    /// Its number.
    pub number: String,
    /// What a correction would say; type 381 gives back, type 384 charges more.
    pub draft: Draft,
}

impl Late {
    /// What a correction would change, net; below zero if something is given back.
    pub fn net(&self) -> Money {
        let net = self.draft.totals.net;
        if self.draft.key.kind.gives_back() { -net } else { net }
    }
}

/// Compares the issued documents of a customer's month with what it comes to now.
pub(super) async fn find(
    conn: &mut db::Conn,
    provider: OrganisationId,
    theirs: &BuyerMonth,
    month: Month,
) -> Result<Vec<Late>, Error> {
    if theirs.pending.iter().all(|pending| pending.issued.is_none()) {
        return Ok(Vec::new());
    }
    let buyer = OrganisationId(theirs.buyer.id);
    let rows = db::invoices::list_documents(conn, provider, buyer, &month.period()).await?;
    let documents = rows
        .iter()
        .map(|row| Ok((row, row.read::<Stored>()?.invoice)))
        .collect::<Result<Vec<_>, db::Error>>()?;
    let mut found = Vec::new();
    for (row, invoice) in documents.iter().filter(|(row, _)| row.document != "correction") {
        let invoiced: Vec<(Charge, LineText)> = documents
            .iter()
            .filter(|(other, document)| other.id == row.id || corrects(document, invoice))
            .flat_map(|(_, document)| signed_lines(document))
            .collect();
        let correction = correct(invoice, &invoiced, &lines_now(theirs, row))
            .map_err(|error| Error::Internal(error.into()))?;
        if let Correction::Document(draft) = correction {
            found.push(Late { invoice: row.id, number: row.number.clone(), draft: *draft });
        }
    }
    Ok(found)
}

fn corrects(document: &Invoice, invoice: &Invoice) -> bool {
    document.draft.key.kind.preceding().is_some_and(|preceding| preceding.number == invoice.number)
}

fn lines_now(theirs: &BuyerMonth, row: &InvoiceRow) -> Vec<(Charge, LineText)> {
    let document =
        theirs.pending.iter().find(|pending| pending.issued.as_ref().is_some_and(|head| head.id == row.id));
    let lines = document.into_iter().flat_map(|pending| &pending.prepared.draft.lines);
    lines.map(|line| (line.charge.clone(), line.text.clone())).collect()
}
