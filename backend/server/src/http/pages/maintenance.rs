//! Maintenance of a location: what is announced, and the forms that announce, shorten and withdraw it.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::availability::{self, Announce, Shorten};
use crate::usecases::{Error, Refusal};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::LocationId;
use domain::order::Finding;
use domain::time::berlin;
use jiff::Timestamp;
use jiff::civil::DateTime;
use uuid::Uuid;

const PAGE: &str = "provider/maintenance.html";
/// That the begin is missing or unreadable.
const FROM: &str = "moment-from";
/// The same of the end.
const UNTIL: &str = "moment-until";

/// Shows it.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, PAGE, &availability::list(&app, &who.actor, LocationId(*id)).await?)
}

/// Announces a window.
pub async fn announce(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let done = match (moment(&typed, "starts_at"), moment(&typed, "ends_at")) {
        (Ok(Some(starts_at)), Ok(Some(ends_at))) => {
            let cmd = Announce { starts_at, ends_at, reason: typed.get("reason").to_owned() };
            availability::announce(&app, &who.actor, LocationId(*id), &cmd).await.map(|_window| ())
        }
        (starts_at, ends_at) => {
            let mut findings = Vec::new();
            findings.extend(missing(&starts_at).then(|| Finding::new("/starts_at", FROM)));
            findings.extend(missing(&ends_at).then(|| Finding::new("/ends_at", UNTIL)));
            findings.extend(availability::check_reason(typed.get("reason")));
            Err(Refusal::fields(findings).into())
        }
    };
    answer(&request, &app, &who, *id, typed, (done, "maintenance-announced")).await
}

/// Shortens or withdraws a window.
pub async fn change(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (id, window) = *path;
    let of = (LocationId(id), window);
    if typed.get("action") == "withdraw" {
        let done = availability::withdraw(&app, &who.actor, of).await;
        return answer(&request, &app, &who, id, Typed::default(), (done, "maintenance-withdrawn")).await;
    }
    let done = match (moment(&typed, "starts_at"), moment(&typed, "ends_at")) {
        (Ok(starts_at), Ok(ends_at)) => {
            availability::shorten(&app, &who.actor, of, &Shorten { starts_at, ends_at }).await
        }
        (starts_at, ends_at) => Err(unreadable(window, starts_at.is_err(), ends_at.is_err())),
    };
    answer(&request, &app, &who, id, of_window(&typed, window), (done, "maintenance-shortened")).await
}

/// What was typed, at the inputs of this window, not at those of the form for a new one.
fn of_window(typed: &Typed, window: Uuid) -> Typed {
    let inputs = [("from", "starts_at"), ("until", "ends_at")];
    let typed = inputs.map(|(input, name)| (format!("{input}-{window}"), typed.get(name).to_owned()));
    Typed(typed.into())
}

/// Which of these inputs cannot be read; what is left out stays as it was.
fn unreadable(window: Uuid, from: bool, until: bool) -> Error {
    let wrong = [("from", FROM, from), ("until", UNTIL, until)].into_iter().filter(|(.., wrong)| *wrong);
    let findings = wrong.map(|(input, code, _)| Finding::new(&format!("/{input}-{window}"), code));
    Refusal::fields(findings.collect()).into()
}

async fn answer(
    request: &HttpRequest,
    app: &App,
    who: &SignedIn,
    id: Uuid,
    typed: Typed,
    (done, notice): (Result<(), Error>, &'static str),
) -> Result<HttpResponse, Failure> {
    let error = match done {
        Ok(()) => return respond::redirect(&format!("/locations/{id}/maintenance"), Some(notice)),
        // What concerns no single input is said above the form.
        Err(Error::Refused(refusal)) if refusal.findings.is_empty() => {
            Refusal::fields(vec![Finding::new("", &refusal.code)]).into()
        }
        Err(error) => error,
    };
    let form = respond::refused(request, typed.into_form(), error)?;
    let view = availability::list(app, &who.actor, LocationId(id)).await?;
    respond::form_page(request, PAGE, &view, &form)
}

/// A moment as people in Germany write it: local time, without a zone. Nothing if nothing was typed.
fn moment(typed: &Typed, name: &str) -> Result<Option<Timestamp>, ()> {
    let text = typed.get(name);
    if text.is_empty() {
        return Ok(None);
    }
    let local: DateTime = text.parse().map_err(|_unreadable: jiff::Error| ())?;
    local.to_zoned(berlin()).map(|zoned| Some(zoned.timestamp())).map_err(|_no_such_time| ())
}

/// Whether it was left out or cannot be read.
fn missing(read: &Result<Option<Timestamp>, ()>) -> bool {
    !matches!(read, Ok(Some(_)))
}
