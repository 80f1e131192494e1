//! Answers: a page from a view, a redirect after a form, JSON.

use super::actor::Visitor;
use super::form_token;
use super::problem::{Failure, refusal_errors};
use super::recognise::{LANGUAGE_COOKIE, host_cookie};
use super::routes::{self, Guard};
use super::views::form::Form;
use super::views::page::{ClockNote, Lang, Notice, Page, PageUser};
use super::views::text::{Bearing, Text};
use crate::app::App;
use crate::usecases::{Error, Refusal};
use actix_web::cookie::time::Duration;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use domain::order::Finding;
use domain::policy::{Actor, authorize};
use serde::Serialize;

/// For one browser, which asks anew except when somebody goes back.
const KEPT_FOR_GOING_BACK: header::HeaderValue = header::HeaderValue::from_static("private, no-cache");
const NOTICE_COOKIE: &str = "__Host-notice";
/// Roles that only providers have; their navigation is another one.
const PROVIDER_ROLES: [&str; 4] = ["lists", "fulfils", "platform", "bills"];
const PROVIDER_PLACES: &[&str] =
    &["start", "offerings", "bookings", "tasks", "locations", "finance/months", "invoices"];
const CUSTOMER_PLACES: &[&str] =
    &["start", "offerings", "orders", "bookings", "tasks", "approvals", "budgets", "invoices"];

/// Renders a page that has no form.
pub fn page(request: &HttpRequest, template: &str, view: &impl Serialize) -> Result<HttpResponse, Failure> {
    page_with_status(
        request,
        template,
        view,
        &Form::fresh(crate::ports::secrets::new_id().to_string()),
        StatusCode::OK,
    )
}

/// Renders a page with the state of its form.
pub fn form_page(
    request: &HttpRequest,
    template: &str,
    view: &impl Serialize,
    form: &Form,
) -> Result<HttpResponse, Failure> {
    let status = if form.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = page_with_status(request, template, view, form, status)?;
    if !request.method().is_safe() && !form.secret {
        // What was answered to a form cannot be asked for again: a browser that may not keep it shows an error in its place
        // when somebody goes back. Signing out clears what was kept.
        response.headers_mut().insert(header::CACHE_CONTROL, KEPT_FOR_GOING_BACK);
    }
    Ok(response)
}

/// Renders a page with a given status.
pub fn page_with_status(
    request: &HttpRequest,
    template: &str,
    view: &impl Serialize,
    form: &Form,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let app = app(request)?;
    let frame = frame(request, app);
    let notice_shown = frame.notice.is_some();
    let html = app.templates.render(template, &frame, view, form);
    let html = html.map_err(|error| Failure(Error::Internal(error.into())))?;
    let mut response = HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html);
    if notice_shown {
        let mut gone = host_cookie(NOTICE_COOKIE, String::new());
        gone.set_max_age(Duration::ZERO);
        response.add_cookie(&gone).map_err(internal)?;
    }
    Ok(response)
}

/// Puts a refusal into a form, which keeps what was typed; everything else stays an error.
pub fn refused(request: &HttpRequest, form: Form, error: Error) -> Result<Form, Failure> {
    let app = app(request)?;
    match error {
        Error::Refused(refusal) => {
            Ok(Form { errors: refusal_errors(&app.templates, language(request), &refusal), ..form })
        }
        other => Err(Failure(other)),
    }
}

/// Where a form asks for the password once more, too many attempts are said beside it.
pub fn beside_the_password(error: Error) -> Error {
    match error {
        Error::TooMany { retry_after_seconds } => {
            let minutes = retry_after_seconds.div_ceil(60);
            let finding = Finding::new("/password", "password-too-often").with("minutes", minutes);
            Refusal::fields(vec![finding]).into()
        }
        other => other,
    }
}

/// After a form: go and look at the result, with a message that is shown once.
pub fn redirect(path: &str, notice: Option<&str>) -> Result<HttpResponse, Failure> {
    let mut response = HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish();
    if let Some(code) = notice {
        response.add_cookie(&host_cookie(NOTICE_COOKIE, code.to_owned())).map_err(internal)?;
    }
    Ok(response)
}

/// Whoever is not known signs in first and comes back.
#[must_use]
pub fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, sign_in_path(request))).finish()
}

/// The sign-in page that leads back to where the reader is; the answer of a form cannot be opened again.
fn sign_in_path(request: &HttpRequest) -> String {
    let safe = request.method().is_safe();
    let next = if safe { request.uri().to_string() } else { "/".to_owned() };
    format!("/sign-in?next={}", form_urlencoded(&next))
}

/// The language of the answer: what was chosen, else the person's, else the browser's, else German.
#[must_use]
pub fn language(request: &HttpRequest) -> Lang {
    if let Some(cookie) = request.cookie(LANGUAGE_COOKIE) {
        return Lang::from_tag(cookie.value());
    }
    if let Some(Visitor { who: Some(who), .. }) = request.extensions().get::<Visitor>() {
        return Lang::from_tag(&who.language);
    }
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map(Lang::from_tag).unwrap_or_default()
}

/// The state of the application that every request carries.
pub fn app(request: &HttpRequest) -> Result<&web::Data<App>, Failure> {
    request.app_data::<web::Data<App>>().ok_or_else(|| internal(anyhow::anyhow!("no application state")))
}

fn frame(request: &HttpRequest, app: &App) -> Page {
    let extensions = request.extensions();
    let visitor = extensions.get::<Visitor>();
    let notice = request.cookie(NOTICE_COOKIE).filter(|cookie| {
        !cookie.value().is_empty()
            && cookie.value().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    Page {
        lang: language(request),
        path: request.uri().to_string(),
        sign_in: sign_in_path(request),
        // The answer of a form stands at an address that only the form knows, and shows what is shown once.
        language_switch: request.method().is_safe(),
        csrf: visitor.map(|visitor| form_token::mask(&visitor.csrf)).unwrap_or_default(),
        user: visitor.and_then(|visitor| visitor.who.as_ref()).map(user),
        counts: visitor.map(|visitor| visitor.counts).unwrap_or_default(),
        notice: notice.map(|cookie| Notice {
            bearing: Bearing::Good,
            text: Text::new(cookie.value()),
            link: None,
        }),
        clock_note: app.clock.is_moved().then(|| ClockNote { now: app.clock.now().into() }),
        demo: app.config.demo,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn user(who: &db::people::Recognised) -> PageUser {
    let roles: Vec<String> = who.actor.grants.iter().map(|grant| grant.role.code().to_owned()).collect();
    let provider = roles.iter().any(|role| PROVIDER_ROLES.contains(&role.as_str()));
    PageUser {
        id: who.actor.person.0,
        name: who.actor.name.clone(),
        organisation_id: who.actor.organisation.0,
        organisation: who.organisation.clone(),
        unit: None,
        places: places(&who.actor, provider),
        provider,
        roles,
    }
}

/// The entries of the navigation whose pages the table of routes opens to this person.
fn places(actor: &Actor, provider: bool) -> Vec<&'static str> {
    let all = if provider { PROVIDER_PLACES } else { CUSTOMER_PLACES };
    let opens = |place: &&str| {
        let path = if *place == "start" { "/".to_owned() } else { format!("/{place}") };
        match routes::guard("get", &path) {
            Some(Guard::Public) => true,
            Some(Guard::Action(action)) => authorize(actor, action).is_ok(),
            Some(Guard::Operator) | None => false,
        }
    };
    all.iter().copied().filter(opens).collect()
}

/// Escapes a local path for use inside a query.
fn form_urlencoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn internal(error: impl Into<anyhow::Error>) -> Failure {
    Failure(Error::Internal(error.into()))
}
