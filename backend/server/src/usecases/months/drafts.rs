//! The documents of one customer's month: those that were issued, those that wait, and those that came too late.

use super::late::{self, Late};
use super::obstacle::Obstacle;
use super::picture::{self, BookingPicture, View};
use crate::usecases::Error;
use crate::usecases::invoices::document::{Prepared, leitweg};
use crate::usecases::months::refusal;
use db::invoices::InvoiceHead;
use db::months::Which;
use db::organisations::OrganisationRow;
use domain::ids::{BookingId, OrganisationId};
use domain::invoice::{Billable, DocumentKind, GroupKey, check, group};
use domain::money::Money;
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What one customer owes for a month.
#[derive(Debug, Clone)]
pub struct BuyerMonth {
    /// The customer.
    pub buyer: OrganisationRow,
    /// When the month was closed for the customer.
    pub closed_at: Option<Timestamp>,
    /// Every document of the month that was issued, corrections included.
    pub issued: Vec<InvoiceHead>,
    /// Documents that closing the month would issue.
    pub waiting: Vec<Prepared>,
    /// Documents that a closed month, or a final invoice, still needs.
    pub late: Vec<Late>,
    /// The bookings behind them.
    pub bookings: Vec<BookingPicture>,
    /// What keeps the month from being closed.
    pub obstacles: Vec<Obstacle>,
}

impl BuyerMonth {
    /// Net and gross of everything issued and waiting.
    pub fn totals(&self) -> (Money, Money) {
        let issued = self.issued.iter().map(|head| {
            let (net, gross) = head.signed();
            (Money::from_exact(net).unwrap_or_default(), Money::from_exact(gross).unwrap_or_default())
        });
        let all = issued.chain(self.waiting.iter().map(Prepared::signed));
        all.fold((Money::ZERO, Money::ZERO), |(net, gross), (n, g)| (net + n, gross + g))
    }
}

/// Whether two documents are of the same sort, customer and VAT treatment, wherever they were sent.
pub(super) fn same_kind(a: &GroupKey, b: &GroupKey) -> bool {
    (&a.kind, &a.vat, a.provider, a.buyer) == (&b.kind, &b.vat, b.provider, b.buyer)
}

/// Loads and computes one customer's month; the only place that rates it.
pub(super) async fn load(
    conn: &mut db::Conn,
    seller: &OrganisationRow,
    buyer: OrganisationId,
    view: &View<'_>,
    now: Timestamp,
) -> Result<BuyerMonth, Error> {
    let provider = OrganisationId(seller.id);
    let closing = db::closings::find(conn, provider, buyer, view.month).await?;
    let buyer = db::organisations::get(conn, buyer).await?;
    let which = Which::Of(OrganisationId(buyer.id), view.month.period());
    let bookings = picture::load(conn, provider, which, view).await?;
    let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.row.booking.id).collect();
    let finals = db::invoices::list_final(conn, provider, &ids).await?;
    let period = view.month.period();
    let issued =
        db::invoices::list_of_period(conn, provider, Some(OrganisationId(buyer.id)), &period).await?;
    // A final invoice is of the month in which its booking ended; months before are invoiced like any other.
    let has_final = |booking: Uuid| {
        finals
            .iter()
            .any(|head| head.booking_id == Some(booking) && period.contains(head.period_from_at.to_jiff()))
    };
    let prepared = prepare(seller, &buyer, &bookings, view, |booking| {
        if has_final(booking) {
            DocumentKind::Final { booking: BookingId(booking) }
        } else {
            DocumentKind::Monthly
        }
    })?;
    let mut late = Vec::new();
    if !issued.is_empty() {
        late = late::find(conn, provider, &buyer, view.month, (&bookings, &prepared)).await?;
    }
    let (mut waiting, mut obstacles) = (Vec::new(), Vec::new());
    for prepared in prepared.into_iter().filter(|prepared| !prepared.draft.totals.net.is_zero()) {
        let monthly = prepared.draft.key.kind == DocumentKind::Monthly;
        match (&closing, issued.iter().any(|head| is_of(head, &prepared))) {
            (_, true) => {}
            (None, false) if monthly => waiting.push(prepared),
            (None, false) | (Some(_), false) => late.push(Late::further(prepared)),
        }
    }
    if closing.is_none() {
        let open = bookings.iter().filter(|booking| !has_final(booking.row.booking.id));
        obstacles.extend(open.flat_map(|booking| booking.obstacles.iter().cloned()));
        obstacles.extend(of_documents(&waiting, seller, &buyer, now));
    }
    let closed_at = closing.map(|closing| closing.closed_at.to_jiff());
    Ok(BuyerMonth { buyer, closed_at, issued, waiting, late, bookings, obstacles })
}

/// The final documents of one booking, one per VAT treatment.
pub(super) async fn load_final(
    conn: &mut db::Conn,
    seller: &OrganisationRow,
    buyer: &OrganisationRow,
    booking: BookingId,
    view: &View<'_>,
    now: Timestamp,
) -> Result<Vec<Prepared>, Error> {
    let provider = OrganisationId(seller.id);
    let bookings = picture::load(conn, provider, Which::These(&[booking.0]), view).await?;
    let mut obstacles: Vec<Obstacle> =
        bookings.iter().flat_map(|booking| booking.obstacles.iter().cloned()).collect();
    let closed = db::closings::find(conn, provider, OrganisationId(buyer.id), view.month).await?.is_some();
    let charged = db::charges::list_of_booking(conn, provider, booking, &view.month.period()).await?;
    if closed || !charged.is_empty() {
        obstacles.push(Obstacle::new("already-invoiced"));
    }
    if buyer.price_free {
        obstacles.push(Obstacle::of_buyer(&buyer.short_name, "price-free"));
    }
    let mut prepared = prepare(seller, buyer, &bookings, view, |booking| DocumentKind::Final {
        booking: BookingId(booking),
    })?;
    prepared.retain(|prepared| !prepared.draft.totals.net.is_zero());
    obstacles.extend(of_documents(&prepared, seller, buyer, now));
    if prepared.is_empty() {
        obstacles.push(Obstacle::new("nothing-owed"));
    }
    if obstacles.is_empty() { Ok(prepared) } else { Err(refusal(&obstacles)) }
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
            let units: BTreeSet<&String> = own().flat_map(|booking| &booking.units).collect();
            let unit = if units.len() == 1 { units.into_iter().next().cloned() } else { None };
            Prepared { spans: own().map(|booking| booking.span.clone()).collect(), draft, evidence, unit }
        })
        .collect())
}

/// Whether an issued document is this one.
fn is_of(head: &InvoiceHead, prepared: &Prepared) -> bool {
    let vat = &prepared.draft.key.vat;
    let reason = vat.exemption().map(|(code, reason)| format!("{code} {reason}")).unwrap_or_default();
    head.document == prepared.document()
        && head.booking_id == prepared.booking()
        && head.vat_class == vat.category().code()
        && head.vat_rate == vat.rate_percent()
        && head.vat_reason == reason
}

/// What a receiver's validator would reject.
fn of_documents(
    waiting: &[Prepared],
    seller: &OrganisationRow,
    buyer: &OrganisationRow,
    now: Timestamp,
) -> Vec<Obstacle> {
    let findings = waiting
        .iter()
        .flat_map(|prepared| check(&prepared.draft, &prepared.to_issue("0".to_owned(), now, seller, buyer)));
    findings.map(|finding| Obstacle::of_buyer(&buyer.short_name, finding.to_string())).collect()
}
