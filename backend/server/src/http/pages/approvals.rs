//! Approvals: what waits, one order, the decision.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::{Failure, field_errors};
use crate::http::respond;
use crate::http::views::form::{FieldError, Form};
use crate::http::views::text::Text;
use crate::usecases::approvals::{self, Decide, Verdict};
use crate::usecases::{Error, Refusal};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::OrderId;
use domain::order::{Decision, Finding};
use uuid::Uuid;

const PAGE: &str = "approvals/approval.html";

/// Shows what waits for this person.
pub async fn list(request: HttpRequest, app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    respond::page(&request, "approvals/list.html", &approvals::list(&app, &who.actor).await?)
}

/// Shows one order with the budget before and after.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, PAGE, &approvals::show(&app, &who.actor, OrderId(*id)).await?)
}

/// Stores the decision.
pub async fn decide(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let id = OrderId(*id);
    let done = match verdict(&typed) {
        Some(cmd) => approvals::decide(&app, &who.actor, id, &cmd, typed.get("etag")).await,
        None => Err(Refusal::fields(vec![Finding::new("/decision", "decision-missing")]).into()),
    };
    match done {
        Ok(Decision::Rejected) => respond::redirect(&format!("/approvals/{id}"), Some("order-rejected")),
        Ok(_) => respond::redirect(&format!("/approvals/{id}"), Some("order-approved")),
        Err(Error::Refused(refusal)) => refused(&request, &app, &who, id, refusal, typed).await,
        Err(other) => Err(Failure(other)),
    }
}

/// What was decided, if anything.
fn verdict(typed: &Typed) -> Option<Decide> {
    let decision = match typed.get("decision") {
        "approve" => Verdict::Approve,
        "reject" => Verdict::Reject,
        _ => return None,
    };
    Some(Decide { decision, reason: typed.get("reason").to_owned() })
}

/// The same page with what is wrong; whoever came second reads who was first.
async fn refused(
    request: &HttpRequest,
    app: &App,
    who: &SignedIn,
    id: OrderId,
    refusal: Refusal,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let lang = respond::language(request);
    let mut errors = field_errors(&app.templates, lang, &refusal.findings);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if errors.is_empty() {
        status = StatusCode::CONFLICT;
        let text = Text { code: refusal.code.clone(), args: refusal.args };
        let message = app.templates.say(lang, "refused", &text).unwrap_or_else(|| refusal.code.clone());
        errors.push(FieldError { field: String::new(), pointer: String::new(), code: refusal.code, message });
    }
    let view = approvals::show(app, &who.actor, id).await?;
    respond::page_with_status(request, PAGE, &view, &Form { errors, ..typed.into_form() }, status)
}
