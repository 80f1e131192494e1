//! Locations of a provider.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::{Failure, Problem};
use crate::http::views::provider::{EnrolmentCode, LocationListView, LocationView};
use crate::usecases::locations::{self, CreateLocation, StateProfile};
use actix_web::{HttpResponse, web};
use domain::ids::LocationId;
use uuid::Uuid;

/// All of them, with what their operators last said.
#[utoipa::path(get, path = "/api/v1/locations", tag = "locations",
    responses((status = 200, body = LocationListView), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(locations::list(&app, &who.actor).await?))
}

/// One of them with its bookings.
#[utoipa::path(get, path = "/api/v1/locations/{id}", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    responses((status = 200, body = LocationView), (status = 404, body = Problem)))]
pub async fn show(app: web::Data<App>, who: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(locations::show(&app, &who.actor, LocationId(*id)).await?))
}

/// Adds one. Its operator still has to enrol.
#[utoipa::path(post, path = "/api/v1/locations", tag = "locations",
    request_body = CreateLocation,
    responses((status = 201, body = LocationView), (status = 422, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    who: SignedIn,
    body: web::Json<CreateLocation>,
) -> Result<HttpResponse, Failure> {
    let id = locations::create(&app, &who.actor, body.into_inner()).await?;
    Ok(HttpResponse::Created().json(locations::show(&app, &who.actor, id).await?))
}

/// Makes a one-time code for the operator. It is shown in this answer only and replaces an earlier one.
#[utoipa::path(post, path = "/api/v1/locations/{id}/enrolment", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    responses((status = 201, body = EnrolmentCode), (status = 404, body = Problem)))]
pub async fn make_code(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Created().json(locations::make_code(&app, &who.actor, LocationId(*id)).await?))
}

/// Takes the trust in the operator away, from its next request on.
#[utoipa::path(post, path = "/api/v1/locations/{id}/revoke", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    responses((status = 200, body = LocationView), (status = 404, body = Problem)))]
pub async fn revoke(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    locations::revoke(&app, &who.actor, LocationId(*id)).await?;
    Ok(HttpResponse::Ok().json(locations::show(&app, &who.actor, LocationId(*id)).await?))
}

/// States up to which need of protection it may be used, whose data centre it stands in, and by what evidence. Later orders
/// are placed by it.
#[utoipa::path(post, path = "/api/v1/locations/{id}/profile", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    request_body = StateProfile,
    responses((status = 200, body = LocationView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn state_profile(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<StateProfile>,
) -> Result<HttpResponse, Failure> {
    locations::state_profile(&app, &who.actor, LocationId(*id), &body, Vec::new()).await?;
    Ok(HttpResponse::Ok().json(locations::show(&app, &who.actor, LocationId(*id)).await?))
}

/// Whether each order for a location is decided by hand before its operator learns of it.
#[utoipa::path(post, path = "/api/v1/locations/{id}/decision", tag = "locations",
    params(("id" = Uuid, Path, description = "Standort")),
    request_body = DecideByHand,
    responses((status = 200, body = LocationView), (status = 404, body = Problem)))]
pub async fn decide(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<DecideByHand>,
) -> Result<HttpResponse, Failure> {
    locations::decide_by_hand(&app, &who.actor, LocationId(*id), body.by_hand).await?;
    Ok(HttpResponse::Ok().json(locations::show(&app, &who.actor, LocationId(*id)).await?))
}

/// How orders for a location are decided.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideByHand {
    /// By people of the provider, one by one.
    by_hand: bool,
}
