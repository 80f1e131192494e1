//! Maintenance of locations, and whether bookings could be used.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::bookings::read_month;
use crate::http::problem::{Failure, Problem};
use crate::http::views::availability::{AvailabilityView, MaintenanceListView};
use crate::usecases::availability::{self, Announce, Shorten};
use crate::usecases::bookings;
use actix_web::{HttpResponse, web};
use domain::ids::{BookingId, LocationId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Announced maintenance of a location, also what was shortened, withdrawn or is over for less than ninety days.
#[utoipa::path(get, path = "/api/v1/locations/{id}/maintenance", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    responses((status = 200, body = MaintenanceListView), (status = 404, body = Problem)))]
pub async fn list(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(availability::list(&app, &who.actor, LocationId(*id)).await?))
}

/// Announces maintenance. Customers with bookings there get a mail; it counts as agreed where it comes early enough.
#[utoipa::path(post, path = "/api/v1/locations/{id}/maintenance", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    request_body = Announce,
    responses((status = 201, body = MaintenanceListView), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn announce(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Announce>,
) -> Result<HttpResponse, Failure> {
    availability::announce(&app, &who.actor, LocationId(*id), &body).await?;
    Ok(HttpResponse::Created().json(availability::list(&app, &who.actor, LocationId(*id)).await?))
}

/// Makes announced maintenance shorter, also while it runs. What was announced before stays readable.
#[utoipa::path(post, path = "/api/v1/locations/{id}/maintenance/{window}/shorten", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort"), ("window" = Uuid, Path, description = "Wartungsfenster")),
    request_body = Shorten,
    responses((status = 200, body = MaintenanceListView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn shorten(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<Shorten>,
) -> Result<HttpResponse, Failure> {
    let (id, window) = *path;
    availability::shorten(&app, &who.actor, (LocationId(id), window), &body).await?;
    Ok(HttpResponse::Ok().json(availability::list(&app, &who.actor, LocationId(id)).await?))
}

/// Withdraws maintenance that has not begun.
#[utoipa::path(post, path = "/api/v1/locations/{id}/maintenance/{window}/withdraw", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort"), ("window" = Uuid, Path, description = "Wartungsfenster")),
    responses((status = 200, body = MaintenanceListView), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn withdraw(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Failure> {
    let (id, window) = *path;
    availability::withdraw(&app, &who.actor, (LocationId(id), window)).await?;
    Ok(HttpResponse::Ok().json(availability::list(&app, &who.actor, LocationId(id)).await?))
}

/// How much of a month a booking could be used, beside what was promised, to the second and with every interruption.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/availability", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("month" = Option<String>, Query, description = "Monat, zum Beispiel 2026-10; ohne Angabe der laufende"),
    ),
    responses((status = 200, body = AvailabilityView), (status = 404, body = Problem)))]
pub async fn of_booking(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let month = read_month(&query)?;
    Ok(HttpResponse::Ok().json(bookings::show_availability(&app, &who.actor, BookingId(*id), month).await?))
}
