//! The trouble of one booking with its service broker, and the form in which the provider's people say what shall be done.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::words::{self, SayWord};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::BookingId;
use uuid::Uuid;

const PAGE: &str = "provider/broker.html";

/// Shows it.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, PAGE, &words::show(&app, &who.actor, BookingId(*id)).await?)
}

/// Says something.
pub async fn say(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let booking = BookingId(*id);
    let cmd = SayWord {
        word: typed.get("word").to_owned(),
        reason: typed.get("reason").to_owned(),
        confirm: typed.get("confirm") == "true",
    };
    let Err(error) = words::say(&app, &who.actor, booking, &cmd).await else {
        return respond::redirect(&format!("/bookings/{booking}/broker"), Some("word-said"));
    };
    let form = respond::refused(&request, typed.into_form(), error)?;
    respond::form_page(&request, PAGE, &words::show(&app, &who.actor, booking).await?, &form)
}
