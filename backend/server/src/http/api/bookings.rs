//! Bookings.

use super::orders::idempotency_key;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::bookings::read_query;
use crate::http::problem::{Failure, Problem};
use crate::http::views::booking_export::BookingExport;
use crate::http::views::bookings::{BookingListView, BookingView, DeletionRecord, OnlineServiceView};
use crate::http::views::orders::OrderView;
use crate::usecases::bookings;
use crate::usecases::orders::{self, Resume, Switch, Terminate};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{BookingId, OrderId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Bookings that the organisation booked or runs, the youngest first.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings",
    params(
        ("tab" = Option<String>, Query, description = "running (Vorgabe) oder ended"),
        ("after" = Option<String>, Query, description = "Zeiger auf die nächste Seite, aus dem Feld next"),
    ),
    responses((status = 200, body = BookingListView), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(bookings::list(&app, &who.actor, &read_query(&query)).await?))
}

/// One booking with its progress, addresses, costs and evidence. Access data are no part of it; see `/reveals`.
#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("If-None-Match" = Option<String>, Header, description = "ETag des Stands, der schon bekannt ist"),
    ),
    responses((status = 200, body = BookingView), (status = 304, description = "unverändert"),
        (status = 404, body = Problem)))]
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = bookings::show(&app, &who.actor, BookingId(*id)).await?;
    let etag = format!("\"{}\"", view.etag);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag)).json(view))
}

/// Everything that the marketplace knows about a booking of one's own: agreements, orders, events, tasks, usage, charges,
/// invoices. Access data are not part of it.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/export", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 200, body = BookingExport), (status = 404, body = Problem)))]
pub async fn export(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(bookings::export(&app, &who.actor, BookingId(*id)).await?))
}

/// The online service that went live with a booking, one record per LeiKa key: what a Land's service finder needs.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/online-service", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 200, body = [OnlineServiceView]), (status = 404, body = Problem)))]
pub async fn online_service(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(bookings::online_service(&app, &who.actor, BookingId(*id)).await?.to_view()))
}

/// Orders the end of a booking. It needs an approval, like every order.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/terminate", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    request_body = Terminate,
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn terminate(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Terminate>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::place_termination(&app, &who.actor, &key, BookingId(*id), &body).await?;
    let view = orders::show(&app, &who.actor, OrderId(placed.id)).await?;
    Ok(HttpResponse::Created().insert_header((header::ETAG, format!("\"{}\"", view.etag))).json(view))
}

/// Stops a booking or starts it again. It takes effect at once; data stay, and what is stopped is not measured.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/power", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    request_body = Switch,
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn power(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Switch>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::switch_power(&app, &who.actor, &key, BookingId(*id), &body).await?;
    let view = orders::show(&app, &who.actor, OrderId(placed.id)).await?;
    Ok(HttpResponse::Created().insert_header((header::ETAG, format!("\"{}\"", view.etag))).json(view))
}

/// Takes the end of a booking back: before it has come, or while the data are kept. It needs an approval.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/resume", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    request_body = Resume,
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn resume(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Resume>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::place_resume(&app, &who.actor, &key, BookingId(*id), &body).await?;
    let view = orders::show(&app, &who.actor, OrderId(placed.id)).await?;
    Ok(HttpResponse::Created().insert_header((header::ETAG, format!("\"{}\"", view.etag))).json(view))
}

/// What was recorded about the deletion of a booking's data, with a digest of what its location reported.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/deletion-record", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 200, body = DeletionRecord), (status = 404, body = Problem)))]
pub async fn deletion_record(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(bookings::deletion_record(&app, &who.actor, BookingId(*id)).await?.1))
}
