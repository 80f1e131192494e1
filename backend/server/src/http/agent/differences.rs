//! What does not fit to the list that an operator compared.

use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::differences;
use actix_web::{HttpResponse, web};

/// Takes a report down.
pub async fn report(app: web::Data<App>, operator: Operator) -> Result<HttpResponse, Failure> {
    differences::report(&app, &operator.who, operator.json()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
