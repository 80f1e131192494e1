//! Who asks, as a parameter of a handler.

use super::views::page::NavCounts;
use crate::usecases::Error;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use db::people::Recognised;
use domain::policy::Actor;
use std::future::{Ready, ready};
use uuid::Uuid;

use super::problem::Failure;

/// What `recognise` found out about the request.
#[derive(Clone)]
pub struct Visitor {
    /// The person, if one is known.
    pub who: Option<Recognised>,
    /// The session that carries the request; none for API tokens and strangers.
    pub session: Option<Uuid>,
    /// Token that forms of this visitor send back; pages show it masked ([`super::form_token`]).
    pub csrf: String,
    /// Numbers beside the navigation; zero at the API, which has none.
    pub counts: NavCounts,
    /// Number of this request in log and answers.
    pub request_id: Uuid,
}

impl Visitor {
    /// The person, for pages that everybody may read.
    #[must_use]
    pub fn actor(&self) -> Option<&Actor> {
        self.who.as_ref().map(|who| &who.actor)
    }
}

impl FromRequest for Visitor {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Self>().cloned();
        ready(found.ok_or_else(|| Failure(Error::Internal(anyhow::anyhow!("recognise did not run")))))
    }
}

/// A person who signed in or holds a token.
pub struct SignedIn {
    /// Identity and roles.
    pub actor: Actor,
    /// The whole of what is known.
    pub visitor: Visitor,
}

impl FromRequest for SignedIn {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Visitor::from_request(request, payload).into_inner().and_then(|visitor| match &visitor.who {
            Some(who) => Ok(Self { actor: who.actor.clone(), visitor }),
            None => Err(Failure(Error::Unauthenticated)),
        }))
    }
}
