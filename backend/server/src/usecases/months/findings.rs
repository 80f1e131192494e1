//! What customer and provider both read about doubtful usage: what it is, what becomes of it, and who acts next. One list for
//! the page of the booking and the page of the month.

use super::picture::BookingPicture;
use crate::http::views::text::Text;
use db::usage::ConflictRow;
use db::waivers::WaiverRow;
use domain::metering::Irregular;
use domain::rating::Doubt;
use jiff::Timestamp;

/// One thing that somebody should know.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Code of the meter.
    pub meter: String,
    /// From when.
    pub from: Timestamp,
    /// Until when; the same where it is a moment.
    pub until: Timestamp,
    /// `gap-<code>` says what it is, `gap-next-<code>` who acts next.
    pub reason: Text,
    /// Whether the provider can give the stretch up.
    pub waivable: bool,
}

/// Everything about one booking in one month, in the order: what holds the month up, what was cut off, what contradicts
/// itself, what was given up.
#[must_use]
pub fn shown(of: &BookingPicture) -> Vec<Shown> {
    let (holding, cut): (Vec<_>, Vec<_>) =
        of.doubts.iter().filter_map(of_doubt).partition(|shown| shown.waivable);
    let conflicts = of.conflicts.iter().filter_map(of_conflict);
    let waived = of.waivers.iter().map(of_waiver);
    holding.into_iter().chain(cut).chain(conflicts).chain(waived).collect()
}

fn of_doubt(doubt: &Doubt) -> Option<Shown> {
    match doubt {
        Doubt::Irregular(meter, irregular) => {
            let code = match irregular {
                Irregular::Gap(_) => "missing",
                Irregular::Overlap(_) => "overlap",
                Irregular::MissingTransition { .. } => "missing-transition",
            };
            let period = irregular.period()?;
            Some(Shown {
                meter: meter.code().to_owned(),
                from: period.from(),
                until: period.to(),
                reason: Text::new(code),
                waivable: true,
            })
        }
        Doubt::Excess(meter, excess) => Some(Shown {
            meter: meter.code().to_owned(),
            from: excess.period.from(),
            until: excess.period.to(),
            reason: Text::new("ceiling").with("reported", excess.reported).with("ordered", excess.ordered),
            waivable: false,
        }),
        Doubt::CounterFell(fell) => Some(Shown {
            meter: fell.reading.meter.code().to_owned(),
            from: fell.reading.at,
            until: fell.reading.at,
            reason: Text::new("counter-fell"),
            waivable: false,
        }),
    }
}

/// A record that came a second time with another content; the first one counts.
fn of_conflict(row: &ConflictRow) -> Option<Shown> {
    let time = |name: &str| row.record.get(name)?.as_str()?.parse::<Timestamp>().ok();
    let from = time("from").or_else(|| time("at"))?;
    Some(Shown {
        meter: row.record.get("meter")?.as_str()?.to_owned(),
        from,
        until: time("to").unwrap_or(from),
        reason: Text::new("conflict").with("received_at", row.received_at.to_jiff()),
        waivable: false,
    })
}

fn of_waiver(row: &WaiverRow) -> Shown {
    Shown {
        meter: row.meter.clone(),
        from: row.from_at.to_jiff(),
        until: row.to_at.to_jiff(),
        reason: Text::new("waived").with("reason", &row.reason).with("waived_at", row.waived_at.to_jiff()),
        waivable: false,
    }
}
