//! Invoices.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::invoices::{file, listed};
use crate::http::problem::{Failure, Problem};
use crate::http::views::invoices::{InvoiceListView, InvoiceView};
use crate::usecases::invoices::present::invoice_view;
use crate::usecases::invoices::{self, Format, verify};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use domain::ids::InvoiceId;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Invoices that the own organisation received or issued, the youngest first.
#[utoipa::path(get, path = "/api/v1/invoices", tag = "invoices",
    params(("after" = Option<String>, Query, description = "Zeiger auf die nächste Seite, aus dem Feld next")),
    responses((status = 200, body = InvoiceListView), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(listed(&app, &who, &query).await?))
}

/// One invoice with its lines, their explanation and the hash of its inputs. It never changes, and neither does its ETag.
#[utoipa::path(get, path = "/api/v1/invoices/{id}", tag = "invoices",
    params(("id" = Uuid, Path, description = "Rechnung")),
    responses((status = 200, body = InvoiceView), (status = 404, body = Problem)))]
pub async fn show(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    let shown = invoices::get(&app, &who.actor, InvoiceId(*id)).await?;
    let view = invoice_view(&shown, "/api/v1/invoices");
    let etag = format!("\"{}\"", view.evidence.xrechnung_sha256);
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag)).json(view))
}

/// The XRechnung as it was issued, byte for byte.
#[utoipa::path(get, path = "/api/v1/invoices/{id}/xrechnung", tag = "invoices",
    params(("id" = Uuid, Path, description = "Rechnung")),
    responses((status = 200, description = "XRechnung 3.0 (UBL)", content_type = "application/xml", body = String),
        (status = 404, body = Problem)))]
pub async fn xrechnung(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    file(&app, &who, *id, Format::Xrechnung).await
}

/// The lines as a table.
#[utoipa::path(get, path = "/api/v1/invoices/{id}/csv", tag = "invoices",
    params(("id" = Uuid, Path, description = "Rechnung")),
    responses((status = 200, description = "Positionen", content_type = "text/csv", body = String),
        (status = 404, body = Problem)))]
pub async fn csv(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    file(&app, &who, *id, Format::Csv).await
}

/// Every record and reading that the invoice was computed from, as a table.
#[utoipa::path(get, path = "/api/v1/invoices/{id}/evidence-csv", tag = "invoices",
    params(("id" = Uuid, Path, description = "Rechnung")),
    responses((status = 200, description = "Einzelnachweis", content_type = "text/csv", body = String),
        (status = 404, body = Problem)))]
pub async fn evidence(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    file(&app, &who, *id, Format::EvidenceCsv).await
}

/// What the recomputation of an invoice says.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationView {
    /// Number of the invoice.
    pub number: String,
    /// Whether it came out byte for byte.
    pub intact: bool,
    /// What does not fit.
    pub faults: Vec<String>,
}

/// Rates, groups and writes the invoice again from its evidence and compares every byte.
#[utoipa::path(get, path = "/api/v1/invoices/{id}/verification", tag = "invoices",
    params(("id" = Uuid, Path, description = "Rechnung")),
    responses((status = 200, body = VerificationView), (status = 404, body = Problem)))]
pub async fn verification(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let verified = verify::verify(&app, &who.actor, InvoiceId(*id)).await?;
    Ok(HttpResponse::Ok().json(VerificationView {
        intact: verified.faults.is_empty(),
        faults: verified.faults.iter().map(ToString::to_string).collect(),
        number: verified.number,
    }))
}
