//! Every route: method, path, who may, handler. The matrix test walks [`table`] as every role, as nobody and as a
//! stranger, so a route that is missing here does not exist and a route that is here is tried.

use super::{agent, api, assets, pages};
use actix_web::web;
use domain::policy::Action;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Everybody, also without an account.
    Public,
    /// Whoever the policy permits this action.
    Action(Action),
    /// An operator with its assertion.
    Operator,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `get` or `post` …
    pub method: &'static str,
    /// Pattern of the path.
    pub path: &'static str,
    /// Who may.
    pub guard: Guard,
}

macro_rules! routes {
    ($($method:ident $path:literal $guard:expr => $handler:path;)*) => {
        /// All routes, in the order of this file.
        pub fn table() -> Vec<Route> {
            use Guard::{Action as May, Operator, Public};
            use Action::*;
            vec![$(Route { method: stringify!($method), path: $path, guard: $guard }),*]
        }

        /// Registers all routes.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(config.route($path, web::$method().to($handler));)*
        }
    };
}

routes! {
    get "/assets/{path:.*}" Public => assets::show;

    get "/sign-in" Public => pages::account::sign_in_form;
    post "/sign-in" Public => pages::account::sign_in;
    post "/sign-out" May(OwnAccount) => pages::account::sign_out;
    post "/language" Public => pages::account::language;
    get "/account/tokens" May(OwnAccount) => pages::account::tokens;
    post "/account/tokens" May(OwnAccount) => pages::account::make_token;
    post "/account/tokens/{id}/revoke" May(OwnAccount) => pages::account::revoke_token;
    post "/account/sessions/{id}/end" May(OwnAccount) => pages::account::end_session;

    get "/api/openapi.json" Public => api::openapi::show;
    get "/api/v1/account" May(OwnAccount) => api::account::show;

    post "/agent/v1/enrolment" Public => agent::enrolment::enrol;
    get "/agent/v1/bookings" Operator => agent::bookings::list;
    post "/agent/v1/observations" Operator => agent::observations::report;
    post "/agent/v1/usage" Operator => agent::usage::accept;
    post "/agent/v1/heartbeat" Operator => agent::heartbeat::beat;
    get "/agent/v1/reveals" Operator => agent::reveals::list;
    post "/agent/v1/reveals/{id}" Operator => agent::reveals::answer;
}
