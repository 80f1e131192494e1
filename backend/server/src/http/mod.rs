//! HTTP: pages, API, agent API. Handlers parse, call one use-case, present one view.
//!
//! `routes` is the whole table. Around every route: `headers` (what browsers must be told), `recognise` (who asks) and
//! `problem` (how a refusal looks, as page or as problem+json).

pub mod actor;
pub mod agent;
pub mod api;
pub mod assets;
pub mod form_token;
pub mod forms;
pub mod headers;
pub mod multipart;
pub mod pages;
pub mod problem;
pub mod recognise;
pub mod respond;
pub mod routes;
pub mod serve;
pub mod source;
pub mod storable;
pub mod templates;
pub mod views;
