//! The month run.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::Error;
use crate::usecases::months::{self, present::months_view};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::BookingId;
use domain::time::Month;
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
    let pictures = months::list(&app, &who.actor).await?;
    respond::page(&request, TEMPLATE, &months_view(&pictures, wished))
}

/// Shows one month.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let wished = month(&path)?;
    let pictures = months::list(&app, &who.actor).await?;
    respond::page(&request, TEMPLATE, &months_view(&pictures, Some(wished)))
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
    match months::issue(app, &who.actor, month).await {
        Ok(_) => respond::redirect(&format!("/finance/months/{month}"), Some("month-issued")),
        Err(error) => {
            let form = respond::refused(request, typed.into_form(), error)?;
            let pictures = months::list(app, &who.actor).await?;
            respond::form_page(request, TEMPLATE, &months_view(&pictures, Some(month)), &form)
        }
    }
}

/// Issues the final invoice of a booking that has ended.
pub async fn issue_final(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    let head = months::issue_final(&app, &who.actor, BookingId(*id)).await?;
    respond::redirect(&format!("/invoices/{}", head.id), Some("final-issued"))
}

/// `2026-10`, or a day of the month as forms send it.
pub(crate) fn month(text: &str) -> Result<Month, Failure> {
    let month = text.get(..7).unwrap_or(text).parse();
    month.map_err(|_not_a_month: domain::time::TimeRefused| Failure(Error::NotFound))
}
