//! Invented data for every view, in the states that a page can be in: empty, filled, refused. Only for tests.

pub mod account;
pub mod availability;
pub mod bookings;
pub mod finance;
pub mod offerings;
pub mod orders;
pub mod provider;
pub mod tasks;
pub mod transfer;

use uuid::Uuid;

use super::form::{FieldError, Form};
use super::page::{ClockNote, Lang, NavCounts, Notice, Page, PageUser};
use super::text::{Bearing, Text};
use super::values::{Amount, Day, Moment};

#[must_use]
pub fn amount(text: &str) -> Amount {
    Amount(text.parse().unwrap())
}

#[must_use]
pub fn at(text: &str) -> Moment {
    Moment(text.parse().unwrap())
}

#[must_use]
pub fn day(text: &str) -> Day {
    Day(text.parse().unwrap())
}

#[must_use]
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0000 + number)
}

/// A signed-in clerk at `path`.
#[must_use]
pub fn page(lang: Lang, path: &str) -> Page {
    Page {
        lang,
        path: path.to_owned(),
        sign_in: format!("/sign-in?next={path}"),
        language_switch: true,
        csrf: "csrf-token".to_owned(),
        user: Some(PageUser {
            id: id(1),
            name: "Jana Probst".to_owned(),
            organisation_id: id(2),
            organisation: "Stadt Musterstadt".to_owned(),
            unit: Some("Grünflächenamt".to_owned()),
            roles: vec!["orders".to_owned(), "it".to_owned()],
            provider: false,
            places: vec![
                "start",
                "offerings",
                "orders",
                "bookings",
                "tasks",
                "approvals",
                "budgets",
                "invoices",
            ],
        }),
        counts: NavCounts { approvals: 4, drafts: 1 },
        notice: None,
        clock_note: None,
        demo: true,
        version: "0.1.0".to_owned(),
    }
}

/// Somebody of a provider.
#[must_use]
pub fn provider_page(lang: Lang, path: &str) -> Page {
    let mut page = page(lang, path);
    page.counts = NavCounts::default();
    page.user = Some(PageUser {
        id: id(3),
        name: "Mirko Sandner".to_owned(),
        organisation_id: id(4),
        organisation: "IT-Verbund Beispielland AöR".to_owned(),
        unit: None,
        roles: vec!["platform".to_owned(), "bills".to_owned()],
        provider: true,
        places: vec!["start", "offerings", "bookings", "locations", "finance/months", "invoices"],
    });
    page.clock_note = Some(ClockNote { now: at("2026-12-03T09:00:00Z") });
    page
}

/// Nobody signed in.
#[must_use]
pub fn visitor_page(lang: Lang, path: &str) -> Page {
    let mut page = page(lang, path);
    page.user = None;
    page
}

#[must_use]
pub fn with_notice(mut page: Page, bearing: Bearing, code: &str) -> Page {
    page.notice = Some(Notice { bearing, text: Text::new(code), link: Some("/orders".to_owned()) });
    page
}

/// A form that was sent with errors at these fields.
#[must_use]
pub fn refused(fields: &[(&str, &str)]) -> Form {
    let errors = fields
        .iter()
        .map(|(field, message)| FieldError {
            field: (*field).to_owned(),
            pointer: format!("/{field}"),
            code: "refused".to_owned(),
            message: (*message).to_owned(),
        })
        .collect();
    Form { errors, idempotency_key: "key-1".to_owned(), ..Form::default() }
}
