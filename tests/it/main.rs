//! Stories: what people do, on the real marketplace and a real PostgreSQL. One binary, one file per story.

mod account_story;
mod agent_assertions;
mod audit_story;
mod billing;
mod chain_story;
mod demo_story;
mod month_story;
mod order_story;
mod policy_matrix;
mod schema_rules;
mod tenancy;
mod usage_story;
mod wire_rules;
