//! The OpenAPI document, generated from the handlers. A handler that is not listed here fails the test that compares
//! this document with the table of routes.

use crate::http::problem::Problem;
use actix_web::{HttpResponse, Responder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The whole document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Wolkenamt",
        description = "Schnittstelle des Marktplatzes. Jede Seite des Portals nutzt dieselben Anwendungsfälle; was im Browser \
            geht, geht auch hier. Anmeldung mit einem persönlichen Zugangstoken im Kopf Authorization: Bearer.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    paths(
        super::account::show, super::bookings::list, super::bookings::show, super::bookings::terminate,
        super::broker::show, super::broker::say,
        super::reveals::request, super::reveals::show, super::reveals::rotate,
        super::bookings::power, super::bookings::resume, super::bookings::deletion_record,
        super::changes::form, super::changes::preview, super::changes::place, super::changes::revert,
        super::transfers::form, super::transfers::place,
        super::tasks::list, super::tasks::show, super::tasks::close, super::tasks::state, super::tasks::answer,
        super::tasks::enter, super::tasks::counts_preview, super::tasks::counts_take,
        super::restores::place, super::restores::drop_replaced,
        super::bookings::export,
        super::bookings::online_service,
        super::locations::list, super::locations::show, super::locations::create, super::locations::make_code,
        super::locations::revoke, super::locations::state_profile, super::locations::decide,
        super::maintenance::list, super::maintenance::announce, super::maintenance::shorten,
        super::maintenance::withdraw, super::maintenance::of_booking,
        super::differences::list, super::differences::answer, super::differences::confirm,
        super::audit::list, super::offerings::list, super::offerings::show, super::offerings::compare, super::offerings::ask, super::orders::form, super::orders::list, super::orders::show,
        super::orders::place, super::orders::discard,
        super::orders::withdraw, super::approvals::list, super::approvals::show,
        super::approvals::decide, super::budgets::list,
        super::invoices::list, super::invoices::show, super::invoices::xrechnung, super::invoices::csv,
        super::invoices::evidence, super::invoices::verification, super::months::list, super::months::show,
        super::months::issue, super::months::issue_final, super::months::correct, super::months::waive),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("token" = []))
)]
pub struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = document.components.as_mut() {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
            components.add_security_scheme("token", SecurityScheme::Http(scheme));
        }
    }
}

/// Answers with the document.
pub async fn show() -> impl Responder {
    HttpResponse::Ok().json(Document::openapi())
}
