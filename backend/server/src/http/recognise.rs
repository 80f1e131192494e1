//! Finds out who asks, before any handler runs: by session cookie on pages, by bearer token at the API.
//!
//! A cookie opens pages only, a token opens the API only; so no foreign page can use the API in somebody's name.

use super::actor::Visitor;
use super::form_token;
use super::headers::same_origin;
use super::problem::Failure;
use super::routes::{self, Guard};
use super::storable;
use super::views::page::NavCounts;
use crate::app::App;
use crate::ports::secrets::new_secret;
use crate::usecases::{Error, account, waiting};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use domain::policy::{self, Denied};
use std::borrow::Cow;
use uuid::Uuid;

/// Cookie of the session.
pub const SESSION_COOKIE: &str = "__Host-sid";
/// Cookie of a visitor who has not signed in: holds the form token of the sign-in page.
pub const VISIT_COOKIE: &str = "__Host-visit";
/// Cookie of a device on which somebody has signed in before.
pub const DEVICE_COOKIE: &str = "__Host-device";
/// The language that somebody chose.
pub const LANGUAGE_COOKIE: &str = "__Host-lang";

/// Middleware: refuses unsafe requests from foreign pages, and puts a [`Visitor`] into the others.
pub async fn recognise(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = request.path();
    // No path of this server needs an escape, and the router would read another path than the guards here.
    if path.contains('%') {
        return Ok(request.error_response(Failure(Error::NotFound)));
    }
    if !storable::query(request.query_string()) {
        return Ok(request.error_response(Failure(Error::Conflict("malformed"))));
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
    let Found { who, session, mut csrf, reads_only } = match found {
        Ok(found) => found,
        Err(error) => return Ok(request.error_response(Failure(error))),
    };
    if reads_only && !request.method().is_safe() {
        return Ok(request.error_response(Failure(Error::Conflict("token-reads-only"))));
    }
    let denied = who.as_ref().and_then(|who| forbidden(&request, who));
    let counted = match (&who, app_of(&request)) {
        (Some(who), Some(app)) if !api => waiting::counts(&app, &who.actor).await,
        _ => Ok(NavCounts::default()),
    };
    let counts = match counted {
        Ok(counts) => counts,
        Err(error) => return Ok(request.error_response(Failure(error))),
    };
    let known = who.is_some();
    let mut visit = None;
    if csrf.is_empty() && !api {
        csrf = request.cookie(VISIT_COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        if !form_token::is_token(&csrf) {
            csrf = new_secret();
            visit = Some(csrf.clone());
        }
    }
    request.extensions_mut().insert(Visitor { who, session, csrf, counts, request_id: Uuid::now_v7() });
    // The page that says so is the visitor's, too, with name and number.
    if let Some(denied) = denied {
        return Ok(request.error_response(Failure(Error::Denied(denied))));
    }
    if api && known && !request.method().is_safe() && !storable_body(&mut request).await {
        return Ok(request.error_response(Failure(Error::Conflict("malformed"))));
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(token) = visit {
        response.response_mut().add_cookie(&host_cookie(VISIT_COOKIE, token))?;
    }
    Ok(response)
}

/// Looks at the body and puts it back for the handler, which has its own limit.
async fn storable_body(request: &mut ServiceRequest) -> bool {
    match request.extract::<web::Bytes>().await {
        Ok(body) => {
            let storable = storable::json(&body);
            request.set_payload(Payload::from(body));
            storable
        }
        // Too long or cut off: the handler finds out the same and says so.
        Err(_unreadable) => true,
    }
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

#[derive(Default)]
struct Found {
    who: Option<db::people::Recognised>,
    session: Option<Uuid>,
    csrf: String,
    reads_only: bool,
}

async fn by_session(app: &App, request: &ServiceRequest) -> Result<Found, Error> {
    let Some(cookie) = request.cookie(SESSION_COOKIE) else { return Ok(Found::default()) };
    let found = account::recognise_session(app, cookie.value()).await?;
    Ok(found.map_or_else(Found::default, |(who, session)| Found {
        who: Some(who),
        session: Some(session.id),
        csrf: session.csrf_token,
        reads_only: false,
    }))
}

async fn by_token(app: &App, request: &ServiceRequest) -> Result<Found, Error> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
        return Ok(Found::default());
    };
    let found = account::recognise_token(app, token).await?;
    Ok(found.map_or_else(Found::default, |program| Found {
        who: Some(program.who),
        reads_only: program.reads_only,
        ..Found::default()
    }))
}

/// A cookie of this host alone, sent only over TLS (or to the own machine), unreadable for scripts.
#[must_use]
pub fn host_cookie(name: impl Into<Cow<'static, str>>, value: String) -> Cookie<'static> {
    Cookie::build(name, value).path("/").secure(true).http_only(true).same_site(SameSite::Lax).finish()
}
