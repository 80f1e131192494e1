//! What people and operators do. Each use-case asks the policy, opens one transaction, loads, lets `domain` decide and
//! saves with its audit entry and its mails. Pages, API and agent API call the same functions.

pub mod account;
pub mod admin;
pub mod agent;
pub mod approvals;
pub mod audit;
pub mod availability;
pub mod bookings;
pub mod budgets;
pub mod differences;
pub mod error;
pub mod estimates;
pub mod invoices;
pub mod locations;
pub mod mails;
pub mod months;
pub mod notify;
pub mod offerings;
pub mod operator_keys;
pub mod orders;
pub mod placement;
pub mod record;
pub mod restored;
pub mod reveals;
pub mod rotations;
pub mod settlement;
pub mod start;
pub mod tasks;
pub mod usage;
pub mod waiting;
pub mod words;

pub use error::{Error, Refusal};
