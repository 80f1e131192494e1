//! Budget lines.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::budgets;
use actix_web::{HttpRequest, HttpResponse, web};
use std::collections::BTreeMap;

/// Shows the lines of a year.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let year = query.get("year").and_then(|year| year.parse().ok());
    respond::page(&request, "budgets/list.html", &budgets::list(&app, &who.actor, year).await?)
}
