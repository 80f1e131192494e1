//! Displays of access data that wait for their answer.

use super::Waiting;
use super::operator::Operator;
use crate::app::App;
use crate::http::problem::Failure;
use crate::usecases::{reveals, rotations, words};
use actix_web::{HttpResponse, web};
use domain::ids::{RevealId, RotationId, WordId};
use uuid::Uuid;

/// Answers with the open ones of the location, waiting for one.
pub async fn list(
    app: web::Data<App>,
    operator: Operator,
    query: web::Query<Waiting>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(reveals::pending(&app, &operator.who, query.wait()).await?))
}

/// Takes an answer; 410 if nobody waits for it any more.
pub async fn answer(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    reveals::answer(&app, &operator.who, RevealId(*id), operator.json()?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes down what became of an order to make new access data.
pub async fn answer_rotation(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    rotations::answered(&app, &operator.who, RotationId(*id), operator.json()?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes down what became of a word of the provider's people.
pub async fn answer_word(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    words::answered(&app, &operator.who, WordId(*id), operator.json()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
