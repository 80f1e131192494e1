//! Every route: method, path, who may, handler. The matrix test walks [`table`] as every role, as nobody and as a
//! stranger, so a route that is missing here does not exist and a route that is here is tried.

use super::{agent, api, assets, pages};
use actix_web::web;
use domain::policy::Action;
use std::collections::HashMap;
use std::sync::OnceLock;

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

/// Who may call this method of this pattern; nothing for a route that does not exist.
pub fn guard(method: &str, pattern: &str) -> Option<Guard> {
    static GUARDS: OnceLock<HashMap<String, Guard>> = OnceLock::new();
    let guards = GUARDS.get_or_init(|| {
        table().into_iter().map(|route| (format!("{} {}", route.method, route.path), route.guard)).collect()
    });
    guards.get(&format!("{} {pattern}", method.to_lowercase())).copied()
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
    get "/offerings" Public => pages::offerings::catalogue;
    get "/products/{product}" Public => pages::offerings::compare;
    get "/offerings/{id}" Public => pages::offerings::show;
    post "/offerings/{id}/ask" May(BrowseOfferings) => pages::offerings::ask;
    get "/offerings/{id}/order" May(PlaceOrder) => pages::orders::form;
    post "/offerings/{id}/order" May(PlaceOrder) => pages::orders::save_new;
    get "/orders" May(ViewOrders) => pages::orders::list;
    get "/orders/{id}" May(ViewOrders) => pages::orders::show;
    get "/orders/{id}/edit" May(PlaceOrder) => pages::orders::edit;
    post "/orders/{id}/edit" May(PlaceOrder) => pages::orders::save_draft;
    get "/orders/{id}/check" May(PlaceOrder) => pages::orders::check;
    post "/orders/{id}/submit" May(PlaceOrder) => pages::orders::submit;
    post "/orders/{id}/discard" May(PlaceOrder) => pages::orders::discard;
    post "/orders/{id}/withdraw" May(WithdrawOrder) => pages::orders::withdraw;
    get "/approvals" May(DecideOrder) => pages::approvals::list;
    get "/approvals/{id}" May(DecideOrder) => pages::approvals::show;
    post "/approvals/{id}" May(DecideOrder) => pages::approvals::decide;
    get "/budgets" May(ViewBudgets) => pages::budgets::list;
    get "/invoices" May(ViewInvoices) => pages::invoices::list;
    get "/invoices/{id}" May(ViewInvoices) => pages::invoices::show;
    get "/invoices/{id}/xrechnung" May(ViewInvoices) => pages::invoices::xrechnung;
    get "/invoices/{id}/csv" May(ViewInvoices) => pages::invoices::csv;
    get "/invoices/{id}/evidence-csv" May(ViewInvoices) => pages::invoices::evidence;
    get "/finance/months" May(IssueInvoices) => pages::months::list;
    post "/finance/months" May(IssueInvoices) => pages::months::issue_chosen;
    get "/finance/months/{month}" May(IssueInvoices) => pages::months::show;
    post "/finance/months/{month}/issue" May(IssueInvoices) => pages::months::issue;
    post "/finance/months/{month}/correct" May(IssueInvoices) => pages::months::correct;
    post "/bookings/{id}/usage-waivers" May(IssueInvoices) => pages::months::waive;
    post "/bookings/{id}/final-invoice" May(IssueInvoices) => pages::months::issue_final;
    get "/bookings" May(ViewBookings) => pages::bookings::list;
    get "/bookings/{id}" May(ViewBookings) => pages::bookings::show;
    get "/bookings/{id}/progress" May(ViewBookings) => pages::bookings::progress;
    get "/bookings/{id}/availability" May(ViewBookings) => pages::bookings::availability;
    get "/bookings/{id}/usage.csv" May(ViewBookings) => pages::bookings::usage_csv;
    get "/bookings/{id}/terminate" May(PlaceOrder) => pages::bookings::terminate_form;
    post "/bookings/{id}/terminate" May(PlaceOrder) => pages::bookings::terminate;
    post "/bookings/{id}/resume" May(PlaceOrder) => pages::bookings::resume;
    get "/bookings/{id}/restore" May(PlaceOrder) => pages::restores::form;
    post "/bookings/{id}/restore" May(PlaceOrder) => pages::restores::place;
    post "/bookings/{id}/restore/drop" May(PlaceOrder) => pages::restores::drop_replaced;
    get "/bookings/{id}/deletion-record.json" May(ViewBookings) => pages::bookings::deletion_record;
    get "/bookings/{id}/power" May(PlaceOrder) => pages::bookings::power_form;
    post "/bookings/{id}/power" May(PlaceOrder) => pages::bookings::power;
    get "/bookings/{id}/change" May(PlaceOrder) => pages::changes::form;
    post "/bookings/{id}/change" May(PlaceOrder) => pages::changes::place;
    post "/bookings/{id}/change/revert" May(PlaceOrder) => pages::changes::revert;
    get "/bookings/{id}/transfer" May(PlaceOrder) => pages::transfers::form;
    post "/bookings/{id}/transfer" May(PlaceOrder) => pages::transfers::place;
    get "/bookings/{id}/reveal" May(RevealAccess) => pages::reveals::show;
    post "/bookings/{id}/reveal" May(RevealAccess) => pages::reveals::request;
    post "/bookings/{id}/access-rotation" May(RotateAccess) => pages::reveals::rotate;
    get "/bookings/{id}/broker" May(SayWord) => pages::broker::show;
    post "/bookings/{id}/broker" May(SayWord) => pages::broker::say;
    get "/bookings/{id}/tasks/{task}" May(DoTask) => pages::tasks::show;
    post "/bookings/{id}/tasks/{task}" May(DoTask) => pages::tasks::close;
    post "/bookings/{id}/tasks/{task}/statement" May(FulfilBooking) => pages::tasks::state;
    post "/bookings/{id}/tasks/{task}/answer" May(ConfirmBooking) => pages::tasks::answer;
    post "/bookings/{id}/tasks/{task}/access" May(FulfilBooking) => pages::tasks::enter;
    get "/bookings/{id}/counts" May(ReportUsage) => pages::tasks::counts_form;
    get "/bookings/{id}/counts.csv" May(ReportUsage) => pages::tasks::counts_template;
    post "/bookings/{id}/counts" May(ReportUsage) => pages::tasks::counts_preview;
    post "/bookings/{id}/counts/take" May(ReportUsage) => pages::tasks::counts_take;
    get "/bookings/{id}/export.json" May(ViewBookings) => pages::bookings::export;
    get "/bookings/{id}/online-service.json" May(ViewBookings) => pages::bookings::online_service_json;
    get "/bookings/{id}/online-service.csv" May(ViewBookings) => pages::bookings::online_service_csv;
    get "/tasks" May(ViewTasks) => pages::tasks::list;
    get "/locations" May(ViewLocations) => pages::locations::list;
    post "/locations" May(ManageLocations) => pages::locations::create;
    get "/locations/{id}" May(ViewLocations) => pages::locations::show;
    post "/locations/{id}/enrolment" May(ManageLocations) => pages::locations::make_code;
    post "/locations/{id}/revoke" May(ManageLocations) => pages::locations::revoke;
    post "/locations/{id}/profile" May(ManageLocations) => pages::locations::state_profile;
    get "/locations/{id}/maintenance" May(ViewLocations) => pages::maintenance::list;
    post "/locations/{id}/maintenance" May(ManageLocations) => pages::maintenance::announce;
    post "/locations/{id}/maintenance/{window}" May(ManageLocations) => pages::maintenance::change;
    post "/locations/{id}/decision" May(ManageLocations) => pages::locations::decide;

    get "/differences" May(ViewDifferences) => pages::differences::list;
    post "/differences/{id}" May(SettleDifference) => pages::differences::answer;
    post "/differences/{id}/confirm" May(SettleDifference) => pages::differences::confirm;

    get "/account/tokens" May(OwnAccount) => pages::account::tokens;
    post "/account/tokens" May(OwnAccount) => pages::account::make_token;
    post "/account/tokens/{id}/revoke" May(OwnAccount) => pages::account::revoke_token;
    post "/account/sessions/{id}/end" May(OwnAccount) => pages::account::end_session;

    get "/audit" May(ViewAudit) => pages::audit::list;
    get "/mails" Public => pages::mails::list;
    get "/mails/{id}" Public => pages::mails::show;
    get "/api" Public => pages::about::api;
    get "/accessibility" Public => pages::about::accessibility;

    get "/api/v1/audit" May(ViewAudit) => api::audit::list;
    get "/api/openapi.json" Public => api::openapi::show;
    get "/api/v1/account" May(OwnAccount) => api::account::show;
    get "/api/v1/offerings" May(BrowseOfferings) => api::offerings::list;
    get "/api/v1/products/{product}" May(BrowseOfferings) => api::offerings::compare;
    get "/api/v1/offerings/{id}" May(BrowseOfferings) => api::offerings::show;
    post "/api/v1/offerings/{id}/ask" May(BrowseOfferings) => api::offerings::ask;
    get "/api/v1/orders" May(ViewOrders) => api::orders::list;
    post "/api/v1/orders" May(PlaceOrder) => api::orders::place;
    get "/api/v1/offerings/{id}/order-form" May(PlaceOrder) => api::orders::form;
    get "/api/v1/orders/{id}" May(ViewOrders) => api::orders::show;
    post "/api/v1/orders/{id}/discard" May(PlaceOrder) => api::orders::discard;
    post "/api/v1/orders/{id}/withdraw" May(WithdrawOrder) => api::orders::withdraw;
    get "/api/v1/approvals" May(DecideOrder) => api::approvals::list;
    get "/api/v1/approvals/{id}" May(DecideOrder) => api::approvals::show;
    post "/api/v1/approvals/{id}" May(DecideOrder) => api::approvals::decide;
    get "/api/v1/budgets" May(ViewBudgets) => api::budgets::list;
    get "/api/v1/invoices" May(ViewInvoices) => api::invoices::list;
    get "/api/v1/invoices/{id}" May(ViewInvoices) => api::invoices::show;
    get "/api/v1/invoices/{id}/xrechnung" May(ViewInvoices) => api::invoices::xrechnung;
    get "/api/v1/invoices/{id}/csv" May(ViewInvoices) => api::invoices::csv;
    get "/api/v1/invoices/{id}/evidence-csv" May(ViewInvoices) => api::invoices::evidence;
    get "/api/v1/invoices/{id}/verification" May(ViewInvoices) => api::invoices::verification;
    get "/api/v1/months" May(IssueInvoices) => api::months::list;
    get "/api/v1/months/{month}" May(IssueInvoices) => api::months::show;
    post "/api/v1/months/{month}/issue" May(IssueInvoices) => api::months::issue;
    post "/api/v1/months/{month}/correct" May(IssueInvoices) => api::months::correct;
    post "/api/v1/bookings/{id}/usage-waivers" May(IssueInvoices) => api::months::waive;
    post "/api/v1/bookings/{id}/final-invoice" May(IssueInvoices) => api::months::issue_final;
    get "/api/v1/bookings" May(ViewBookings) => api::bookings::list;
    get "/api/v1/bookings/{id}" May(ViewBookings) => api::bookings::show;
    post "/api/v1/bookings/{id}/terminate" May(PlaceOrder) => api::bookings::terminate;
    post "/api/v1/bookings/{id}/reveals" May(RevealAccess) => api::reveals::request;
    get "/api/v1/bookings/{id}/reveals/{reveal}" May(RevealAccess) => api::reveals::show;
    post "/api/v1/bookings/{id}/access-rotations" May(RotateAccess) => api::reveals::rotate;
    get "/api/v1/bookings/{id}/change-form" May(PlaceOrder) => api::changes::form;
    post "/api/v1/bookings/{id}/change-preview" May(PlaceOrder) => api::changes::preview;
    post "/api/v1/bookings/{id}/change" May(PlaceOrder) => api::changes::place;
    post "/api/v1/bookings/{id}/change/revert" May(PlaceOrder) => api::changes::revert;
    get "/api/v1/bookings/{id}/transfer-form" May(PlaceOrder) => api::transfers::form;
    post "/api/v1/bookings/{id}/transfer" May(PlaceOrder) => api::transfers::place;
    post "/api/v1/bookings/{id}/resume" May(PlaceOrder) => api::bookings::resume;
    post "/api/v1/bookings/{id}/restore" May(PlaceOrder) => api::restores::place;
    post "/api/v1/bookings/{id}/restore/drop" May(PlaceOrder) => api::restores::drop_replaced;
    get "/api/v1/bookings/{id}/deletion-record" May(ViewBookings) => api::bookings::deletion_record;
    post "/api/v1/bookings/{id}/power" May(PlaceOrder) => api::bookings::power;
    get "/api/v1/tasks" May(ViewTasks) => api::tasks::list;
    get "/api/v1/bookings/{id}/broker" May(SayWord) => api::broker::show;
    post "/api/v1/bookings/{id}/broker" May(SayWord) => api::broker::say;
    get "/api/v1/bookings/{id}/tasks/{task}" May(DoTask) => api::tasks::show;
    post "/api/v1/bookings/{id}/tasks/{task}" May(DoTask) => api::tasks::close;
    post "/api/v1/bookings/{id}/tasks/{task}/statement" May(FulfilBooking) => api::tasks::state;
    post "/api/v1/bookings/{id}/tasks/{task}/answer" May(ConfirmBooking) => api::tasks::answer;
    post "/api/v1/bookings/{id}/tasks/{task}/access" May(FulfilBooking) => api::tasks::enter;
    post "/api/v1/bookings/{id}/counts/preview" May(ReportUsage) => api::tasks::counts_preview;
    post "/api/v1/bookings/{id}/counts" May(ReportUsage) => api::tasks::counts_take;
    get "/api/v1/bookings/{id}/export" May(ViewBookings) => api::bookings::export;
    get "/api/v1/bookings/{id}/online-service" May(ViewBookings) => api::bookings::online_service;
    get "/api/v1/locations" May(ViewLocations) => api::locations::list;
    post "/api/v1/locations" May(ManageLocations) => api::locations::create;
    get "/api/v1/locations/{id}" May(ViewLocations) => api::locations::show;
    post "/api/v1/locations/{id}/enrolment" May(ManageLocations) => api::locations::make_code;
    post "/api/v1/locations/{id}/revoke" May(ManageLocations) => api::locations::revoke;
    post "/api/v1/locations/{id}/profile" May(ManageLocations) => api::locations::state_profile;
    get "/api/v1/locations/{id}/maintenance" May(ViewLocations) => api::maintenance::list;
    post "/api/v1/locations/{id}/maintenance" May(ManageLocations) => api::maintenance::announce;
    post "/api/v1/locations/{id}/maintenance/{window}/shorten" May(ManageLocations) => api::maintenance::shorten;
    post "/api/v1/locations/{id}/maintenance/{window}/withdraw" May(ManageLocations) => api::maintenance::withdraw;
    get "/api/v1/bookings/{id}/availability" May(ViewBookings) => api::maintenance::of_booking;
    post "/api/v1/locations/{id}/decision" May(ManageLocations) => api::locations::decide;

    get "/api/v1/differences" May(ViewDifferences) => api::differences::list;
    post "/api/v1/differences/{id}" May(SettleDifference) => api::differences::answer;
    post "/api/v1/differences/{id}/confirmation" May(SettleDifference) => api::differences::confirm;

    post "/agent/v1/enrolment" Public => agent::enrolment::enrol;
    post "/agent/v1/keys" Operator => agent::enrolment::replace_key;
    get "/agent/v1/bookings" Operator => agent::bookings::list;
    post "/agent/v1/observations" Operator => agent::observations::report;
    post "/agent/v1/usage" Operator => agent::usage::accept;
    post "/agent/v1/heartbeat" Operator => agent::heartbeat::beat;
    post "/agent/v1/differences" Operator => agent::differences::report;
    get "/agent/v1/reveals" Operator => agent::reveals::list;
    post "/agent/v1/reveals/{id}" Operator => agent::reveals::answer;
    post "/agent/v1/rotations/{id}" Operator => agent::reveals::answer_rotation;
    post "/agent/v1/words/{id}" Operator => agent::reveals::answer_word;
}
