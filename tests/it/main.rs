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
mod application_story;
mod attempts_story;
mod audit_story;
mod availability_story;
mod billing;
mod canary_story;
mod chain_story;
mod change_story;
mod correction_story;
mod counts_story;
mod custody_story;
mod database_story;
mod database_tls;
mod decision_story;
mod demo_story;
mod exposure_story;
mod hostile_story;
mod machine_story;
mod mail_story;
mod month_story;
mod order_story;
mod pages_story;
mod placement_story;
mod policy_matrix;
mod power_story;
mod query_counts;
mod restore_story;
mod retention_story;
mod reveal_story;
mod schema_rules;
mod service_story;
mod settlement_story;
mod stalled_story;
mod take_over_story;
mod tasks_story;
mod tenancy;
mod term_story;
mod token_story;
mod transfer_story;
mod usage_story;
mod version_story;
mod waiver_story;
mod wire_rules;
mod words_story;
