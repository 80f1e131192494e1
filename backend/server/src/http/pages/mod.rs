//! Pages: form or address → one use-case → one view → one template.

pub mod about;
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
pub mod mails;
pub mod maintenance;
pub mod months;
pub mod offerings;
pub mod orders;
pub mod restores;
pub mod reveals;
pub mod start;
pub mod tasks;
pub mod transfers;
