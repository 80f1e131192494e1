//! Changing a booking: the form with the price before and after, ordering it, and taking it back.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::{Failure, field_errors};
use crate::http::respond;
use crate::http::views::form::Form;
use crate::ports::secrets::new_id;
use crate::usecases::orders::{self, FilledChange};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::BookingId;
use std::collections::BTreeMap;
use uuid::Uuid;

const FORM: &str = "bookings/change.html";

/// Shows the form that changes a booking, for the plan that was chosen.
pub async fn form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let plan = query.get("plan").and_then(|plan| plan.parse().ok());
    let filled = orders::change_form(&app, &who.actor, BookingId(*id), plan).await?;
    shown(&request, &app, filled, new_id().to_string())
}

/// Shows what a change would cost; once that was seen, orders it.
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, key) = (BookingId(*id), typed.get("idempotency_key").to_owned());
    let (cmd, filled) = orders::read_change(&app, &who.actor, booking, &typed.0).await?;
    let digest = filled.view.compared.as_ref().map(|compared| compared.digest.clone());
    if !filled.findings.is_empty() || digest.is_none_or(|digest| digest != typed.get("seen")) {
        return shown(&request, &app, filled, key);
    }
    match orders::place_change(&app, &who.actor, &key, booking, &cmd).await {
        Ok(_) => respond::redirect(&format!("/bookings/{booking}"), Some("change-sent")),
        Err(error) => {
            let form = Form { values: filled.values, idempotency_key: key, ..Form::default() };
            let form = respond::refused(&request, form, error)?;
            respond::form_page(&request, FORM, &filled.view, &form)
        }
    }
}

fn shown(
    request: &HttpRequest,
    app: &App,
    filled: FilledChange,
    key: String,
) -> Result<HttpResponse, Failure> {
    let errors = field_errors(&app.templates, respond::language(request), &filled.findings);
    let form = Form { errors, values: filled.values, idempotency_key: key, ..Form::default() };
    respond::form_page(request, FORM, &filled.view, &form)
}

/// Takes a change back that the location has not done.
pub async fn revert(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let key = typed.get("idempotency_key").to_owned();
    orders::revert_change(&app, &who.actor, &key, BookingId(*id)).await?;
    respond::redirect(&format!("/bookings/{id}"), Some("change-reverted"))
}
