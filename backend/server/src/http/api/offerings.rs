//! Catalogue and offerings.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::offerings::{Pairs, catalogue_query};
use crate::http::problem::{Failure, Problem};
use crate::http::views::catalogue::CatalogueView;
use crate::http::views::compare::CompareView;
use crate::http::views::offerings::OfferingView;
use crate::usecases::Refusal;
use crate::usecases::offerings::{self, Chosen};
use actix_web::{HttpResponse, web};
use domain::ids::OfferingId;
use uuid::Uuid;

/// Products with their offerings; `kind` and `provider` may repeat.
#[utoipa::path(get, path = "/api/v1/offerings", tag = "offerings",
    params(
        ("q" = Option<String>, Query, description = "Suchworte"),
        ("kind" = Option<String>, Query, description = "Art, mehrfach möglich"),
        ("provider" = Option<Uuid>, Query, description = "Anbieter, mehrfach möglich"),
        ("after" = Option<String>, Query, description = "Zeiger auf die nächste Seite, aus dem Feld next"),
    ),
    responses((status = 200, body = CatalogueView), (status = 401, body = Problem)))]
pub async fn list(app: web::Data<App>, who: SignedIn, query: Pairs) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(offerings::catalogue(&app, Some(&who.actor), &catalogue_query(&query)).await?))
}

/// One offering with plans, prices, checks, and an estimate for the sizes in the address.
#[utoipa::path(get, path = "/api/v1/offerings/{id}", tag = "offerings",
    params(
        ("id" = Uuid, Path, description = "Angebot"),
        ("plan" = Option<Uuid>, Query, description = "Tarif der Schätzung"),
        ("months" = Option<u32>, Query, description = "Laufzeit der Schätzung"),
        ("parameters.<name>" = Option<String>, Query, description = "Größe der Schätzung, nach calculator.fields"),
        ("expected.<code>" = Option<String>, Query, description = "Erwartete Ereignisse im Monat"),
    ),
    responses((status = 200, body = OfferingView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn show(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let chosen = Chosen { typed: query.0.into_iter().collect() };
    let (view, findings) = offerings::show(&app, Some(&who.actor), OfferingId(*id), &chosen).await?;
    if !findings.is_empty() {
        return Err(Failure(Refusal::fields(findings).into()));
    }
    Ok(HttpResponse::Ok().json(view))
}

/// The offers of one product side by side, for one size, one set of demands and this organisation.
#[utoipa::path(get, path = "/api/v1/products/{product}", tag = "offerings",
    params(
        ("product" = String, Path, description = "Wort, das die Angebote verbindet, aus dem Katalog"),
        ("plan" = Option<String>, Query, description = "Kürzel des Tarifs, aus plans"),
        ("parameters.<name>" = Option<String>, Query, description = "Größe, nach fields"),
        ("need_confidentiality" = Option<String>, Query, description = "normal, high oder very-high; ebenso need_integrity und need_availability"),
        ("stay" = Option<String>, Query, description = "anywhere, land-<Schlüssel> oder own"),
        ("certificate" = Option<String>, Query, description = "c5-type-1, c5-type-2, iso-27001 oder it-grundschutz"),
    ),
    responses((status = 200, body = CompareView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn compare(
    app: web::Data<App>,
    who: SignedIn,
    product: web::Path<String>,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let chosen = Chosen { typed: query.0.into_iter().collect() };
    let (view, findings) = offerings::compare(&app, Some(&who.actor), &product, &chosen).await?;
    if !findings.is_empty() {
        return Err(Failure(Refusal::fields(findings).into()));
    }
    Ok(HttpResponse::Ok().json(view))
}

/// Asks the colleague who can help with this offering, by mail, and by a draft with what was chosen if that person may
/// order.
#[utoipa::path(post, path = "/api/v1/offerings/{id}/ask", tag = "offerings",
    params(
        ("id" = Uuid, Path, description = "Angebot"),
        ("plan" = Option<Uuid>, Query, description = "Gewünschter Tarif"),
        ("parameters.<name>" = Option<String>, Query, description = "Gewünschte Größe, nach calculator.fields"),
    ),
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn ask(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let chosen = Chosen { typed: query.0.into_iter().collect() };
    offerings::ask(&app, &who.actor, OfferingId(*id), &chosen).await?;
    Ok(HttpResponse::NoContent().finish())
}
