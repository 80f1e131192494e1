//! Orders: form, check, sending, list, one order, taking it back.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::pages::offerings::Pairs;
use crate::http::problem::{Failure, field_errors};
use crate::http::respond;
use crate::http::views::form::Form;
use crate::usecases::orders::{self, Filled, OrderQuery};
use crate::usecases::{Error, Refusal, approvals};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{OfferingId, OrderId};
use std::collections::BTreeMap;
use uuid::Uuid;

const FORM: &str = "orders/form.html";

/// Shows an empty form, with what was chosen on the page of the offering.
pub async fn form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let key = crate::ports::secrets::new_id().to_string();
    let chosen = query.0.into_iter().collect();
    let filled = orders::form(&app, &who.actor, OfferingId(*id), chosen, key).await?;
    filled_page(&request, &app, filled, StatusCode::OK)
}

/// Saves a new draft and goes on to the check, or shows what is wrong.
pub async fn save_new(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    save(request, app, who, (Some(OfferingId(*id)), None), typed).await
}

/// Shows a draft again.
pub async fn edit(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    draft: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let filled = match orders::edit(&app, &who.actor, *draft).await {
        Err(Error::NotFound) => return sent_before(&app, &who, *draft).await,
        found => found?,
    };
    filled_page(&request, &app, filled, StatusCode::OK)
}

/// Saves a draft and goes on to the check, or shows what is wrong.
pub async fn save_draft(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    draft: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    save(request, app, who, (None, Some(*draft)), typed).await
}

async fn save(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    of: (Option<OfferingId>, Option<Uuid>),
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let form = typed.into_form();
    let mut values = form.values;
    values.remove("idempotency_key");
    let saved = orders::save(&app, &who.actor, of, values, form.idempotency_key).await?;
    match saved.wrong {
        Some(filled) => filled_page(&request, &app, filled, StatusCode::UNPROCESSABLE_ENTITY),
        None => respond::redirect(&format!("/orders/{}/check", saved.id), None),
    }
}

/// Shows the answers once more; whatever is wrong with them leads back to the form.
pub async fn check(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    draft: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    match orders::check(&app, &who.actor, *draft).await {
        Ok(Some(check)) => {
            respond::form_page(&request, "orders/check.html", &check.view, &Form::fresh(check.key))
        }
        Ok(None) => respond::redirect(&format!("/orders/{draft}/edit"), None),
        Err(Error::NotFound) => sent_before(&app, &who, *draft).await,
        Err(error) => Err(error.into()),
    }
}

/// Whoever goes back to a draft that was sent sees the order that it has become.
async fn sent_before(app: &App, who: &SignedIn, draft: Uuid) -> Result<HttpResponse, Failure> {
    orders::show(app, &who.actor, OrderId(draft)).await?;
    respond::redirect(&format!("/orders/{draft}"), None)
}

/// Sends a draft, once.
pub async fn submit(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    draft: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let confirmed = matches!(typed.get("confirm"), "true" | "on");
    let key = typed.get("idempotency_key").to_owned();
    let sent = orders::submit(&app, &who.actor, *draft, &key, confirmed, typed.get("etag")).await;
    match sent {
        Ok(placed) => respond::redirect(&format!("/orders/{}", placed.id), Some("order-sent")),
        Err(Error::Refused(refusal)) if !refusal.findings.is_empty() => {
            wrong(&request, &app, &who, *draft, refusal, typed).await
        }
        Err(other) => Err(Failure(other)),
    }
}

/// What is missing on the check page stays there; everything else is shown in the form.
async fn wrong(
    request: &HttpRequest,
    app: &App,
    who: &SignedIn,
    draft: Uuid,
    refusal: Refusal,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let errors = field_errors(&app.templates, respond::language(request), &refusal.findings);
    match orders::check(app, &who.actor, draft).await? {
        Some(check) => {
            let form = Form { errors, idempotency_key: check.key, ..typed.into_form() };
            respond::form_page(request, "orders/check.html", &check.view, &form)
        }
        None => {
            let filled = orders::edit(app, &who.actor, draft).await?;
            let form = Form { errors, ..filled.to_form() };
            respond::form_page(request, FORM, &filled.view, &form)
        }
    }
}

/// Throws an own draft away.
pub async fn discard(
    app: web::Data<App>,
    who: SignedIn,
    draft: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    orders::discard(&app, &who.actor, *draft).await?;
    respond::redirect("/orders?tab=drafts", Some("draft-discarded"))
}

/// Shows a list of orders.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let query =
        OrderQuery { tab: query.get("tab").cloned().unwrap_or_default(), after: query.get("after").cloned() };
    respond::page(&request, "orders/list.html", &orders::list(&app, &who.actor, &query).await?)
}

/// Shows one order.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, "orders/order.html", &orders::show(&app, &who.actor, OrderId(*id)).await?)
}

/// Takes an undecided order back.
pub async fn withdraw(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    approvals::withdraw(&app, &who.actor, OrderId(*id), typed.get("etag")).await?;
    respond::redirect(&format!("/orders/{id}"), Some("order-withdrawn"))
}

fn filled_page(
    request: &HttpRequest,
    app: &App,
    filled: Filled,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let errors = field_errors(&app.templates, respond::language(request), &filled.findings);
    let form = Form { errors, ..filled.to_form() };
    respond::page_with_status(request, FORM, &filled.view, &form, status)
}
