//! The API: JSON → the same use-cases as the pages → the same views.

pub mod account;
pub mod approvals;
pub mod audit;
pub mod bookings;
pub mod budgets;
pub mod changes;
pub mod invoices;
pub mod locations;
pub mod months;
pub mod offerings;
pub mod openapi;
pub mod orders;
pub mod reveals;
pub mod tasks;
