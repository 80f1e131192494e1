//! The month run as pages and API show it.

use super::obstacle::Obstacle;
use super::{BuyerMonth, Late, MonthPicture, Months, State, findings};
use crate::http::views::invoices::InvoiceLink;
use crate::http::views::months::{
    CorrectionRow, GapRow, MonthDetail, MonthRow, MonthState, MonthsView, PreviewRow, WatermarkRow,
};
use crate::http::views::text::Text;
use crate::usecases::invoices::document::{Prepared, bookings_of};
use crate::usecases::invoices::present::kind;
use domain::metering::waiting_for;
use domain::time::Period;

impl From<State> for MonthState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Complete => Self::Complete,
            State::Rated => Self::Rated,
            State::Issued => Self::Issued,
        }
    }
}

/// The list of months and one of them.
#[must_use]
pub fn months_view(months: &Months) -> MonthsView {
    let rows = months.heads.iter().map(|head| MonthRow {
        month: head.month.first_day().into(),
        // Only the one that was looked into is known to have no gaps.
        state: match &months.chosen {
            Some(picture) if picture.month == head.month => picture.state.into(),
            _ => head.state.into(),
        },
        net: head.net.decimal().into(),
        invoices: head.documents,
    });
    MonthsView { months: rows.collect(), month: months.chosen.as_ref().map(detail), may_issue: true }
}

/// One month.
#[must_use]
pub fn detail(picture: &MonthPicture) -> MonthDetail {
    let (net, payable) = picture.totals();
    let marks: Vec<_> = picture.watermarks.iter().map(db::months::WatermarkRow::to_mark).collect();
    let waiting = waiting_for(picture.month, &marks);
    let watermarks = picture.watermarks.iter().map(|mark| WatermarkRow {
        location: mark.location_id,
        name: mark.name.clone(),
        watermark: mark.watermark_at.map(|at| at.to_jiff().into()),
        passed: waiting.iter().all(|(location, _)| location.0 != mark.location_id),
    });
    MonthDetail {
        month: picture.month.first_day().into(),
        state: picture.state.into(),
        watermarks: watermarks.collect(),
        gaps: gaps(picture),
        preview: picture.buyers.iter().flat_map(|buyer| documents(buyer, picture)).collect(),
        corrections: picture.late().map(|(buyer, late)| correction(buyer, late)).collect(),
        net: net.decimal().into(),
        payable: payable.decimal().into(),
        as_of: picture.as_of.into(),
    }
}

/// What was issued to a customer and what waits, in this order.
fn documents<'a>(of: &'a BuyerMonth, picture: &'a MonthPicture) -> impl Iterator<Item = PreviewRow> + 'a {
    let issued = of.issued.iter().map(move |head| {
        let (bookings, lines) = picture.counts.get(&head.id).copied().unwrap_or_default();
        let (net, gross) = head.signed();
        PreviewRow {
            buyer: of.buyer.short_name.clone(),
            leitweg_id: head.leitweg_id.clone(),
            kind: kind(&head.document),
            bookings: u64::try_from(bookings).unwrap_or_default(),
            lines: u64::try_from(lines).unwrap_or_default(),
            net: net.into(),
            payable: gross.into(),
            invoice: Some(head.id),
            number: Some(head.number.clone()),
        }
    });
    issued.chain(of.waiting.iter().map(move |prepared| preview(of, prepared)))
}

fn preview(of: &BuyerMonth, prepared: &Prepared) -> PreviewRow {
    let draft = &prepared.draft;
    let (net, payable) = prepared.signed();
    PreviewRow {
        buyer: of.buyer.short_name.clone(),
        leitweg_id: draft.key.leitweg.as_ref().map(ToString::to_string).unwrap_or_default(),
        kind: kind(prepared.document()),
        bookings: u64::try_from(bookings_of(draft).len()).unwrap_or_default(),
        lines: u64::try_from(draft.lines.len()).unwrap_or_default(),
        net: net.decimal().into(),
        payable: payable.decimal().into(),
        invoice: None,
        number: None,
    }
}

fn correction(of: &BuyerMonth, late: &Late) -> CorrectionRow {
    let (net, payable) = late.prepared.signed();
    CorrectionRow {
        buyer: of.buyer.short_name.clone(),
        kind: kind(late.prepared.document()),
        corrects: late.corrects.as_ref().map(|(id, number)| InvoiceLink { id: *id, number: number.clone() }),
        net: net.decimal().into(),
        payable: payable.decimal().into(),
    }
}

/// What holds the month up, what was cut off, kept aside, given up, and what came late; each with its booking.
fn gaps(picture: &MonthPicture) -> Vec<GapRow> {
    let month = picture.month.period();
    let measured = picture.buyers.iter().flat_map(|buyer| {
        let open = buyer.closed_at.is_none();
        buyer.bookings.iter().flat_map(move |of| {
            findings::shown(of).into_iter().map(move |shown| {
                let booking = &of.row.booking;
                GapRow {
                    booking: booking.id,
                    number: booking.number.clone(),
                    name: booking.name.clone(),
                    meter: shown.meter,
                    from: shown.from.into(),
                    until: shown.until.into(),
                    may_waive: open && shown.waivable,
                    reason: shown.reason,
                }
            })
        })
    });
    // Obstacles with a meter are doubts, which are listed already.
    let others = picture.obstacles.iter().filter(|obstacle| obstacle.meter.is_none());
    let others = others.filter_map(|obstacle| of_obstacle(obstacle, &month));
    let late = picture.late().flat_map(|(buyer, late)| of_late(buyer, late));
    others.chain(measured).chain(late).collect()
}

fn of_obstacle(obstacle: &Obstacle, month: &Period) -> Option<GapRow> {
    let booking = obstacle.booking.as_ref()?;
    let period = obstacle.period.unwrap_or(*month);
    Some(GapRow {
        booking: booking.id,
        number: booking.number.clone(),
        name: booking.name.clone(),
        meter: "all".to_owned(),
        from: period.from().into(),
        until: period.to().into(),
        may_waive: false,
        reason: Text::new(&obstacle.code),
    })
}

/// A correction that waits, on the bookings whose lines would change.
fn of_late<'a>(of: &'a BuyerMonth, late: &'a Late) -> impl Iterator<Item = GapRow> + 'a {
    let number = late.corrects.as_ref().map_or("–", |(_, number)| number.as_str());
    let reason = Text::new("late").with("invoice", number).with("net_eur", late.net());
    of.bookings.iter().filter_map(move |of| {
        let booking = &of.row.booking;
        let lines = &late.prepared.draft.lines;
        let line = lines.iter().find(|line| line.charge.booking.0 == booking.id)?;
        Some(GapRow {
            booking: booking.id,
            number: booking.number.clone(),
            name: booking.name.clone(),
            meter: "all".to_owned(),
            from: line.charge.service.from().into(),
            until: line.charge.service.to().into(),
            may_waive: false,
            reason: reason.clone(),
        })
    })
}
