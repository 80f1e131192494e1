//! What a location is and can.

use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::agent;
use actix_web::{HttpResponse, web};

/// Takes a heartbeat down.
pub async fn beat(app: web::Data<App>, operator: Operator) -> Result<HttpResponse, Failure> {
    let answer = agent::beat(&app, &operator.who, operator.json()?, super::operator::real_now()).await?;
    Ok(HttpResponse::Ok().json(answer))
}
