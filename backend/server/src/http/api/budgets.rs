//! Budget lines.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::budgets::BudgetsView;
use crate::usecases::budgets;
use actix_web::{HttpResponse, web};
use std::collections::BTreeMap;

/// The budget lines of a year with what is reserved and confirmed in them.
#[utoipa::path(get, path = "/api/v1/budgets", tag = "budgets",
    params(("year" = Option<i16>, Query, description = "Haushaltsjahr, Vorgabe: das laufende")),
    responses((status = 200, body = BudgetsView), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let year = query.get("year").and_then(|year| year.parse().ok());
    Ok(HttpResponse::Ok().json(budgets::list(&app, &who.actor, year).await?))
}
