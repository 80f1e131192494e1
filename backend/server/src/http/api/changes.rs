//! Changes of bookings.

use super::orders::idempotency_key;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::change::{ChangeView, ComparedView};
use crate::http::views::orders::OrderView;
use crate::usecases::orders::{self, Change};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{BookingId, OrderId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What can be different about a booking, for one of the plans that it can go to.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/change-form", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("plan" = Option<Uuid>, Query, description = "Tarif; ohne Angabe der gebuchte"),
    ),
    responses((status = 200, body = ChangeView), (status = 404, body = Problem)))]
pub async fn form(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let plan = query.get("plan").and_then(|plan| plan.parse().ok());
    Ok(HttpResponse::Ok().json(orders::change_form(&app, &who.actor, BookingId(*id), plan).await?.view))
}

/// What a change would cost and bind. Nothing is ordered.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/change-preview", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    request_body = Change,
    responses((status = 200, body = ComparedView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn preview(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Change>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(orders::change_compared(&app, &who.actor, BookingId(*id), &body).await?))
}

/// Orders another plan or other sizes. It needs an approval; what becomes dearer costs more once it is in effect.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/change", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    request_body = Change,
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Change>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::place_change(&app, &who.actor, &key, BookingId(*id), &body).await?;
    created(&app, &who, OrderId(placed.id)).await
}

/// Takes the last change back while the location has not done it. It needs no approval and frees the money of the change.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/change/revert", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn revert(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::revert_change(&app, &who.actor, &key, BookingId(*id)).await?;
    created(&app, &who, OrderId(placed.id)).await
}

/// Answers with the order that was placed.
pub(super) async fn created(app: &App, who: &SignedIn, order: OrderId) -> Result<HttpResponse, Failure> {
    let view = orders::show(app, &who.actor, order).await?;
    Ok(HttpResponse::Created().insert_header((header::ETAG, format!("\"{}\"", view.etag))).json(view))
}
