//! HTTP: pages, API, agent API. Handlers parse, call one use-case, present one view.

pub mod templates;
pub mod views;
