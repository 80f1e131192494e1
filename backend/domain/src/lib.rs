//! The rules of the marketplace.
//!
//! Nothing here performs IO, knows a clock, a random source, HTTP, SQL or Kubernetes: time and ids are parameters.
//! Refusals are closed enums with stable codes. In reading order: [`policy`] says who may, [`order`] how a wish becomes a
//! booking, [`placement`] where it runs, [`budget`] whether it can be paid, [`booking`] what runs, [`task`] what people do
//! for it, [`terms`] what was agreed about it, [`availability`] whether it could be used, [`metering`] what was used,
//! [`rating`] what it costs, [`invoice`] what is asked for it, [`audit`] what is remembered.
#![warn(missing_docs, clippy::float_arithmetic, clippy::wildcard_enum_match_arm)]

pub mod access;
pub mod agent;
pub mod assignment;
pub mod attempts;
pub mod audit;
pub mod availability;
pub mod booking;
pub mod budget;
pub mod difference;
pub mod export;
pub mod ids;
pub mod invoice;
pub mod leitweg;
pub mod metering;
pub mod money;
pub mod order;
pub mod placement;
pub mod policy;
pub mod rating;
pub mod restore;
pub mod stall;
pub mod task;
pub mod tax;
pub mod terms;
pub mod time;
pub mod word;
