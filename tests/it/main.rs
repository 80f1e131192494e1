//! Stories: what people do, on the real marketplace and a real PostgreSQL. One binary, one file per story.

mod account_story;
mod billing;
mod month_story;
mod order_story;
mod schema_rules;
mod tenancy;
mod usage_story;
mod wire_rules;
