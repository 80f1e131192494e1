//! Access data for programs: sealed to a key of the caller, fetched once.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::bookings::{Access, RevealState, SealedRevealView};
use crate::usecases::reveals::{self, AskSealed, Display, Outcome};
use crate::usecases::{bookings, rotations};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use domain::ids::{BookingId, RevealId};
use uuid::Uuid;

/// Asks for the access data of a booking. Needs the person's password beside the token; the answer of the location can be
/// opened only with the private half of the key that was sent.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/reveals", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    request_body = AskSealed,
    responses((status = 202, body = SealedRevealView, headers(("Location" = String))),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn request(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<AskSealed>,
) -> Result<HttpResponse, Failure> {
    let display = reveals::request_sealed(&app, &who.actor, BookingId(*id), body.into_inner()).await?;
    let place = format!("/api/v1/bookings/{id}/reveals/{}", display.id);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, place)).json(view(display)))
}

/// How a display of your own stands. The first answer in state `shown` is the only one that carries the sealed data.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/reveals/{reveal}", tag = "bookings",
    params(
        ("id" = Uuid, Path, description = "Buchung"),
        ("reveal" = Uuid, Path, description = "Anzeige, aus der Antwort auf die Anfrage"),
    ),
    responses((status = 200, body = SealedRevealView), (status = 404, body = Problem)))]
pub async fn show(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = path.into_inner();
    let display = reveals::hand_over(&app, &who.actor, BookingId(booking), RevealId(id)).await?;
    Ok(HttpResponse::Ok().json(view(display)))
}

/// Has the access data changed: what was seen once is shown again only afterwards. Needs nobody's approval; the former ones
/// stop working. Asked twice, they are changed once.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/access-rotations", tag = "bookings",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 202, body = Access), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn rotate(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    rotations::order(&app, &who.actor, BookingId(*id)).await?;
    let booking = bookings::show(&app, &who.actor, BookingId(*id)).await?;
    Ok(HttpResponse::Accepted().json(booking.access))
}

fn view(display: Display<String>) -> SealedRevealView {
    let (state, sealed) = match display.outcome {
        Outcome::Waiting => (RevealState::Waiting, None),
        Outcome::Shown(sealed) => (RevealState::Shown, Some(sealed)),
        Outcome::AlreadyShown => (RevealState::AlreadyShown, None),
        Outcome::Expired => (RevealState::Expired, None),
        Outcome::Failed => (RevealState::Failed, None),
    };
    SealedRevealView {
        id: display.id.0,
        booking: display.booking.id,
        state,
        requested_at: display.requested_at.into(),
        until: display.expires_at.into(),
        sealed,
    }
}
