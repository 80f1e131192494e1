//! Transfers of bookings.

use super::changes::created;
use super::orders::idempotency_key;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::orders::OrderView;
use crate::http::views::transfer::TransferView;
use crate::usecases::orders::{self, Transfer};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{BookingId, OrderId};
use uuid::Uuid;

/// Where a booking belongs, and where it could.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/transfer-form", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 200, body = TransferView), (status = 404, body = Problem)))]
pub async fn form(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(orders::transfer_form(&app, &who.actor, BookingId(*id)).await?.view))
}

/// Orders that a booking moves to another Kostenstelle, Sachkonto or Haushaltsansatz. It needs an approval and counts from
/// the wished day, never backwards.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/transfer", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    request_body = Transfer,
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Transfer>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::place_transfer(&app, &who.actor, &key, BookingId(*id), &body).await?;
    created(&app, &who, OrderId(placed.id)).await
}
