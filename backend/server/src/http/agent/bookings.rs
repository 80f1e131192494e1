//! What is wanted.

use super::Waiting;
use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::agent;
use actix_web::{HttpResponse, web};

/// Answers with everything, or with what changed after a revision.
pub async fn list(
    app: web::Data<App>,
    operator: Operator,
    query: web::Query<Waiting>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(agent::bookings(&app, &operator.who, query.after, query.wait()).await?))
}
