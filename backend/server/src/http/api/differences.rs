//! Differences after a restore.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::differences::DifferenceListView;
use crate::usecases::differences::{self, AnswerDifference};
use actix_web::{HttpResponse, web};
use domain::ids::DifferenceId;
use uuid::Uuid;

/// What locations and the marketplace do not agree about since one of them was restored; open ones first.
#[utoipa::path(get, path = "/api/v1/differences", tag = "locations",
    responses((status = 200, body = DifferenceListView), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(differences::list(&app, &who.actor).await?))
}

/// Decides about one. What ends a booking takes effect once somebody else has agreed.
#[utoipa::path(post, path = "/api/v1/differences/{id}", tag = "locations",
    params(("id" = Uuid, Path, description = "Abweichung")),
    request_body = AnswerDifference,
    responses((status = 200, body = DifferenceListView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn answer(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<AnswerDifference>,
) -> Result<HttpResponse, Failure> {
    differences::answer(&app, &who.actor, DifferenceId(*id), &body).await?;
    list(app, who).await
}

/// Agrees with what somebody else decided.
#[utoipa::path(post, path = "/api/v1/differences/{id}/confirmation", tag = "locations",
    params(("id" = Uuid, Path, description = "Abweichung")),
    responses((status = 200, body = DifferenceListView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn confirm(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    differences::confirm(&app, &who.actor, DifferenceId(*id)).await?;
    list(app, who).await
}
