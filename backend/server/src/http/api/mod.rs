//! The API: JSON → the same use-cases as the pages → the same views.

pub mod account;
pub mod approvals;
pub mod budgets;
pub mod offerings;
pub mod openapi;
pub mod orders;
