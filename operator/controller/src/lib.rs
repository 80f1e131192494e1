//! The operator in the cluster of a provider. Opens every connection itself, never sees a price.
//!
//! Three loops share nothing but the `Booking` objects in the cluster: [`pull`] writes their spec, [`controller`] makes
//! them true and writes their status, [`push`] sends status and usage out. Each may be down for days without the others
//! noticing. [`decide`] is the whole operator and [`allocation`] its meter, both pure, so that a simulated cluster in a
//! test process runs the same rules; the rest moves bytes.

pub mod allocation;
pub mod apply;
pub mod bookings;
pub mod broker;
pub mod catalogues;
pub mod cluster;
pub mod compare;
mod conditions;
pub mod config;
pub mod controller;
pub mod counters;
pub mod crd;
pub mod credentials;
pub mod decide;
pub mod drawn;
pub mod drift;
pub mod heartbeat;
pub mod identity;
pub mod lease;
pub mod marketplace;
pub mod observe;
pub mod packed;
pub mod policy;
pub mod pull;
pub mod push;
pub mod queue;
pub mod reconcile;
pub mod reveal;
pub mod rotation;
pub mod service;
pub mod state;
pub mod status_server;
pub mod sweep;
mod trimmed;
pub mod words;
