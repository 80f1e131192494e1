//! Finds out who asks, before any handler runs: by session cookie on pages, by bearer token at the API.
//!
//! A cookie opens pages only, a token opens the API only; so no foreign page can use the API in somebody's name.

use super::actor::Visitor;
use super::headers::same_origin;
use super::problem::Failure;
use super::routes::{self, Guard};
use super::views::page::NavCounts;
use crate::app::App;
use crate::ports::secrets::new_secret;
use crate::usecases::{Error, account, waiting};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use domain::policy::{self, Denied};
use uuid::Uuid;

/// Cookie of the session.
pub const SESSION_COOKIE: &str = "__Host-sid";
/// Cookie of a visitor who has not signed in: holds the form token of the sign-in page.
pub const VISIT_COOKIE: &str = "__Host-visit";
/// The language that somebody chose.
pub const LANGUAGE_COOKIE: &str = "__Host-lang";

/// Middleware: refuses unsafe requests from foreign pages, and puts a [`Visitor`] into the others.
pub async fn recognise(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = request.path();
    // No path of this server needs an escape, and the router would read another path than the guards here.
    if path.contains('%') {
        return Ok(request.error_response(Failure(Error::NotFound)));
    }
    if path.starts_with("/agent/") || path.starts_with("/assets/") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let api = path.starts_with("/api/");
    if !api && !request.method().is_safe() && !same_origin(&request) {
        return Ok(request.error_response(Failure(Error::Conflict("foreign-origin"))));
    }
    let found = match app_of(&request) {
        Some(app) if api => by_token(&app, &request).await,
        Some(app) => by_session(&app, &request).await,
        None => Err(Error::Internal(anyhow::anyhow!("no application state"))),
    };
    let (who, session, mut csrf) = match found {
        Ok(found) => found,
        Err(error) => return Ok(request.error_response(Failure(error))),
    };
    let denied = who.as_ref().and_then(|who| forbidden(&request, who));
    let counted = match (&who, app_of(&request)) {
        (Some(who), Some(app)) if !api => waiting::counts(&app, &who.actor).await,
        _ => Ok(NavCounts::default()),
    };
    let counts = match counted {
        Ok(counts) => counts,
        Err(error) => return Ok(request.error_response(Failure(error))),
    };
    let mut visit = None;
    if csrf.is_empty() && !api {
        csrf = request.cookie(VISIT_COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        if csrf.len() < 40 {
            csrf = new_secret();
            visit = Some(csrf.clone());
        }
    }
    request.extensions_mut().insert(Visitor { who, session, csrf, counts, request_id: Uuid::now_v7() });
    // The page that says so is the visitor's, too, with name and number.
    if let Some(denied) = denied {
        return Ok(request.error_response(Failure(Error::Denied(denied))));
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(token) = visit {
        response.response_mut().add_cookie(&host_cookie(VISIT_COOKIE, token))?;
    }
    Ok(response)
}

fn app_of(request: &ServiceRequest) -> Option<web::Data<App>> {
    request.app_data::<web::Data<App>>().cloned()
}

/// What the table of routes says about this person: forbidden calls end here, before their bodies are read. The use-case
/// asks the policy again, because it is also called from elsewhere.
fn forbidden(request: &ServiceRequest, who: &db::people::Recognised) -> Option<Denied> {
    let pattern = request.match_pattern()?;
    match routes::guard(request.method().as_str(), &pattern)? {
        Guard::Action(action) => policy::authorize(&who.actor, action).err(),
        Guard::Public | Guard::Operator => None,
    }
}

type Found = (Option<db::people::Recognised>, Option<Uuid>, String);

async fn by_session(app: &App, request: &ServiceRequest) -> Result<Found, Error> {
    let Some(cookie) = request.cookie(SESSION_COOKIE) else { return Ok((None, None, String::new())) };
    Ok(match account::recognise_session(app, cookie.value()).await? {
        Some((who, session)) => (Some(who), Some(session.id), session.csrf_token),
        None => (None, None, String::new()),
    })
}

async fn by_token(app: &App, request: &ServiceRequest) -> Result<Found, Error> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
        return Ok((None, None, String::new()));
    };
    Ok((account::recognise_token(app, token).await?, None, String::new()))
}

/// A cookie of this host alone, sent only over TLS (or to the own machine), unreadable for scripts.
#[must_use]
pub fn host_cookie(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build(name, value).path("/").secure(true).http_only(true).same_site(SameSite::Lax).finish()
}
