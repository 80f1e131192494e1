//! Stories: what people do, on the real marketplace and a real PostgreSQL. One binary, one file per story.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; the settings of clippy.toml reach the tests themselves but not their helpers"
)]

mod account_story;
mod agent_assertions;
mod audit_story;
mod billing;
mod chain_story;
mod demo_story;
mod mail_story;
mod month_story;
mod order_story;
mod policy_matrix;
mod power_story;
mod schema_rules;
mod tenancy;
mod usage_story;
mod wire_rules;
