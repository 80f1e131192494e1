//! Orders.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::orders::{OrderFormView, OrderListView, OrderView};
use crate::usecases::orders::{self, OrderQuery, PlaceOrder};
use crate::usecases::{Error, Refusal, approvals};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{OfferingId, OrderId};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Orders of this person or of the organisation, the youngest first.
#[utoipa::path(get, path = "/api/v1/orders", tag = "orders",
    params(
        ("tab" = Option<String>, Query, description = "mine (Vorgabe), organisation oder drafts"),
        ("after" = Option<String>, Query, description = "Zeiger auf die nächste Seite, aus dem Feld next"),
    ),
    responses((status = 200, body = OrderListView), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let query =
        OrderQuery { tab: query.get("tab").cloned().unwrap_or_default(), after: query.get("after").cloned() };
    Ok(HttpResponse::Ok().json(orders::list(&app, &who.actor, &query).await?))
}

/// What an order of this offering needs: fields of the kind, budget lines, legal bases, approvers, and what it will cost.
#[utoipa::path(get, path = "/api/v1/offerings/{id}/order-form", tag = "orders",
    params(("id" = Uuid, Path, description = "Angebot"), ("plan" = Option<Uuid>, Query, description = "Tarif")),
    responses((status = 200, body = OrderFormView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn form(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let chosen = query.into_inner().into_iter().collect();
    let filled = orders::form(&app, &who.actor, OfferingId(*id), chosen, String::new()).await?;
    Ok(HttpResponse::Ok().json(filled.view))
}

/// One order with its decision, cost and progress. The ETag changes with the decision.
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "orders",
    params(("id" = Uuid, Path, description = "Bestellung")),
    responses((status = 200, body = OrderView), (status = 404, body = Problem)))]
pub async fn show(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    Ok(with_etag(&orders::show(&app, &who.actor, OrderId(*id)).await?, false))
}

/// Places an order. The same `Idempotency-Key` with the same content answers with the same order.
#[utoipa::path(post, path = "/api/v1/orders", tag = "orders",
    params(("Idempotency-Key" = String, Header, description = "Selbst gewählter Schlüssel, höchstens 200 Zeichen")),
    request_body = PlaceOrder,
    responses((status = 201, body = OrderView), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn place(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    body: web::Json<Value>,
) -> Result<HttpResponse, Failure> {
    let cmd = orders::from_json(&body).map_err(|findings| Error::from(Refusal::fields(findings)))?;
    let placed = orders::place(&app, &who.actor, &idempotency_key(&request), &cmd, None).await?;
    Ok(with_etag(&orders::show(&app, &who.actor, OrderId(placed.id)).await?, true))
}

/// Throws an own draft away; drafts are listed with `tab=drafts`.
#[utoipa::path(post, path = "/api/v1/orders/{id}/discard", tag = "orders",
    params(("id" = Uuid, Path, description = "Entwurf")),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn discard(
    app: web::Data<App>,
    who: SignedIn,
    draft: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    orders::discard(&app, &who.actor, *draft).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes an own undecided order back.
#[utoipa::path(post, path = "/api/v1/orders/{id}/withdraw", tag = "orders",
    params(
        ("id" = Uuid, Path, description = "Bestellung"),
        ("If-Match" = Option<String>, Header, description = "ETag des Stands, der gelesen wurde"),
    ),
    responses((status = 200, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn withdraw(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    approvals::withdraw(&app, &who.actor, OrderId(*id), &if_match(&request)).await?;
    Ok(with_etag(&orders::show(&app, &who.actor, OrderId(*id)).await?, false))
}

/// The key that a client chose for one wish; empty if there is none.
pub fn idempotency_key(request: &HttpRequest) -> String {
    header_text(request, "idempotency-key")
}

/// The version that a client has read; empty if it does not say.
pub fn if_match(request: &HttpRequest) -> String {
    header_text(request, "if-match").trim_start_matches("W/").trim_matches('"').to_owned()
}

fn header_text(request: &HttpRequest, name: &str) -> String {
    let value = request.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim().to_owned()
}

fn with_etag(view: &OrderView, created: bool) -> HttpResponse {
    let mut response = if created { HttpResponse::Created() } else { HttpResponse::Ok() };
    if created {
        response.insert_header((header::LOCATION, format!("/api/v1/orders/{}", view.id)));
    }
    response.insert_header((header::ETAG, format!("\"{}\"", view.etag))).json(view)
}
