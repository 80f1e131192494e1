//! Bookings: list, one booking, its progress, its evidence, and the form that ends it.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::form::Form;
use crate::ports::secrets::new_id;
use crate::usecases::bookings::{self, BookingQuery};
use crate::usecases::orders::{self, Resume, Switch, Terminate};
use crate::usecases::{Error, Refusal};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use contract::Power;
use domain::ids::BookingId;
use domain::order::Finding;
use domain::time::{Month, TimeRefused, berlin_day};
use jiff::civil::Date;
use std::collections::BTreeMap;
use uuid::Uuid;

const TERMINATE: &str = "bookings/terminate.html";
const POWER: &str = "bookings/power.html";

/// Shows a part of the list.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    respond::page(
        &request,
        "bookings/list.html",
        &bookings::list(&app, &who.actor, &read_query(&query)).await?,
    )
}

/// The part of a list that an address names; pages and API read it alike.
pub fn read_query(query: &BTreeMap<String, String>) -> BookingQuery {
    BookingQuery { tab: query.get("tab").cloned().unwrap_or_default(), after: query.get("after").cloned() }
}

/// Shows one booking.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = bookings::show(&app, &who.actor, BookingId(*id)).await?;
    respond::page(&request, "bookings/booking.html", &view)
}

/// Shows how much of a month it could be used.
pub async fn availability(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let month = read_month(&query)?;
    let view = bookings::show_availability(&app, &who.actor, BookingId(*id), month).await?;
    respond::page(&request, "bookings/availability.html", &view)
}

/// The month that an address names, if it names one; pages and API read it alike. There is nothing at a month that is none.
pub fn read_month(query: &BTreeMap<String, String>) -> Result<Option<Month>, Error> {
    let text = query.get("month").filter(|text| !text.is_empty());
    text.map(|text| text.parse()).transpose().map_err(|_no_month: TimeRefused| Error::NotFound)
}

/// Shows only the steps, for the part of the page that refreshes itself.
pub async fn progress(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = bookings::show_progress(&app, &who.actor, BookingId(*id)).await?;
    respond::page(&request, "bookings/progress.html", &view)
}

/// Hands the evidence over as a file.
pub async fn usage_csv(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let (name, csv) = bookings::usage_csv(&app, &who.actor, BookingId(*id)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(csv))
}

/// Hands over everything that is known about a booking, for the customer's own records.
pub async fn export(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let found = bookings::export(&app, &who.actor, BookingId(*id)).await?;
    let name = format!("attachment; filename=\"{}.json\"", found.booking.number);
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_DISPOSITION, name)).json(found))
}

/// Hands over the record of the online service that went live, for the provider's service finder.
pub async fn online_service_json(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let found = bookings::online_service(&app, &who.actor, BookingId(*id)).await?;
    let name = format!("attachment; filename=\"{}-onlinedienst.json\"", found.number);
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_DISPOSITION, name)).json(found.to_view()))
}

/// The same as a table.
pub async fn online_service_csv(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let found = bookings::online_service(&app, &who.actor, BookingId(*id)).await?;
    let name = format!("attachment; filename=\"{}-onlinedienst.csv\"", found.number);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(found.to_csv()?))
}

/// Shows the form that ends a booking.
pub async fn terminate_form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = bookings::show_termination(&app, &who.actor, BookingId(*id)).await?;
    let first = view.earliest_end.0;
    let form = Form::fresh(new_id().to_string())
        .value("end_day", first.day())
        .value("end_month", first.month())
        .value("end_year", first.year());
    respond::form_page(&request, TERMINATE, &view, &form)
}

/// Orders the end of a booking.
pub async fn terminate(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let booking = BookingId(*id);
    let placed = match read_termination(&typed, berlin_day(app.clock.now())) {
        Ok(cmd) => {
            let key = typed.get("idempotency_key").to_owned();
            orders::place_termination(&app, &who.actor, &key, booking, &cmd).await
        }
        Err(findings) => Err(Refusal::fields(findings).into()),
    };
    match placed {
        Ok(_) => respond::redirect(&format!("/bookings/{booking}"), Some("terminate-sent")),
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), error.beside("/ends_on", "/end_day"))?;
            let view = bookings::show_termination(&app, &who.actor, booking).await?;
            respond::form_page(&request, TERMINATE, &view, &form)
        }
    }
}

/// Orders that the end is taken back.
pub async fn resume(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, key) = (BookingId(*id), typed.get("idempotency_key").to_owned());
    let placed = match read_day(&typed, "end") {
        Ok(ends_on) => {
            let cmd = Resume { ends_on, justification: typed.get("justification").to_owned() };
            orders::place_resume(&app, &who.actor, &key, booking, &cmd).await
        }
        Err(wrong) => {
            let reason = orders::check_reason(typed.get("justification"), true);
            Err(Refusal::fields(std::iter::once(wrong).chain(reason).collect()).into())
        }
    };
    let Err(error) = placed else {
        return respond::redirect(&format!("/bookings/{booking}"), Some("resume-sent"));
    };
    let form = respond::refused(&request, typed.into_form(), error.beside("/ends_on", "/end_day"))?;
    let view = bookings::show(&app, &who.actor, booking).await?;
    respond::form_page(&request, "bookings/booking.html", &view, &form)
}

/// Hands over what was recorded about the deletion.
pub async fn deletion_record(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let (name, record) = bookings::deletion_record(&app, &who.actor, BookingId(*id)).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .json(record))
}

/// Shows what stopping or starting means, before it is ordered.
pub async fn power_form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = bookings::show_power(&app, &who.actor, BookingId(*id)).await?;
    respond::form_page(&request, POWER, &view, &Form::fresh(new_id().to_string()))
}

/// Stops or starts a booking.
pub async fn power(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let booking = BookingId(*id);
    let key = typed.get("idempotency_key").to_owned();
    let power = Power::from_code(typed.get("power")).ok_or(Error::NotFound)?;
    let cmd = Switch { power, justification: typed.get("justification").to_owned() };
    let Err(error) = orders::switch_power(&app, &who.actor, &key, booking, &cmd).await else {
        return respond::redirect(&format!("/bookings/{booking}"), Some(notice(power)));
    };
    let form = respond::refused(&request, typed.into_form(), error)?;
    let view = bookings::show_power(&app, &who.actor, booking).await?;
    respond::form_page(&request, POWER, &view, &form)
}

fn notice(power: Power) -> &'static str {
    match power {
        Power::On => "start-sent",
        Power::Off => "stop-sent",
    }
}

/// A day in three inputs; none if all of them are empty.
fn read_day(typed: &Typed, name: &str) -> Result<Option<Date>, Finding> {
    let part = |part: &str| typed.get(&format!("{name}_{part}")).trim();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    if [day, month, year].iter().all(|part| part.is_empty()) {
        return Ok(None);
    }
    let read = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    read().map(Some).ok_or_else(|| Finding::new(&format!("/{name}_day"), "date-invalid"))
}

fn read_termination(typed: &Typed, today: Date) -> Result<Terminate, Vec<Finding>> {
    let mut findings = Vec::new();
    let ends_on = read_day(typed, "end").unwrap_or_else(|wrong| {
        findings.push(wrong);
        None
    });
    // An empty day is no wish; only programs leave it out to mean today.
    if ends_on.is_none() && findings.is_empty() {
        findings.push(Finding::new("/end_day", "end-date-missing"));
    }
    if typed.get("confirm") != "true" {
        findings.push(Finding::new("/confirm", "confirm-missing"));
    }
    let justification = typed.get("justification").to_owned();
    let delete_at_once = typed.get("delete_at_once") == "true";
    let cmd = Terminate { ends_on, justification, delete_at_once };
    if findings.is_empty() {
        return Ok(cmd);
    }
    findings.extend(orders::check_termination(&cmd, today));
    Err(findings)
}
