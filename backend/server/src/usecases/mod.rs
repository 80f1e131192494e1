//! What people and operators do. Each use-case asks the policy, opens one transaction, loads, lets `domain` decide and
//! saves with its audit entry and its mails. Pages, API and agent API call the same functions.

pub mod account;
pub mod audit;
pub mod bookings;
pub mod error;
pub mod notify;
pub mod record;
pub mod usage;

pub use error::{Error, Refusal};
