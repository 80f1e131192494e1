//! Locations of a provider.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::locations::{self, CreateLocation};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::LocationId;
use uuid::Uuid;

/// Shows all of them.
pub async fn list(request: HttpRequest, app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    respond::page(&request, "provider/locations.html", &locations::list(&app, &who.actor).await?)
}

/// Adds one.
pub async fn create(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let cmd = CreateLocation { name: typed.get("name").to_owned(), place: typed.get("place").to_owned() };
    match locations::create(&app, &who.actor, cmd).await {
        Ok(id) => respond::redirect(&format!("/locations/{id}"), Some("location-created")),
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), error)?;
            let view = locations::list(&app, &who.actor).await?;
            respond::form_page(&request, "provider/locations.html", &view, &form)
        }
    }
}

/// Shows one.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    respond::page(
        &request,
        "provider/location.html",
        &locations::show(&app, &who.actor, LocationId(*id)).await?,
    )
}

/// Makes a one-time code and shows it this once.
pub async fn make_code(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    let location = LocationId(*id);
    let code = locations::make_code(&app, &who.actor, location).await?;
    let mut view = locations::show(&app, &who.actor, location).await?;
    view.enrolment = Some(code);
    respond::page(&request, "provider/location.html", &view)
}

/// Takes the trust away.
pub async fn revoke(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    locations::revoke(&app, &who.actor, LocationId(*id)).await?;
    respond::redirect(&format!("/locations/{id}"), Some("location-revoked"))
}
