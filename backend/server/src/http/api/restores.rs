//! Going back to an earlier state of a booking's data.

use super::changes::created;
use super::orders::idempotency_key;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::orders::OrderView;
use crate::usecases::bookings;
use crate::usecases::orders::{self, GoBack};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{BookingId, OrderId};
use uuid::Uuid;

/// Orders that the data go back to an earlier moment. It needs an approval; what is replaced is kept for some days.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/restore", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen"),
    ),
    request_body = GoBack,
    responses((status = 201, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<GoBack>,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request);
    let placed = orders::place_restore(&app, &who.actor, &key, BookingId(*id), &body).await?;
    created(&app, &who, OrderId(placed.id)).await
}

/// Lets what a restore has replaced go before its days are over.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/restore/drop", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn drop_replaced(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    bookings::drop_replaced(&app, &who.actor, BookingId(*id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
