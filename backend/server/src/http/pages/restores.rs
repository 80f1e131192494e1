//! The form that brings an earlier state of a booking's data back, and the word that what was replaced may go.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::form::Form;
use crate::ports::secrets::new_id;
use crate::usecases::Refusal;
use crate::usecases::bookings;
use crate::usecases::orders::{self, GoBack};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::BookingId;
use domain::order::Finding;
use domain::time::berlin_instant;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use uuid::Uuid;

const FORM: &str = "bookings/restore.html";

/// Shows the form.
pub async fn form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = bookings::show_restore(&app, &who.actor, BookingId(*id)).await?;
    respond::form_page(&request, FORM, &view, &Form::fresh(new_id().to_string()))
}

/// Orders it.
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, key) = (BookingId(*id), typed.get("idempotency_key").to_owned());
    let placed = match read(&typed) {
        Ok(cmd) => orders::place_restore(&app, &who.actor, &key, booking, &cmd).await,
        Err(findings) => Err(Refusal::fields(findings).into()),
    };
    let Err(error) = placed else {
        return respond::redirect(&format!("/bookings/{booking}"), Some("restore-sent"));
    };
    let form = respond::refused(&request, typed.into_form(), error.beside("/at", "/at_day"))?;
    let view = bookings::show_restore(&app, &who.actor, booking).await?;
    respond::form_page(&request, FORM, &view, &form)
}

/// Lets what was replaced go, for good: a tick says so before.
pub async fn drop_replaced(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    if typed.get("drop_confirm") != "true" {
        let missing = Refusal::fields(vec![Finding::new("/drop_confirm", "drop-confirm-missing")]);
        let form = respond::refused(&request, typed.into_form(), missing.into())?;
        let view = bookings::show(&app, &who.actor, BookingId(*id)).await?;
        return respond::form_page(&request, "bookings/booking.html", &view, &form);
    }
    bookings::drop_replaced(&app, &who.actor, BookingId(*id)).await?;
    respond::redirect(&format!("/bookings/{}", *id), Some("replaced-dropped"))
}

fn read(typed: &Typed) -> Result<GoBack, Vec<Finding>> {
    let mut findings = Vec::new();
    let at = moment(typed);
    if at.is_none() {
        findings.push(Finding::new("/at_day", "moment-invalid"));
    }
    if typed.get("confirm") != "true" {
        findings.push(Finding::new("/confirm", "confirm-missing"));
    }
    findings.extend(orders::check_reason(typed.get("justification"), true));
    match at.filter(|_| findings.is_empty()) {
        Some(at) => Ok(GoBack { at, justification: typed.get("justification").to_owned() }),
        None => Err(findings),
    }
}

/// Day and time as people in Germany write them.
fn moment(typed: &Typed) -> Option<Timestamp> {
    let number = |name: &str| typed.get(name).parse::<i16>().ok();
    let small = |name: &str| typed.get(name).parse::<i8>().ok();
    let day = Date::new(number("at_year")?, small("at_month")?, small("at_day")?).ok()?;
    let mut parts = typed.get("at_time").split(':').map(|part| part.trim().parse::<i8>());
    let mut part = || parts.next().transpose().ok();
    let (hour, minute, second) = (part()??, part()??, part()?.unwrap_or(0));
    berlin_instant(day, Time::new(hour, minute, second, 0).ok()?)
}
