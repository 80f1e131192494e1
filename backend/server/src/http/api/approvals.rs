//! Approvals.

use super::orders::if_match;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::approvals::{ApprovalListView, ApprovalView};
use crate::usecases::approvals::{self, Decide};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::OrderId;
use uuid::Uuid;

/// What waits for this person, and what was decided last.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "approvals",
    responses((status = 200, body = ApprovalListView), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(approvals::list(&app, &who.actor).await?))
}

/// One order with the budget before and after, and the checks.
#[utoipa::path(get, path = "/api/v1/approvals/{id}", tag = "approvals",
    params(("id" = Uuid, Path, description = "Bestellung")),
    responses((status = 200, body = ApprovalView), (status = 404, body = Problem)))]
pub async fn show(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    let view = approvals::show(&app, &who.actor, OrderId(*id)).await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, format!("\"{}\"", view.order.etag))).json(view))
}

/// Decides an order of somebody else. Whoever comes second is told so.
#[utoipa::path(post, path = "/api/v1/approvals/{id}", tag = "approvals",
    params(
        ("id" = Uuid, Path, description = "Bestellung"),
        ("If-Match" = Option<String>, Header, description = "ETag des Stands, der gelesen wurde"),
    ),
    request_body = Decide,
    responses((status = 200, body = ApprovalView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn decide(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Decide>,
) -> Result<HttpResponse, Failure> {
    let id = OrderId(*id);
    approvals::decide(&app, &who.actor, id, &body, &if_match(&request)).await?;
    let view = approvals::show(&app, &who.actor, id).await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, format!("\"{}\"", view.order.etag))).json(view))
}
