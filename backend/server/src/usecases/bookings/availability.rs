//! Whether one booking could be used, month by month, beside what its offering promised.

use super::load::{Loaded, load};
use super::standing::sentence;
use crate::app::App;
use crate::http::views::availability::{
    AvailabilityView, MaintenanceView, PromiseView, SecondsView, StretchView,
};
use crate::http::views::text::Text;
use crate::usecases::Error;
use crate::usecases::availability::{self as facts, Promise, Said};
use crate::usecases::offerings::Details;
use contract::MessageKey;
use db::availability::SilenceRow;
use db::bookings::EventRow;
use domain::availability::{Event, History, Stretch, Totals, Use, measure};
use domain::ids::{BookingId, LocationId};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::{Month, Period};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Months that can be looked at.
const MONTHS_MAX: usize = 36;

/// One month of a booking, for customer and provider alike. Without a month the present one; not found for a booking that
/// no operator reports about, and for months that it did not live in.
pub async fn show_availability(
    app: &App,
    actor: &Actor,
    id: BookingId,
    month: Option<Month>,
) -> Result<AvailabilityView, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let now = app.clock.now();
    let of = load(app, actor, &scope, id).await?;
    let measured = Measured::read(app, &scope, &of, now).await?;
    let month = month.or_else(|| measured.months().into_iter().next()).ok_or(Error::NotFound)?;
    measured.month(month).ok_or(Error::NotFound)
}

/// Everything that is known of it.
pub(super) struct Measured {
    booking: Uuid,
    number: String,
    name: String,
    /// Nothing where people fulfil it.
    location: Option<LocationId>,
    promise: Option<Promise>,
    lead: SignedDuration,
    rows: Vec<EventRow>,
    events: Vec<Event>,
    windows: Vec<Said>,
    silences: Vec<SilenceRow>,
    heard_at: Option<Timestamp>,
    /// From its begin to its end, or to now.
    life: Option<Period>,
    ends_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
    now: Timestamp,
}

impl Measured {
    pub(super) async fn read(app: &App, scope: &Scope, of: &Loaded, now: Timestamp) -> Result<Self, Error> {
        let promise = Details::read(&of.offering.version.details).availability;
        let ends_at = of.row.ends_at.map(|at| at.to_jiff());
        let life = life(of.row.created_at.to_jiff(), ends_at, now);
        let mut measured = Self {
            booking: of.row.id,
            number: of.row.number.clone(),
            name: of.row.name.clone(),
            location: of.row.location_id.map(LocationId),
            lead: facts::lead(promise.as_ref()),
            promise,
            rows: Vec::new(),
            events: Vec::new(),
            windows: Vec::new(),
            silences: Vec::new(),
            heard_at: of.heard_at(),
            life,
            ends_at,
            gone_at: of.seen.as_ref().and_then(|seen| seen.gone_at),
            now,
        };
        let (Some(location), Some(life)) = (measured.location, life) else { return Ok(measured) };
        let booking = BookingId(of.row.id);
        (measured.rows, measured.windows, measured.silences) = app
            .db
            .read(scope, async |conn: &mut db::Conn| {
                let rows = db::availability::list_history(conn, scope, booking).await?;
                let notices = db::availability::list_notices(conn, location, life.from()).await?;
                let silences = db::availability::list_silences(conn, location, &life).await?;
                Ok::<_, Error>((rows, facts::windows(notices)?, silences))
            })
            .await?;
        measured.events = facts::events(&measured.rows);
        Ok(measured)
    }

    /// Maintenance that is not over, as this booking was promised it; nothing for one that has ended.
    pub(super) fn maintenance(&self) -> Vec<MaintenanceView> {
        let ended = self.ends_at.is_some_and(|at| at <= self.now);
        let coming = self.windows.iter().filter(|said| !ended && said.window.period.to() > self.now);
        coming.filter_map(|said| said.to_view(Some(self.lead), self.now)).collect()
    }

    /// This month and the one before, as far as the booking lived in them.
    pub(super) fn latest(&self) -> Vec<AvailabilityView> {
        self.months().into_iter().take(2).filter_map(|month| self.month(month)).collect()
    }

    /// The months in which it lived, the youngest first.
    fn months(&self) -> Vec<Month> {
        let (Some(life), Some(_)) = (self.life, self.location) else { return Vec::new() };
        let mut months: Vec<Month> = life.months().into_iter().map(|(month, _)| month).collect();
        months.reverse();
        months.truncate(MONTHS_MAX);
        months
    }

    fn month(&self, month: Month) -> Option<AvailabilityView> {
        let months = self.months();
        if !months.contains(&month) {
            return None;
        }
        let history = History {
            events: &self.events,
            ends_at: self.ends_at,
            gone_at: self.gone_at,
            agreed: &facts::agreed(&self.windows, self.lead),
            silent: &facts::silent(&self.silences, self.heard_at, self.now),
            now: self.now,
        };
        let stretches = measure(month, &history);
        let totals = Totals::of(&stretches);
        let outcome = self.promise.as_ref().and_then(|promise| totals.against(promise.percent));
        let touching = |said: &&Said| said.window.period.overlap(&month.period()).is_some();
        let windows = self.windows.iter().filter(touching);
        Some(AvailabilityView {
            booking: self.booking,
            number: self.number.clone(),
            name: self.name.clone(),
            month: month.to_string(),
            over: month.period().to() <= self.now,
            promised: self.promise.as_ref().map(|promise| PromiseView {
                percent: promise.percent.into(),
                lead_hours: self.lead.as_hours(),
            }),
            percent: totals.percent().map(Into::into),
            at_least: totals.at_least().map(Into::into),
            outcome: outcome.map(|outcome| outcome.code().to_owned()),
            seconds: SecondsView {
                available: totals.available,
                interrupted: totals.interrupted,
                maintenance: totals.maintenance,
                unknown: totals.unknown,
                not_counted: totals.not_counted,
            },
            interruptions: stretches.iter().filter_map(|stretch| self.stretch(stretch)).collect(),
            maintenance: windows.filter_map(|said| said.to_view(Some(self.lead), self.now)).collect(),
            months: months.iter().map(Month::to_string).collect(),
        })
    }

    /// What was not available, with what the location said about it.
    fn stretch(&self, stretch: &Stretch) -> Option<StretchView> {
        let kind = match stretch.kind {
            Use::Interrupted => "interrupted",
            Use::Maintenance => "maintenance",
            Use::Unknown => "unknown",
            Use::Available | Use::NotCounted => return None,
        };
        let period = stretch.period;
        let mut downs = self.rows.iter().filter(|row| row.name == "interrupted");
        let cause = downs.rfind(|row| row.happened_at.to_jiff() < period.to());
        Some(StretchView {
            kind: kind.to_owned(),
            from: period.from().into(),
            until: period.to().into(),
            seconds: period.seconds(),
            open: period.to().as_second() >= self.now.as_second(),
            reason: cause.filter(|_| stretch.kind == Use::Interrupted).and_then(reason),
        })
    }
}

/// What the location said when it became unusable.
fn reason(row: &EventRow) -> Option<Text> {
    let key: MessageKey = serde_json::from_value(row.detail.get("message_key")?.clone()).ok()?;
    let args = row.detail.get("args").and_then(|args| serde_json::from_value(args.clone()).ok());
    Some(sentence(key, &args.unwrap_or_default()))
}

/// From the begin to the end, at least a second.
fn life(created_at: Timestamp, ends_at: Option<Timestamp>, now: Timestamp) -> Option<Period> {
    let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let from = whole(created_at);
    let to = whole(ends_at.unwrap_or(now).min(now)).max(from + SignedDuration::from_secs(1));
    Period::new(from, to).ok()
}
