//! The audit of the own organisation.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::audit::{AuditQuery, view};
use crate::http::problem::Failure;
use crate::http::views::audit::AuditView;
use actix_web::{HttpResponse, web};

/// The youngest entries with the state of the chain; `after` continues behind an entry.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit",
    params(("after" = Option<i64>, Query, description = "number of the last entry of the page before")),
    responses((status = 200, body = AuditView)))]
pub async fn list(
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<AuditQuery>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(view(&app, &who, query.after).await?))
}
