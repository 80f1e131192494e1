//! The API: JSON → the same use-cases as the pages → the same views.

pub mod account;
pub mod openapi;
