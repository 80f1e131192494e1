//! Moving a booking to another Kostenstelle or Haushaltsansatz: the form, and ordering it.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::{Failure, field_errors};
use crate::http::respond;
use crate::http::views::form::Form;
use crate::ports::secrets::new_id;
use crate::usecases::orders::{self, FilledTransfer};
use crate::usecases::{Error, Refusal};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::BookingId;
use uuid::Uuid;

const FORM: &str = "bookings/transfer.html";

/// Shows the form that moves a booking.
pub async fn form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let filled = orders::transfer_form(&app, &who.actor, BookingId(*id)).await?;
    shown(&request, &app, filled, new_id().to_string())
}

/// Orders that a booking moves.
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, key) = (BookingId(*id), typed.get("idempotency_key").to_owned());
    let (cmd, filled) = orders::read_transfer(&app, &who.actor, booking, &typed.0).await?;
    if !filled.findings.is_empty() {
        return shown(&request, &app, filled, key);
    }
    match orders::place_transfer(&app, &who.actor, &key, booking, &cmd).await {
        Ok(_) => respond::redirect(&format!("/bookings/{booking}"), Some("transfer-sent")),
        Err(Error::Refused(refusal)) => {
            let findings = orders::for_inputs(refusal.findings).collect();
            let form = Form { values: filled.values, idempotency_key: key, ..Form::default() };
            let form = respond::refused(&request, form, Refusal { findings, ..refusal }.into())?;
            respond::form_page(&request, FORM, &filled.view, &form)
        }
        Err(error) => Err(error.into()),
    }
}

fn shown(
    request: &HttpRequest,
    app: &App,
    filled: FilledTransfer,
    key: String,
) -> Result<HttpResponse, Failure> {
    let errors = field_errors(&app.templates, respond::language(request), &filled.findings);
    let form = Form { errors, values: filled.values, idempotency_key: key, ..Form::default() };
    respond::form_page(request, FORM, &filled.view, &form)
}
