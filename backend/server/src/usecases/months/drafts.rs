//! The documents of one customer's month: those that were issued, and those that wait.

use super::obstacle::Obstacle;
use super::picture::{self, BookingPicture, View};
use crate::usecases::Error;
use crate::usecases::invoices::document::{Prepared, leitweg};
use crate::usecases::months::refusal;
use db::invoices::InvoiceHead;
use db::months::Which;
use db::organisations::OrganisationRow;
use domain::ids::{BookingId, OrganisationId};
use domain::invoice::{Billable, DocumentKind, check, group};
use domain::money::Money;
use domain::rating::Doubt;
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A document as the month comes to it now, and the invoice if it was issued.
#[derive(Debug, Clone)]
pub struct Pending {
    /// As computed now.
    pub prepared: Prepared,
    /// As issued.
    pub issued: Option<InvoiceHead>,
}

impl Pending {
    /// Net and gross: what was issued, else what was computed.
    pub fn totals(&self) -> (Money, Money) {
        let computed = self.prepared.draft.totals;
        match &self.issued {
            Some(head) => (
                Money::from_exact(head.net).unwrap_or(computed.net),
                Money::from_exact(head.gross).unwrap_or(computed.gross),
            ),
            None => (computed.net, computed.gross),
        }
    }

    /// Whether it is the final invoice of a booking.
    pub fn is_final(&self) -> bool {
        matches!(self.prepared.draft.key.kind, DocumentKind::Final { .. })
    }
}

/// What one customer owes for a month.
#[derive(Debug, Clone)]
pub struct BuyerMonth {
    /// The customer.
    pub buyer: OrganisationRow,
    /// The documents, in a fixed order.
    pub pending: Vec<Pending>,
    /// The bookings behind them.
    pub bookings: Vec<BookingPicture>,
    /// What keeps documents from being issued.
    pub obstacles: Vec<Obstacle>,
}

impl BuyerMonth {
    /// Whether a document waits.
    pub fn open(&self) -> bool {
        self.pending.iter().any(|pending| pending.issued.is_none())
    }

    /// Doubts that do not hold anything back, each with its booking.
    pub fn shown_doubts(&self) -> impl Iterator<Item = (&BookingPicture, &Doubt)> {
        let all =
            self.bookings.iter().flat_map(|booking| booking.doubts.iter().map(move |doubt| (booking, doubt)));
        all.filter(|(booking, doubt)| Obstacle::of_doubt(&booking.row, doubt).is_none())
    }
}

/// Loads and computes one customer's month.
pub(super) async fn load(
    conn: &mut db::Conn,
    seller: &OrganisationRow,
    buyer: OrganisationId,
    view: &View<'_>,
    now: Timestamp,
) -> Result<BuyerMonth, Error> {
    let provider = OrganisationId(seller.id);
    let buyer = db::organisations::get(conn, buyer).await?;
    let which = Which::Of(OrganisationId(buyer.id), view.month.period());
    let bookings = picture::load(conn, provider, which, view).await?;
    let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.row.booking.id).collect();
    let finals = db::invoices::list_final(conn, provider, &ids).await?;
    let issued =
        db::invoices::list_of_period(conn, provider, Some(OrganisationId(buyer.id)), &view.month.period())
            .await?;
    let has_final = |booking: Uuid| finals.iter().any(|head| head.booking_id == Some(booking));
    let prepared = prepare(seller, &buyer, &bookings, view, |booking| {
        if has_final(booking) {
            DocumentKind::Final { booking: BookingId(booking) }
        } else {
            DocumentKind::Monthly
        }
    })?;
    let mut obstacles: Vec<Obstacle> = bookings
        .iter()
        .filter(|booking| !has_final(booking.row.booking.id))
        .flat_map(|booking| booking.obstacles.iter().cloned())
        .collect();
    let pending: Vec<Pending> = prepared
        .into_iter()
        .map(|prepared| Pending {
            issued: issued.iter().find(|head| same(head, &prepared)).cloned(),
            prepared,
        })
        .filter(|pending| pending.issued.is_some() || !pending.prepared.draft.totals.net.is_zero())
        .collect();
    let waiting: Vec<&Prepared> =
        pending.iter().filter(|pending| pending.issued.is_none()).map(|pending| &pending.prepared).collect();
    obstacles.extend(of_documents(&waiting, seller, &buyer, now));
    if waiting.is_empty() && issued.iter().any(|head| head.document == "month") {
        // The month was issued; what is doubtful now came later and is shown as late data.
        obstacles.clear();
    }
    Ok(BuyerMonth { buyer, pending, bookings, obstacles })
}

/// The final document of one booking.
pub(super) async fn load_final(
    conn: &mut db::Conn,
    seller: &OrganisationRow,
    buyer: &OrganisationRow,
    booking: BookingId,
    view: &View<'_>,
    now: Timestamp,
) -> Result<Prepared, Error> {
    let bookings = picture::load(conn, OrganisationId(seller.id), Which::These(&[booking.0]), view).await?;
    let mut obstacles: Vec<Obstacle> =
        bookings.iter().flat_map(|booking| booking.obstacles.iter().cloned()).collect();
    let provider = OrganisationId(seller.id);
    let issued = db::charges::list_of_booking(conn, provider, booking, &view.month.period()).await?;
    if !issued.is_empty() {
        obstacles.push(Obstacle::new("already-invoiced"));
    }
    if buyer.price_free {
        obstacles.push(Obstacle::of_buyer(&buyer.short_name, "price-free"));
    }
    let mut prepared = prepare(seller, buyer, &bookings, view, |booking| DocumentKind::Final {
        booking: BookingId(booking),
    })?;
    prepared.retain(|prepared| !prepared.draft.totals.net.is_zero());
    obstacles.extend(of_documents(&prepared.iter().collect::<Vec<_>>(), seller, buyer, now));
    if prepared.len() > 1 {
        obstacles.push(Obstacle::of_buyer(&buyer.short_name, "vat-changes-inside"));
    }
    let first = prepared.into_iter().next();
    match first {
        Some(first) if obstacles.is_empty() => Ok(first),
        Some(_) => Err(refusal(&obstacles)),
        None => {
            obstacles.push(Obstacle::new("nothing-owed"));
            Err(refusal(&obstacles))
        }
    }
}

/// Groups the lines of some bookings into documents.
pub(crate) fn prepare(
    seller: &OrganisationRow,
    buyer: &OrganisationRow,
    bookings: &[BookingPicture],
    view: &View<'_>,
    kind: impl Fn(Uuid) -> DocumentKind,
) -> Result<Vec<Prepared>, Error> {
    let billables = bookings.iter().flat_map(|booking| {
        let kind = kind(booking.row.booking.id);
        booking.lines.iter().map(move |line| Billable {
            provider: OrganisationId(seller.id),
            buyer: OrganisationId(buyer.id),
            leitweg: leitweg(buyer),
            vat: line.vat.clone(),
            kind: kind.clone(),
            charge: line.charge.clone(),
            text: line.text.clone(),
        })
    });
    let drafts = group(view.month, billables.collect()).map_err(|error| Error::Internal(error.into()))?;
    Ok(drafts
        .into_iter()
        .map(|draft| {
            let ids: BTreeSet<Uuid> = draft.lines.iter().map(|line| line.charge.booking.0).collect();
            let own = || bookings.iter().filter(|booking| ids.contains(&booking.row.booking.id));
            let mut evidence: Vec<String> =
                own().flat_map(|booking| booking.evidence.iter().cloned()).collect();
            evidence.sort_unstable();
            evidence.dedup();
            let units: BTreeSet<Option<&String>> = own().map(|booking| booking.unit.as_ref()).collect();
            let unit = if units.len() == 1 { units.into_iter().next().flatten().cloned() } else { None };
            Prepared { spans: own().map(|booking| booking.span).collect(), draft, evidence, unit }
        })
        .collect())
}

fn same(head: &InvoiceHead, prepared: &Prepared) -> bool {
    let once = prepared.once();
    head.document == once.document
        && head.booking_id == once.booking
        && head.vat_class == once.vat_class
        && (once.booking.is_some() || head.leitweg_id == once.leitweg_id)
}

/// What a receiver's validator would reject, and documents that the unique key could not tell apart.
fn of_documents(
    waiting: &[&Prepared],
    seller: &OrganisationRow,
    buyer: &OrganisationRow,
    now: Timestamp,
) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    let mut keys = BTreeSet::new();
    for prepared in waiting {
        let issue = prepared.to_issue("0".to_owned(), now, seller, buyer);
        let findings = check(&prepared.draft, &issue);
        obstacles.extend(
            findings.iter().map(|finding| Obstacle::of_buyer(&buyer.short_name, finding.to_string())),
        );
        if !keys.insert(prepared.once()) {
            obstacles.push(Obstacle::of_buyer(&buyer.short_name, "vat-changes-inside"));
        }
    }
    obstacles
}
