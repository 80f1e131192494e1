//! Catalogue and offering.

use crate::app::App;
use crate::http::actor::{SignedIn, Visitor};
use crate::http::forms::Typed;
use crate::http::problem::{Failure, field_errors};
use crate::http::respond;
use crate::http::views::form::Form;
use crate::usecases::offerings::{self, CatalogueQuery, Chosen};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::OfferingId;
use uuid::Uuid;

/// Pairs of a query, in their order; names may repeat.
pub type Pairs = web::Query<Vec<(String, String)>>;

/// Shows the catalogue, narrowed by words and facets.
pub async fn catalogue(
    request: HttpRequest,
    app: web::Data<App>,
    reader: Visitor,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let view = offerings::catalogue(&app, reader.actor(), &catalogue_query(&query)).await?;
    respond::page(&request, "offerings/catalogue.html", &view)
}

/// Shows one offering with an estimate for the sizes in the address.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    reader: Visitor,
    id: web::Path<Uuid>,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let chosen = Chosen { typed: query.0.into_iter().collect() };
    let (view, findings) = offerings::show(&app, reader.actor(), OfferingId(*id), &chosen).await?;
    let form = Form {
        errors: field_errors(&app.templates, respond::language(&request), &findings),
        values: chosen.typed,
        idempotency_key: crate::ports::secrets::new_id().to_string(),
        ..Form::default()
    };
    let status = if form.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond::page_with_status(&request, "offerings/offering.html", &view, &form, status)
}

/// Shows the offers of one product side by side.
pub async fn compare(
    request: HttpRequest,
    app: web::Data<App>,
    reader: Visitor,
    product: web::Path<String>,
    query: Pairs,
) -> Result<HttpResponse, Failure> {
    let chosen = Chosen { typed: query.0.into_iter().collect() };
    let (view, findings) = offerings::compare(&app, reader.actor(), &product, &chosen).await?;
    let form = Form {
        errors: field_errors(&app.templates, respond::language(&request), &findings),
        values: chosen.typed,
        ..Form::default()
    };
    let status = if form.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond::page_with_status(&request, "offerings/compare.html", &view, &form, status)
}

/// Asks the person who can help, with what was chosen.
pub async fn ask(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    offerings::ask(&app, &who.actor, OfferingId(*id), &Chosen { typed: typed.0 }).await?;
    respond::redirect(&format!("/offerings/{id}"), Some("asked"))
}

/// Reads the address of the catalogue.
#[must_use]
pub fn catalogue_query(pairs: &[(String, String)]) -> CatalogueQuery {
    let all = |name: &str| -> Vec<String> {
        pairs
            .iter()
            .filter(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.clone())
            .collect()
    };
    CatalogueQuery {
        q: all("q").pop().unwrap_or_default(),
        kinds: all("kind"),
        providers: all("provider"),
        after: all("after").pop(),
    }
}
