//! The API: JSON → the same use-cases as the pages → the same views.

pub mod account;
pub mod approvals;
pub mod audit;
pub mod bookings;
pub mod broker;
pub mod budgets;
pub mod changes;
pub mod differences;
pub mod invoices;
pub mod locations;
pub mod maintenance;
pub mod months;
pub mod offerings;
pub mod openapi;
pub mod orders;
pub mod restores;
pub mod reveals;
pub mod tasks;
pub mod transfers;
