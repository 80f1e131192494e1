//! The month run.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::months::waive::{self, Waive};
use crate::usecases::months::{self, present::months_view};
use crate::usecases::{Error, bookings};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::BookingId;
use domain::time::Month;
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

const TEMPLATE: &str = "finance/months.html";

/// Shows the months, and the one that was chosen.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let wished = query.get("month").map(|text| month(text)).transpose()?;
    let months = months::list(&app, &who.actor, wished).await?;
    respond::page(&request, TEMPLATE, &months_view(&months))
}

/// Shows one month.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let wished = month(&path)?;
    let months = months::list(&app, &who.actor, Some(wished)).await?;
    respond::page(&request, TEMPLATE, &months_view(&months))
}

/// Issues the month that the form names.
pub async fn issue_chosen(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let month = month(typed.get("month"))?;
    issued(&request, &app, &who, typed, month).await
}

/// Issues the month of the address.
pub async fn issue(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let month = month(&path)?;
    issued(&request, &app, &who, typed, month).await
}

async fn issued(
    request: &HttpRequest,
    app: &App,
    who: &SignedIn,
    typed: Typed,
    month: Month,
) -> Result<HttpResponse, Failure> {
    let done = months::issue(app, &who.actor, month).await.map(|_| "month-issued");
    answered(request, app, who, typed, (month, done)).await
}

/// Issues the corrections that a closed month needs.
pub async fn correct(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let month = month(&path)?;
    let done = months::correct(&app, &who.actor, month).await.map(|_| "corrections-issued");
    answered(&request, &app, &who, typed, (month, done)).await
}

/// Gives a stretch of usage up.
pub async fn waive(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let instant = |name: &str| typed.get(name).parse::<Timestamp>();
    let (Ok(from), Ok(until)) = (instant("from"), instant("until")) else {
        return Err(Failure(Error::NotFound));
    };
    let (meter, reason) = (typed.get("meter").to_owned(), typed.get("reason").to_owned());
    let done = waive::waive(&app, &who.actor, BookingId(*id), Waive { meter, from, until, reason }).await;
    let month = Month::of(from);
    answered(&request, &app, &who, typed, (month, done.map(|_| "usage-waived"))).await
}

/// Back to the month with a message, or the month again with what is wrong.
async fn answered(
    request: &HttpRequest,
    app: &App,
    who: &SignedIn,
    typed: Typed,
    (month, done): (Month, Result<&'static str, Error>),
) -> Result<HttpResponse, Failure> {
    match done {
        Ok(notice) => respond::redirect(&format!("/finance/months/{month}"), Some(notice)),
        Err(error) => {
            let form = respond::refused(request, typed.into_form(), error)?;
            let months = months::list(app, &who.actor, Some(month)).await?;
            respond::form_page(request, TEMPLATE, &months_view(&months), &form)
        }
    }
}

/// Issues the final invoice of a booking that has ended, or shows the booking with the reason why not.
pub async fn issue_final(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let booking = BookingId(*id);
    match months::issue_final(&app, &who.actor, booking).await {
        Ok(head) => respond::redirect(&format!("/invoices/{}", head.id), Some("final-issued")),
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), error)?;
            let view = bookings::show(&app, &who.actor, booking).await?;
            respond::form_page(&request, "bookings/booking.html", &view, &form)
        }
    }
}

/// `2026-10`, or a day of the month as forms send it.
pub(crate) fn month(text: &str) -> Result<Month, Failure> {
    let month = text.get(..7).unwrap_or(text).parse();
    month.map_err(|_not_a_month: domain::time::TimeRefused| Failure(Error::NotFound))
}
