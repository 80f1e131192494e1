//! The harness: the real marketplace on a real PostgreSQL, with a frozen clock, and people who use it.
//!
//! [`TestApp`] starts the server as `wolkenamt serve` would, on a database of its own. [`Browser`] is a person with
//! cookies, [`Api`] a program with a token; neither knows more than what the answers say.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken harness must fail the test at once"
)]

pub mod api;
pub mod app;
pub mod bookings;
pub mod browser;
pub mod sim_cluster;
pub mod world;

pub use api::Api;
pub use app::TestApp;
pub use browser::{Browser, PageAnswer};
pub use sim_cluster::SimCluster;
pub use world::World;
