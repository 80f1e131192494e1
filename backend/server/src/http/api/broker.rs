//! The trouble of a booking with its service broker.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::broker::BrokerView;
use crate::usecases::words::{self, SayWord};
use actix_web::{HttpResponse, web};
use domain::ids::BookingId;
use uuid::Uuid;

/// What the location says about a booking of a shared service, what its provider's people can say, and what came of it.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/broker", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 200, body = BrokerView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn show(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(words::show(&app, &who.actor, BookingId(*id)).await?))
}

/// Says what shall be done: `retry` asks the broker for the same once more, `delete` ends there what may have come into being.
/// The location hears it once, within an hour or not at all. Said twice, it is said once.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/broker", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    request_body = SayWord,
    responses((status = 202, body = BrokerView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn say(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<SayWord>,
) -> Result<HttpResponse, Failure> {
    words::say(&app, &who.actor, BookingId(*id), &body).await?;
    Ok(HttpResponse::Accepted().json(words::show(&app, &who.actor, BookingId(*id)).await?))
}
