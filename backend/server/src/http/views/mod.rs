//! What pages and API show. One plain struct per page, serialised for JSON and handed to the template unchanged.
//!
//! Owns: the shape of everything that leaves the marketplace for a person. Holds machine values only: amounts as decimal
//! strings, times as RFC 3339, ids as UUID; templates format them in the language of the page. Sentences that rules
//! decide travel as [`text::Text`], a code with arguments, and are spoken from `web/locales`. Does not own: queries,
//! rules, HTTP.

pub mod account;
pub mod api_docs;
pub mod approvals;
pub mod audit;
pub mod availability;
pub mod booking_export;
pub mod bookings;
pub mod broker;
pub mod budgets;
pub mod catalogue;
pub mod change;
pub mod compare;
pub mod differences;
pub mod error;
pub mod estimate;
pub mod form;
pub mod invoices;
pub mod mails;
pub mod months;
pub mod offerings;
pub mod orders;
pub mod page;
pub mod placement;
pub mod provider;
pub mod restore;
#[cfg(test)]
pub mod samples;
pub mod schema_form;
pub mod start;
pub mod tasks;
pub mod text;
pub mod timeline;
pub mod transfer;
pub mod values;
