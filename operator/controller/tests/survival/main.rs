//! What an operator must survive, with its own loops run in a fixed order between a cluster and a marketplace that are played in
//! this process: ends at every point of its work, and partners of another version.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cluster;
mod ends;
mod engine;
mod fate;
mod faults;
mod market;
mod versions;
mod world;
