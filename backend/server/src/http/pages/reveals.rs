//! One display of access data. The private half of its key lives in a cookie of the asking browser, for two minutes or
//! until a person of the provider had time to answer, and in no table.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::recognise::host_cookie;
use crate::http::respond;
use crate::http::views::bookings::{RevealState, RevealView, Secret};
use crate::usecases::reveals::{self, Display, Outcome};
use crate::usecases::{Error, bookings, rotations};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use contract::reveal::Access;
use domain::ids::BookingId;
use uuid::Uuid;

/// Cookie with the private half of the key.
const COOKIE: &str = "__Host-reveal";

/// Asks the location for the access data, after the password was typed once more.
pub async fn request(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let booking = BookingId(*id);
    let password = typed.0.get("password").cloned().unwrap_or_default();
    match reveals::request(&app, &who.actor, booking, password).await {
        Ok(ticket) => {
            let mut response = respond::redirect(&format!("/bookings/{booking}/reveal"), None)?;
            let name = name(ticket.by_people(), booking);
            response
                .add_cookie(&cookie(name, ticket.cookie().to_owned(), ticket.seconds()))
                .map_err(internal)?;
            Ok(response)
        }
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), respond::beside_the_password(error))?;
            let view = bookings::show(&app, &who.actor, booking).await?;
            respond::form_page(&request, "bookings/booking.html", &view, &form)
        }
    }
}

/// Has the access data changed, so that new ones can be shown.
pub async fn rotate(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    rotations::order(&app, &who.actor, BookingId(*id)).await?;
    respond::redirect(&format!("/bookings/{id}#access"), Some("access-changing"))
}

/// Shows the data if they have come, once; else how the display stands.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let booking = BookingId(*id);
    let held = request.cookie(&name(true, booking)).or_else(|| request.cookie(COOKIE));
    match reveals::look(&app, &who.actor, booking, held.as_ref().map(Cookie::value)).await {
        Ok(display) => shown(&request, display),
        // Nobody asked yet: the form to ask stands on the page of the booking.
        Err(Error::NotFound) => {
            bookings::show_progress(&app, &who.actor, booking).await?;
            respond::redirect(&format!("/bookings/{booking}"), None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The page of a display; the key is forgotten with the first answer that ends it.
fn shown(request: &HttpRequest, display: Display<Access>) -> Result<HttpResponse, Failure> {
    let ended = !matches!(display.outcome, Outcome::Waiting);
    let name = name(display.booking.location_id.is_none(), BookingId(display.booking.id));
    let mut response = respond::page(request, "bookings/reveal.html", &view(display))?;
    if ended && request.cookie(&name).is_some() {
        response.add_cookie(&cookie(name, String::new(), 0)).map_err(internal)?;
    }
    Ok(response)
}

fn view(display: Display<Access>) -> RevealView {
    let (state, access) = match display.outcome {
        Outcome::Waiting => (RevealState::Waiting, None),
        Outcome::Shown(access) => (RevealState::Shown, Some(access)),
        Outcome::AlreadyShown => (RevealState::AlreadyShown, None),
        Outcome::Expired => (RevealState::Expired, None),
        Outcome::Failed => (RevealState::Failed, None),
    };
    let fields = access.map(|access| access.fields).unwrap_or_default();
    let (authority, secrets): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| field.name == "ca");
    RevealView {
        booking: display.booking.id,
        number: display.booking.number,
        name: display.booking.name,
        state,
        requested_at: display.requested_at.into(),
        until: display.expires_at.into(),
        by_people: display.booking.location_id.is_none(),
        secrets: secrets
            .into_iter()
            .map(|field| Secret { code: field.name, label: field.label, value: field.value })
            .collect(),
        ca_pem: authority.into_iter().next().map(|field| field.value),
    }
}

/// A display that people answer waits for days: it has a cookie of its own, which no other display overwrites.
fn name(by_people: bool, booking: BookingId) -> String {
    if by_people { format!("{COOKIE}-{booking}") } else { COOKIE.to_owned() }
}

/// Never sent along from other sites, unreadable for scripts, gone with the display.
fn cookie(name: String, value: String, seconds: i64) -> Cookie<'static> {
    let mut cookie = host_cookie(name, value);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_max_age(Duration::seconds(seconds));
    cookie
}

fn internal(error: impl Into<anyhow::Error>) -> Failure {
    Failure(Error::Internal(error.into()))
}
