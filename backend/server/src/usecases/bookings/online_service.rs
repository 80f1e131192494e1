//! The record of an online service that went live with a booking, for the service finder of the Land.

use super::load::{Loaded, load};
use crate::app::App;
use crate::http::views::bookings::OnlineServiceView;
use crate::usecases::Error;
use crate::usecases::offerings::Details;
use domain::export::csv::CsvProfile;
use domain::export::online_service::{Described, OnlineService, records, table};
use domain::ids::BookingId;
use domain::policy::{Action, Actor, authorize};
use domain::task::{GO_LIVE, State};
use domain::time::berlin_day;

/// The records of one booking.
pub struct OnlineServices {
    /// Number of the booking.
    pub number: String,
    records: Vec<OnlineService>,
}

impl OnlineServices {
    /// As page and API show them.
    #[must_use]
    pub fn to_view(&self) -> Vec<OnlineServiceView> {
        self.records.iter().map(Into::into).collect()
    }

    /// As a table for another program.
    pub fn to_csv(&self) -> Result<Vec<u8>, Error> {
        table(&self.records, CsvProfile::MACHINE).map_err(|error| Error::Internal(error.into()))
    }
}

/// The records of a booking that the actor's organisation booked or fulfils. None before it went live, or where the offering
/// is no online service.
pub async fn online_service(app: &App, actor: &Actor, id: BookingId) -> Result<OnlineServices, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let of = load(app, actor, &scope, id).await?;
    let records = records_of(&of);
    if records.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(OnlineServices { number: of.row.number, records })
}

/// The records, once it went live and while the booking is not over: people confirm a start, or close the step that is named so;
/// without either it is there as soon as it runs.
pub(super) fn records_of(of: &Loaded) -> Vec<OnlineService> {
    let seen = of.seen.as_ref().filter(|seen| seen.gone_at.is_none());
    let Some(ready_at) = seen.and_then(|seen| seen.ready_at) else { return Vec::new() };
    let Some(online) = Details::read(&of.offering.version.details).online_service else { return Vec::new() };
    let ars = of.answers.get("ars").and_then(|ars| ars.as_str()).unwrap_or_default();
    let described = Described { title: &of.offering.version.title, url: &online.url, leika: &online.leika };
    let step = of.tasks.iter().find(|task| task.step == GO_LIVE);
    let live_at = match step {
        Some(step) => step.closed_at.filter(|_| step.state == State::Done.code()).map(|at| at.to_jiff()),
        None => Some(ready_at),
    };
    let Some(live_at) = live_at else { return Vec::new() };
    records(&described, ars, berlin_day(live_at.max(ready_at)), &of.row.number)
}
