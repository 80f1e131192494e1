//! Stories: what people do, on the real marketplace and a real PostgreSQL. One binary, one file per story.

mod account_story;
mod schema_rules;
mod tenancy;
mod wire_rules;
