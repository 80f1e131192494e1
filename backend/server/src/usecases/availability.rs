//! Whether bookings could be used: the facts that `domain::availability` needs, read from rows.
//!
//! `maintenance` lets platform people announce windows, `tell` mails the customers concerned, `measure` keeps what the
//! bookings of an offering came to in a month that is over. What one booking came to is shown by `bookings`.

mod maintenance;
mod measure;
mod tell;

pub use maintenance::{Announce, Shorten, announce, check_reason, list, shorten, withdraw};
pub use measure::measure;
pub use tell::tell;

use crate::http::views::availability::{MaintenanceView, NoticeView};
use crate::usecases::Error;
use anyhow::anyhow;
use db::availability::NoticeRow;
use db::bookings::EventRow;
use domain::availability::{Change, Event, LEAD, Window};
use domain::time::Period;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Deserialize;

/// What an offering version promises (`details.availability`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Promise {
    /// Per cent of a month.
    pub percent: Decimal,
    /// How long before its begin maintenance has to be announced; without a word [`LEAD`].
    #[serde(default)]
    pub maintenance_lead_hours: Option<i64>,
}

/// How long before its begin maintenance has to be announced under a promise.
#[must_use]
pub fn lead(promise: Option<&Promise>) -> SignedDuration {
    let hours = promise.and_then(|promise| promise.maintenance_lead_hours);
    hours.map_or(LEAD, |hours| SignedDuration::from_hours(hours.clamp(0, 24 * 90)))
}

/// The events that decide what time counts as.
#[must_use]
pub fn events(rows: &[EventRow]) -> Vec<Event> {
    rows.iter().filter_map(event).collect()
}

fn event(row: &EventRow) -> Option<Event> {
    let change = match row.name.as_str() {
        "ready" => Change::Ready,
        "interrupted" => Change::Down,
        "stop-ordered" => Change::StopOrdered,
        "start-ordered" => Change::StartOrdered,
        "change-ordered" => Change::ChangeOrdered,
        "effective" => Change::Effective,
        // What nobody carries out by itself waits for people, whatever keeps it.
        "refused" | "blocked" => Change::Refused,
        "end-ordered" => Change::EndOrdered { ends_at: row.detail.get("ends_at")?.as_str()?.parse().ok()? },
        "end-came" => Change::EndCame,
        "resume-ordered" => Change::ResumeOrdered { starts: starts(row) },
        _ => return None,
    };
    Some(Event { at: row.happened_at.to_jiff(), change })
}

/// Whether what was stopped for the end starts again. Rows from before this was told count as they did then.
fn starts(row: &EventRow) -> bool {
    row.detail.get("starts").and_then(serde_json::Value::as_bool).unwrap_or(true)
}

/// One window with everything that was said about it, the first word first.
#[derive(Debug, Clone)]
pub struct Said {
    notices: Vec<NoticeRow>,
    /// As it stands now.
    pub window: Window,
    /// It was withdrawn.
    pub withdrawn: bool,
}

impl Said {
    /// Reads the notices of one window.
    pub fn read(notices: Vec<NoticeRow>) -> Result<Self, Error> {
        let (Some(first), Some(last)) = (notices.first(), notices.last()) else {
            return Err(Error::NotFound);
        };
        let broken =
            |_: domain::time::TimeRefused| Error::Internal(anyhow!("window {}: no period", last.window_id));
        let period = Period::new(last.starts_at.to_jiff(), last.ends_at.to_jiff()).map_err(broken)?;
        let window = Window { period, announced_at: first.said_at.to_jiff() };
        Ok(Self { window, withdrawn: last.what == "withdrawn", notices })
    }

    /// The last word.
    pub fn last(&self) -> Option<&NoticeRow> {
        self.notices.last()
    }

    /// As pages show it; `lead` is what a booking was promised, if one is looked at.
    #[must_use]
    pub fn to_view(&self, lead: Option<SignedDuration>, now: Timestamp) -> Option<MaintenanceView> {
        let (first, last) = (self.notices.first()?, self.notices.last()?);
        let notice = |row: &NoticeRow| NoticeView {
            what: row.what.clone(),
            from: row.starts_at.to_jiff().into(),
            until: row.ends_at.to_jiff().into(),
            reason: row.reason.clone(),
            said_at: row.said_at.to_jiff().into(),
        };
        Some(MaintenanceView {
            id: first.window_id,
            from: self.window.period.from().into(),
            until: self.window.period.to().into(),
            reason: first.reason.clone(),
            announced_at: self.window.announced_at.into(),
            agreed: lead.map(|lead| self.window.agreed(lead)),
            state: last.what.clone(),
            begun: self.window.period.from() <= now,
            over: self.window.period.to() <= now,
            history: self.notices.iter().map(notice).collect(),
        })
    }
}

/// Windows out of notices that come window by window, the next to begin first.
pub fn windows(rows: Vec<NoticeRow>) -> Result<Vec<Said>, Error> {
    let mut grouped: Vec<Vec<NoticeRow>> = Vec::new();
    for row in rows {
        match grouped.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.window_id == row.window_id) => {
                group.push(row)
            }
            _ => grouped.push(vec![row]),
        }
    }
    let mut windows = grouped.into_iter().map(Said::read).collect::<Result<Vec<_>, _>>()?;
    windows.sort_by_key(|said| (said.window.period, said.notices.first().map(|row| row.window_id)));
    Ok(windows)
}

/// Periods of windows that count as agreed under a lead.
#[must_use]
pub fn agreed(windows: &[Said], lead: SignedDuration) -> Vec<Period> {
    let counts = |said: &&Said| !said.withdrawn && said.window.agreed(lead);
    windows.iter().filter(counts).map(|said| said.window.period).collect()
}

/// Silences as periods; one that goes on until now is known by the last word.
pub fn silent(
    rows: &[db::availability::SilenceRow],
    heard_at: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Period> {
    let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let known = rows.iter().map(|row| (row.starts_at.to_jiff(), row.ends_at.to_jiff()));
    let open = heard_at.filter(|at| now.duration_since(*at) > domain::booking::SILENCE).map(|at| (at, now));
    known.chain(open).filter_map(|(from, to)| Period::new(whole(from), whole(to)).ok()).collect()
}
