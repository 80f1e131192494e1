//! One newtype per table, so that an order can never be taken for a booking.
//!
//! Ids are names, never secrets: they are time-ordered UUIDs and may be guessed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// An authority, a provider, a Bündler or the marketplace itself.
    OrganisationId,
    /// Part of an organisation with own people, cost centres and budget lines.
    UnitId,
    /// A human being who signs in.
    PersonId,
    /// What a provider lists.
    OfferingId,
    /// A published, immutable state of an offering.
    VersionId,
    /// A size or variant of an offering version.
    PlanId,
    /// One priced part of a plan.
    ComponentId,
    /// A price of a component with its validity.
    PriceId,
    /// A cluster of a provider, where its operator runs.
    LocationId,
    /// A request for change.
    OrderId,
    /// The thing that runs.
    BookingId,
    /// What somebody has to do for a booking.
    TaskId,
    /// Money of one year and unit.
    BudgetLineId,
    /// Money reserved in a budget line by an order.
    CommitmentId,
    /// Why an organisation may buy from a provider.
    LegalBasisId,
    /// A rated amount.
    ChargeId,
    /// An issued document.
    InvoiceId,
    /// What a location and the marketplace do not agree about.
    DifferenceId,
    /// A request to show access data once.
    RevealId,
    /// An order to make new access data.
    RotationId,
    /// What the provider's people said about a trouble with a service broker.
    WordId,
    /// A personal access token.
    TokenId,
}
