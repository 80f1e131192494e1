//! A provider's side: locations with their operators and what runs there.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::bookings::BookingPhase;
use super::offerings::Protection;
use super::placement::CertificateView;
use super::text::{Check, Text};
use super::values::{Amount, Moment};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LocationListView {
    pub rows: Vec<LocationRow>,
    /// May create and enrol locations (role `platform`).
    pub may_manage: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LocationState {
    NotEnrolled,
    Connected,
    /// No heartbeat for longer than expected.
    Silent,
    Revoked,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LocationRow {
    pub id: Uuid,
    pub name: String,
    /// For example "Beispielhausen, Hessen".
    pub place: String,
    pub state: LocationState,
    pub last_heartbeat: Option<Moment>,
    pub watermark: Option<Moment>,
    pub bookings: u64,
    pub simulated: bool,
    pub capacity: Vec<CapacityRow>,
}

/// Capacity of one class, for example vCPU; used includes what is booked but not yet running.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CapacityRow {
    pub title: String,
    pub unit: String,
    pub total: Amount,
    pub used: Amount,
}

/// A service broker of a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BrokerRow {
    /// The name by which plans call it.
    pub name: String,
    /// How many plans its catalogue has.
    pub plans: u32,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LocationView {
    pub location: LocationRow,
    pub may_manage: bool,
    /// The provider decides each order by hand.
    pub decides_by_hand: bool,
    /// Only in the one answer after it was made; stored as a digest.
    pub enrolment: Option<EnrolmentCode>,
    /// An unused code exists until then.
    pub code_until: Option<Moment>,
    /// Service brokers that answered, ascending.
    pub brokers: Vec<BrokerRow>,
    pub operator_version: Option<String>,
    /// Why the operator's calls are refused, if its version is too far from the marketplace's.
    pub version_refused: Option<Text>,
    pub kubernetes_version: Option<String>,
    pub key_fingerprint: Option<String>,
    pub enrolled_at: Option<Moment>,
    /// What the cluster can enforce: NetworkPolicy, snapshots, …
    pub abilities: Vec<Check>,
    pub kinds: Vec<String>,
    /// From where bookings can be reached, by their codes.
    pub exposures: Vec<String>,
    pub profile: ProfileView,
    pub bookings: Vec<LocationBooking>,
}

/// What the provider states about a location; orders are placed by it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProfileView {
    /// Nothing was ever stated; then only the lowest need of protection is covered.
    pub stated_at: Option<Moment>,
    pub protection: Protection,
    /// Short name of the organisation in whose data centre it stands.
    pub data_centre_of: Option<String>,
    pub data_centre_of_name: Option<String>,
    pub certificates: Vec<CertificateView>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct EnrolmentCode {
    pub code: String,
    pub valid_until: Moment,
    /// Ready to paste; contains the code.
    pub command: String,
}

impl std::fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolmentCode").field("valid_until", &self.valid_until).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LocationBooking {
    pub id: Uuid,
    pub number: String,
    pub customer: String,
    pub offering: String,
    pub phase: BookingPhase,
    pub generation: i64,
    pub observed_generation: Option<i64>,
    /// `reason-<code>` of what the operator reports as not true.
    pub reason: Option<Text>,
    /// It does not go on, and what shall be done is said to its service broker.
    pub at_broker: bool,
}
