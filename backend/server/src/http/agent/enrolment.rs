//! By which key an operator is known. Enrolment is the one call without an assertion.

use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::http::storable;
use crate::usecases::{Error, operator_keys};
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};

/// Largest enrolment; a code and a key fit many times. Nobody is known yet, so nothing large is read.
const BYTES_MAX: usize = 16 * 1024;

/// Exchanges a one-time code for the trust in a key.
pub async fn enrol(app: web::Data<App>, body: Bytes) -> Result<HttpResponse, Failure> {
    let malformed = || Failure(Error::Conflict("malformed"));
    if body.len() > BYTES_MAX || !storable::json(&body) {
        return Err(malformed());
    }
    let cmd = serde_json::from_slice(&body).map_err(|_unreadable| malformed())?;
    Ok(HttpResponse::Ok().json(operator_keys::enrol(&app, cmd).await?))
}

/// Lets the operator's next key take over.
pub async fn replace_key(app: web::Data<App>, operator: Operator) -> Result<HttpResponse, Failure> {
    let taken = operator_keys::replace(&app, &operator.who, &operator.key_id, &operator.json()?).await?;
    Ok(HttpResponse::Ok().json(taken))
}
