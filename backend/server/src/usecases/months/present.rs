//! The month run as pages and API show it.

use super::obstacle::Obstacle;
use super::{BuyerMonth, Late, MonthPicture, Pending, State};
use crate::http::views::months::{
    GapRow, MonthDetail, MonthRow, MonthState, MonthsView, PreviewRow, WatermarkRow,
};
use crate::http::views::text::Text;
use crate::usecases::months::picture::BookingPicture;
use domain::metering::waiting_for;
use domain::rating::Doubt;
use domain::time::{Month, Period};

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

/// The list of months and one of them; without a wish the one that waits to be issued, else the youngest.
#[must_use]
pub fn months_view(pictures: &[MonthPicture], wished: Option<Month>) -> MonthsView {
    let waits = |picture: &&MonthPicture| matches!(picture.state, State::Complete | State::Rated);
    let chosen = match wished {
        Some(month) => pictures.iter().find(|picture| picture.month == month),
        None => pictures.iter().find(waits).or_else(|| pictures.first()),
    };
    MonthsView { months: pictures.iter().map(row).collect(), month: chosen.map(detail), may_issue: true }
}

fn row(picture: &MonthPicture) -> MonthRow {
    let issued = pending(picture).filter(|(_, pending)| pending.issued.is_some()).count();
    MonthRow {
        month: picture.month.first_day().into(),
        state: picture.state.into(),
        net: picture.totals().0.decimal().into(),
        invoices: u64::try_from(issued).unwrap_or_default(),
    }
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
        preview: pending(picture).map(|(buyer, pending)| preview(buyer, pending)).collect(),
        net: net.decimal().into(),
        payable: payable.decimal().into(),
        as_of: picture.as_of.into(),
    }
}

fn pending(picture: &MonthPicture) -> impl Iterator<Item = (&BuyerMonth, &Pending)> {
    picture.buyers.iter().flat_map(|buyer| buyer.pending.iter().map(move |pending| (buyer, pending)))
}

fn preview(buyer: &BuyerMonth, pending: &Pending) -> PreviewRow {
    let draft = &pending.prepared.draft;
    let (net, payable) = pending.totals();
    PreviewRow {
        buyer: buyer.buyer.short_name.clone(),
        leitweg_id: draft.key.leitweg.as_ref().map(ToString::to_string).unwrap_or_default(),
        bookings: u64::try_from(pending.prepared.spans.len()).unwrap_or_default(),
        lines: u64::try_from(draft.lines.len()).unwrap_or_default(),
        net: net.decimal().into(),
        payable: payable.decimal().into(),
        invoice: pending.issued.as_ref().map(|head| head.id),
        number: pending.issued.as_ref().map(|head| head.number.clone()),
    }
}

/// What holds a document back, what was cut off, and what came late; each with its booking.
fn gaps(picture: &MonthPicture) -> Vec<GapRow> {
    let month = picture.month.period();
    let held = picture.obstacles.iter().filter_map(|obstacle| of_obstacle(obstacle, &month));
    let cut = picture
        .buyers
        .iter()
        .flat_map(BuyerMonth::shown_doubts)
        .filter_map(|(of, doubt)| of_doubt(of, doubt));
    let late = picture.late.iter().flat_map(|late| of_late(late, picture));
    held.chain(cut).chain(late).collect()
}

fn of_obstacle(obstacle: &Obstacle, month: &Period) -> Option<GapRow> {
    let booking = obstacle.booking.as_ref()?;
    let period = obstacle.period.unwrap_or(*month);
    Some(GapRow {
        booking: booking.id,
        number: booking.number.clone(),
        name: booking.name.clone(),
        meter: obstacle.meter.unwrap_or("all").to_owned(),
        from: period.from().into(),
        until: period.to().into(),
        reason: Text::new(&obstacle.code),
    })
}

fn of_doubt(of: &BookingPicture, doubt: &Doubt) -> Option<GapRow> {
    let (meter, from, until, reason) = match doubt {
        Doubt::Excess(meter, excess) => {
            let reason =
                Text::new("ceiling").with("reported", excess.reported).with("ordered", excess.ordered);
            (*meter, excess.period.from(), excess.period.to(), reason)
        }
        Doubt::CounterFell(fell) => {
            (fell.reading.meter, fell.reading.at, fell.reading.at, Text::new("counter-fell"))
        }
        Doubt::Irregular(..) => return None,
    };
    let booking = &of.row.booking;
    Some(GapRow {
        booking: booking.id,
        number: booking.number.clone(),
        name: booking.name.clone(),
        meter: meter.code().to_owned(),
        from: from.into(),
        until: until.into(),
        reason,
    })
}

/// A correction that waits, on the bookings whose lines would change.
fn of_late<'a>(late: &'a Late, picture: &'a MonthPicture) -> impl Iterator<Item = GapRow> + 'a {
    let reason = Text::new("late").with("invoice", &late.number).with("net_eur", late.net());
    let bookings = picture.buyers.iter().flat_map(|buyer| &buyer.bookings);
    bookings.filter_map(move |of| {
        let booking = &of.row.booking;
        let line = late.draft.lines.iter().find(|line| line.charge.booking.0 == booking.id)?;
        Some(GapRow {
            booking: booking.id,
            number: booking.number.clone(),
            name: booking.name.clone(),
            meter: "all".to_owned(),
            from: line.charge.service.from().into(),
            until: line.charge.service.to().into(),
            reason: reason.clone(),
        })
    })
}
