//! What was seen.

use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::agent;
use actix_web::{HttpResponse, web};

/// Takes a batch down.
pub async fn report(app: web::Data<App>, operator: Operator) -> Result<HttpResponse, Failure> {
    agent::observe(&app, &operator.who, operator.json()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
