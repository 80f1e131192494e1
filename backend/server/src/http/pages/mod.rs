//! Pages: form or address → one use-case → one view → one template.

pub mod account;
pub mod approvals;
pub mod budgets;
pub mod offerings;
pub mod orders;
pub mod start;
