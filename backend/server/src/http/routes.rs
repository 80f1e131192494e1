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
    get "/" May(OwnAccount) => pages::start::show;
    get "/offerings" May(BrowseOfferings) => pages::offerings::catalogue;
    get "/offerings/{id}" May(BrowseOfferings) => pages::offerings::show;
    post "/offerings/{id}/ask" May(BrowseOfferings) => pages::offerings::ask;
    get "/offerings/{id}/order" May(PlaceOrder) => pages::orders::form;
    post "/offerings/{id}/order" May(PlaceOrder) => pages::orders::save_new;
    get "/orders" May(ViewOrders) => pages::orders::list;
    get "/orders/{id}" May(ViewOrders) => pages::orders::show;
    get "/orders/{id}/edit" May(PlaceOrder) => pages::orders::edit;
    post "/orders/{id}/edit" May(PlaceOrder) => pages::orders::save_draft;
    get "/orders/{id}/check" May(PlaceOrder) => pages::orders::check;
    post "/orders/{id}/submit" May(PlaceOrder) => pages::orders::submit;
    post "/orders/{id}/withdraw" May(WithdrawOrder) => pages::orders::withdraw;
    get "/approvals" May(DecideOrder) => pages::approvals::list;
    get "/approvals/{id}" May(DecideOrder) => pages::approvals::show;
    post "/approvals/{id}" May(DecideOrder) => pages::approvals::decide;
    get "/budgets" May(ViewBudgets) => pages::budgets::list;

    get "/account/tokens" May(OwnAccount) => pages::account::tokens;
    post "/account/tokens" May(OwnAccount) => pages::account::make_token;
    post "/account/tokens/{id}/revoke" May(OwnAccount) => pages::account::revoke_token;
    post "/account/sessions/{id}/end" May(OwnAccount) => pages::account::end_session;

    get "/api/openapi.json" Public => api::openapi::show;
    get "/api/v1/account" May(OwnAccount) => api::account::show;
    get "/api/v1/offerings" May(BrowseOfferings) => api::offerings::list;
    get "/api/v1/offerings/{id}" May(BrowseOfferings) => api::offerings::show;
    post "/api/v1/offerings/{id}/ask" May(BrowseOfferings) => api::offerings::ask;
    get "/api/v1/orders" May(ViewOrders) => api::orders::list;
    post "/api/v1/orders" May(PlaceOrder) => api::orders::place;
    get "/api/v1/orders/{id}" May(ViewOrders) => api::orders::show;
    post "/api/v1/orders/{id}/withdraw" May(WithdrawOrder) => api::orders::withdraw;
    get "/api/v1/approvals" May(DecideOrder) => api::approvals::list;
    get "/api/v1/approvals/{id}" May(DecideOrder) => api::approvals::show;
    post "/api/v1/approvals/{id}" May(DecideOrder) => api::approvals::decide;
    get "/api/v1/budgets" May(ViewBudgets) => api::budgets::list;

    post "/agent/v1/enrolment" Public => agent::enrolment::enrol;
    get "/agent/v1/bookings" Operator => agent::bookings::list;
    post "/agent/v1/observations" Operator => agent::observations::report;
    post "/agent/v1/usage" Operator => agent::usage::accept;
    post "/agent/v1/heartbeat" Operator => agent::heartbeat::beat;
    get "/agent/v1/reveals" Operator => agent::reveals::list;
    post "/agent/v1/reveals/{id}" Operator => agent::reveals::answer;
}
