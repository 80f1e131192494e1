//! Pages about the product itself: the API in words, the accessibility statement.

use crate::http::api::openapi::Document;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::api_docs;
use crate::usecases::Error;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::OpenApi;

/// The API, read from its own document.
pub async fn api(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let document =
        serde_json::to_value(Document::openapi()).map_err(|error| Failure(Error::Internal(error.into())))?;
    respond::page(&request, "api/docs.html", &api_docs::from_openapi(&document))
}

/// The accessibility statement (§ 12b BGG, BITV 2.0).
pub async fn accessibility(request: HttpRequest) -> Result<HttpResponse, Failure> {
    respond::page(&request, "pages/accessibility.html", &serde_json::json!({}))
}
