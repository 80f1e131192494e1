//! Locations of a provider.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::locations::{self, CreateLocation, StateProfile};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::LocationId;
use domain::order::Finding;
use domain::placement::{Certificate, CertificateClass, Need, Protection};
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

/// States up to which need of protection it may be used, and by what evidence.
pub async fn state_profile(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let location = LocationId(*id);
    let (cmd, unread) = typed_profile(&typed);
    match locations::state_profile(&app, &who.actor, location, &cmd, unread).await {
        Ok(()) => respond::redirect(&format!("/locations/{id}"), Some("profile-stated")),
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), error)?;
            let view = locations::show(&app, &who.actor, location).await?;
            respond::form_page(&request, "provider/location.html", &view, &form)
        }
    }
}

/// What stands in the form: three levels, an organisation, and a number with a last day for each class of evidence. What cannot
/// be read is left out and said beside it.
fn typed_profile(typed: &Typed) -> (StateProfile, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut need = |aim: &str| {
        let name = format!("need_{aim}");
        Need::from_code(typed.get(&name)).unwrap_or_else(|| {
            findings.push(Finding::new(&format!("/{name}"), "demand"));
            Need::default()
        })
    };
    let protection = Protection {
        confidentiality: need("confidentiality"),
        integrity: need("integrity"),
        availability: need("availability"),
    };
    let mut certificates = Vec::new();
    for read in CertificateClass::ALL.into_iter().filter_map(|class| typed_certificate(typed, class)) {
        read.map_or_else(|wrong| findings.push(wrong), |good| certificates.push(good));
    }
    let data_centre_of = Some(typed.get("data_centre_of").to_owned());
    (StateProfile { protection, data_centre_of, certificates }, findings)
}

/// Number and last day of the evidence of a class, if anything was typed.
fn typed_certificate(typed: &Typed, class: CertificateClass) -> Option<Result<Certificate, Finding>> {
    let code = class.code();
    let (number, until) = (typed.get(&format!("{code}_number")), typed.get(&format!("{code}_until")));
    if number.is_empty() && until.is_empty() {
        return None;
    }
    let number = number.to_owned();
    let wrong = || Finding::new(&format!("/{code}_until"), "certificate-until");
    Some(
        until
            .parse()
            .map(|valid_until| Certificate { class, number, valid_until })
            .map_err(|_unreadable: jiff::Error| wrong()),
    )
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

/// Whether each order is decided by hand.
pub async fn decide(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let by_hand = typed.get("by_hand") == "true";
    locations::decide_by_hand(&app, &who.actor, LocationId(*id), by_hand).await?;
    let notice = if by_hand { "location-decides" } else { "location-decides-not" };
    respond::redirect(&format!("/locations/{id}"), Some(notice))
}
