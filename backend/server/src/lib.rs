//! The marketplace: use-cases, HTTP, worker.

pub mod app;
pub mod config;
pub mod demo;
pub mod http;
pub mod ports;
pub mod telemetry;
pub mod usecases;
pub mod worker;
