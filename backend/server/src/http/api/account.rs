//! Who am I.

use crate::http::actor::SignedIn;
use actix_web::{HttpResponse, Responder};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The person behind a token.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// Id of the person.
    pub person: Uuid,
    /// Name.
    pub name: String,
    /// Id of the organisation.
    pub organisation: Uuid,
    /// Short name of the organisation.
    pub organisation_name: String,
    /// Roles in force.
    pub roles: Vec<String>,
}

/// Answers with the person behind the token.
#[utoipa::path(get, path = "/api/v1/account", tag = "account", responses((status = 200, body = AccountView)))]
pub async fn show(who: SignedIn) -> impl Responder {
    HttpResponse::Ok().json(AccountView {
        person: who.actor.person.0,
        name: who.actor.name.clone(),
        organisation: who.actor.organisation.0,
        organisation_name: who.visitor.who.map(|who| who.organisation).unwrap_or_default(),
        roles: who.actor.grants.iter().map(|grant| grant.role.code().to_owned()).collect(),
    })
}
