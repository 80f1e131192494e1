//! What was measured.

use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::usage;
use actix_web::{HttpResponse, web};

/// Takes a batch down and answers per record, after commit.
pub async fn accept(app: web::Data<App>, operator: Operator) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(usage::accept_raw(&app, &operator.who, operator.json()?).await?))
}
