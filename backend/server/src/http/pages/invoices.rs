//! Invoices: list, one invoice, and its files.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::invoices::present::{invoice_view, list_view, read_cursor};
use crate::usecases::invoices::{self, Format};
use actix_web::http::header::{self, ContentDisposition};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::InvoiceId;
use domain::policy::Role;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows per page.
pub(crate) const ROWS: usize = 50;

/// Shows what was received or issued.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, "invoices/list.html", &listed(&app, &who, &query).await?)
}

/// The same for page and API.
pub(crate) async fn listed(
    app: &App,
    who: &SignedIn,
    query: &BTreeMap<String, String>,
) -> Result<crate::http::views::invoices::InvoiceListView, Failure> {
    let after = query.get("after").and_then(|text| read_cursor(text));
    let limit = i64::try_from(ROWS + 1).unwrap_or_default();
    let found = invoices::list(app, &who.actor, after, limit).await?;
    Ok(list_view(found, ROWS, who.actor.holds(Role::Bills)))
}

/// Shows one invoice.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let shown = invoices::get(&app, &who.actor, InvoiceId(*id)).await?;
    respond::page(&request, "invoices/invoice.html", &invoice_view(&shown, "/invoices"))
}

/// The XRechnung as it was issued.
pub async fn xrechnung(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    file(&app, &who, *id, Format::Xrechnung).await
}

/// Its lines as a table.
pub async fn csv(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    file(&app, &who, *id, Format::Csv).await
}

/// Everything that was measured for it as a table.
pub async fn evidence(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    file(&app, &who, *id, Format::EvidenceCsv).await
}

/// A file to keep (RFC 6266); its name is ASCII, so no encoded variant is needed. Issued invoices never change, so the
/// same address gives the same bytes.
pub(crate) async fn file(
    app: &App,
    who: &SignedIn,
    id: Uuid,
    format: Format,
) -> Result<HttpResponse, Failure> {
    let file = invoices::download(app, &who.actor, InvoiceId(id), format).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, file.media_type))
        .insert_header(ContentDisposition::attachment(file.name))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .body(file.bytes))
}
