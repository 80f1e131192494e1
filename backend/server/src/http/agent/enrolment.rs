//! The one call without an assertion.

use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::agent;
use actix_web::{HttpResponse, web};
use contract::Enrolment;

/// Exchanges a one-time code for the trust in a key.
pub async fn enrol(app: web::Data<App>, body: web::Json<Enrolment>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(agent::enrol(&app, body.into_inner()).await?))
}
