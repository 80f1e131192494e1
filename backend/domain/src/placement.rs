//! Where an order runs: which locations may take it, which of them does, and why the others do not.
//!
//! Owns: the demands of a customer, the reasons to leave a location out, the order among those that remain. Does not own:
//! whether the order itself is sound ([`crate::order`]), what it costs ([`crate::rating`]).
//!
//! A public buyer must be able to explain every offer that was not taken (facts/security-reliability-ux.md, finding 11), so
//! a choice always comes with a verdict on each candidate.

use crate::booking::SILENCE;
use crate::ids::{LocationId, OfferingId, OrganisationId};
use crate::money::Money;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// After this long without a word, nobody can tell what a location still can and has; it takes no new order.
pub const SILENT_TOO_LONG: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Schutzbedarf of one of the three aims, as BSI standard 200-2 names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Damage would be limited and manageable.
    #[default]
    Normal,
    /// Damage could be considerable.
    High,
    /// Damage could threaten existence.
    VeryHigh,
}

impl Need {
    /// Every level, the lowest first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::High, Self::VeryHigh];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
            Self::VeryHigh => "very-high",
        }
    }

    /// The level with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|need| need.code() == code)
    }

    /// 1 to 3, as offerings state it.
    pub fn level(self) -> u8 {
        match self {
            Self::Normal => 1,
            Self::High => 2,
            Self::VeryHigh => 3,
        }
    }

    /// The level with this number; what nobody stated counts as the lowest.
    pub fn from_level(level: u8) -> Self {
        match level {
            0 | 1 => Self::Normal,
            2 => Self::High,
            _ => Self::VeryHigh,
        }
    }
}

/// Confidentiality, integrity, availability: what a customer needs, or up to what a location may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Protection {
    /// Vertraulichkeit.
    pub confidentiality: Need,
    /// Integrität.
    pub integrity: Need,
    /// Verfügbarkeit.
    pub availability: Need,
}

impl Protection {
    /// The lower of two in each aim: a location is no safer than the offering, and the other way round.
    pub fn lower(self, other: Self) -> Self {
        Self {
            confidentiality: self.confidentiality.min(other.confidentiality),
            integrity: self.integrity.min(other.integrity),
            availability: self.availability.min(other.availability),
        }
    }

    /// The aims with their levels.
    pub fn aims(self) -> [(Aim, Need); 3] {
        [
            (Aim::Confidentiality, self.confidentiality),
            (Aim::Integrity, self.integrity),
            (Aim::Availability, self.availability),
        ]
    }
}

/// One aim of protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Vertraulichkeit.
    Confidentiality,
    /// Integrität.
    Integrity,
    /// Verfügbarkeit.
    Availability,
}

/// Kinds of evidence that a location can show (facts/domain.md 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateClass {
    /// BSI C5, type 1: adequate by design at a date.
    #[serde(rename = "c5-type-1")]
    C5Type1,
    /// BSI C5, type 2: effective over a period.
    #[serde(rename = "c5-type-2")]
    C5Type2,
    /// ISO/IEC 27001.
    #[serde(rename = "iso-27001")]
    Iso27001,
    /// ISO 27001 on the basis of IT-Grundschutz.
    #[serde(rename = "it-grundschutz")]
    Grundschutz,
}

impl CertificateClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::C5Type1, Self::C5Type2, Self::Iso27001, Self::Grundschutz];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::C5Type1 => "c5-type-1",
            Self::C5Type2 => "c5-type-2",
            Self::Iso27001 => "iso-27001",
            Self::Grundschutz => "it-grundschutz",
        }
    }

    /// The class with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }

    /// Whether evidence of this class is enough where another is demanded: type 2 says more than type 1, and a certificate
    /// on the basis of IT-Grundschutz is one by ISO 27001.
    pub fn covers(self, demanded: Self) -> bool {
        self == demanded
            || matches!(
                (self, demanded),
                (Self::C5Type2, Self::C5Type1) | (Self::Grundschutz, Self::Iso27001)
            )
    }
}

/// Evidence with its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Of which class.
    pub class: CertificateClass,
    /// Number or report.
    pub number: String,
    /// Last day on which it counts.
    pub valid_until: Date,
}

impl Certificate {
    /// Whether it does not count any more.
    pub fn is_over(&self, today: Date) -> bool {
        self.valid_until < today
    }
}

/// Where the data must stay; written as its code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Stay {
    /// Wherever a location is.
    #[default]
    Anywhere,
    /// In one Land, by its two-digit key.
    Land(String),
    /// In the data centre of the own organisation.
    Own,
}

impl Stay {
    /// `anywhere`, `land-16`, `own`.
    pub fn code(&self) -> String {
        match self {
            Self::Anywhere => "anywhere".to_owned(),
            Self::Land(key) => format!("land-{key}"),
            Self::Own => "own".to_owned(),
        }
    }

    /// The place with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "anywhere" => Some(Self::Anywhere),
            "own" => Some(Self::Own),
            other => {
                let key = other.strip_prefix("land-")?;
                let digits = key.len() == 2 && key.bytes().all(|sign| sign.is_ascii_digit());
                let number: u8 = key.parse().ok().filter(|_| digits)?;
                (1..=16).contains(&number).then(|| Self::Land(key.to_owned()))
            }
        }
    }
}

impl From<Stay> for String {
    fn from(stay: Stay) -> Self {
        stay.code()
    }
}

impl TryFrom<String> for Stay {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::from_code(&code).ok_or_else(|| format!("no such place: {code}"))
    }
}

/// What a customer demands of the place. What is not said is not demanded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Demand {
    /// Schutzbedarf.
    pub protection: Protection,
    /// Where the data must stay.
    pub stay: Stay,
    /// Evidence that the location must show.
    pub certificate: Option<CertificateClass>,
}

/// What an order takes of the nodes of a location, in the units of the meters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// mCPU.
    pub vcpu: i64,
    /// MiB.
    pub memory: i64,
}

/// What a location has, in the units of the meters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// mCPU in all.
    pub vcpu_total: i64,
    /// mCPU that nobody holds.
    pub vcpu_free: i64,
    /// MiB in all.
    pub memory_total: i64,
    /// MiB that nobody holds.
    pub memory_free: i64,
}

impl Room {
    /// What is free after promises that the nodes do not show yet.
    pub fn without(self, promised: Size) -> Self {
        Self {
            vcpu_free: self.vcpu_free.saturating_sub(promised.vcpu),
            memory_free: self.memory_free.saturating_sub(promised.memory),
            ..self
        }
    }

    /// The scarcer share that would stay free, in thousandths.
    fn spare(self, size: Size) -> i64 {
        let share = |free: i64, total: i64| free.saturating_mul(1000) / total.max(1);
        share(self.vcpu_free - size.vcpu, self.vcpu_total)
            .min(share(self.memory_free - size.memory, self.memory_total))
    }
}

/// Who works at a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// People of the provider; there is no cluster.
    People,
    /// An operator that is enrolled, and when it was heard last.
    Operator {
        /// Its last heartbeat.
        heard_at: Timestamp,
    },
    /// No operator is enrolled, or it has never reported.
    Nobody,
}

/// Whether a location can do what is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    /// It reports everything that the order needs.
    Everything,
    /// The engine of the kind is missing.
    NotTheKind,
    /// It has no broker of that name.
    NotTheBroker,
    /// It lacks a version, an image, an exposure or backups that were chosen.
    NotTheChoice,
}

/// Whether a legal basis that a customer states makes a provider its own operator: it controls the provider, alone or with
/// others. Only such a provider's word counts for a data centre being the customer's own.
pub fn own_operator(basis: &str) -> bool {
    matches!(basis, "INHOUSE_108_1" | "INHOUSE_108_3" | "INHOUSE_108_4")
}

/// A place where an order could run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which offering would be ordered.
    pub offering: OfferingId,
    /// Where; nothing where people fulfil it.
    pub location: Option<LocationId>,
    /// What decides last and favours nobody.
    pub name: String,
    /// Two-digit key of the Land; nothing where people fulfil it.
    pub land: Option<String>,
    /// Whose data centre it stands in, if it is one of a customer.
    pub data_centre_of: Option<OrganisationId>,
    /// Up to which Schutzbedarf it may be used.
    pub ceiling: Protection,
    /// What it can show.
    pub certificates: Vec<Certificate>,
    /// Who works there.
    pub worker: Worker,
    /// What it can do.
    pub can: Can,
    /// What it has; nothing where it does not report that.
    pub room: Option<Room>,
    /// What it takes there.
    pub size: Size,
    /// What the customer pays over the term; nothing without a matching plan with prices.
    pub total: Option<Money>,
    /// Whether the customer has a legal basis to buy from its provider.
    pub legal_basis: bool,
}

/// Why a location cannot take an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// No operator is enrolled there.
    WithoutOperator,
    /// Its operator has not been heard for too long.
    Silent {
        /// The last word.
        since: Timestamp,
    },
    /// The engine of the kind is missing there.
    NotTheKind,
    /// The broker that the plan needs is missing there.
    NotTheBroker,
    /// A chosen version, image, exposure or the backups of the plan are missing there.
    NotTheChoice,
    /// It may not be used for that much need of protection.
    Protection {
        /// In which aim.
        aim: Aim,
        /// What is demanded.
        needed: Need,
        /// Up to what it may be used.
        offered: Need,
    },
    /// It lies in another Land.
    OtherLand,
    /// It does not stand in the customer's own data centre.
    NotOwnDataCentre,
    /// It shows no such evidence.
    CertificateMissing,
    /// Its evidence has run out.
    CertificateOver {
        /// Last day on which it counted.
        until: Date,
    },
    /// Too few processors are free.
    FullVcpu {
        /// mCPU that are free.
        free: i64,
        /// mCPU that are needed.
        needed: i64,
    },
    /// Too little memory is free.
    FullMemory {
        /// MiB that are free.
        free: i64,
        /// MiB that are needed.
        needed: i64,
    },
    /// Its offer has no plan of this name with prices.
    NoPlan,
    /// The customer has no legal basis on file for its provider.
    NoLegalBasis,
}

impl LeftOut {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WithoutOperator => "without-operator",
            Self::Silent { .. } => "silent",
            Self::NotTheKind => "not-the-kind",
            Self::NotTheBroker => "not-the-broker",
            Self::NotTheChoice => "not-the-choice",
            Self::Protection { aim: Aim::Confidentiality, .. } => "protection-confidentiality",
            Self::Protection { aim: Aim::Integrity, .. } => "protection-integrity",
            Self::Protection { aim: Aim::Availability, .. } => "protection-availability",
            Self::OtherLand => "other-land",
            Self::NotOwnDataCentre => "not-own-data-centre",
            Self::CertificateMissing => "certificate-missing",
            Self::CertificateOver { .. } => "certificate-over",
            Self::FullVcpu { .. } => "full-vcpu",
            Self::FullMemory { .. } => "full-memory",
            Self::NoPlan => "no-plan",
            Self::NoLegalBasis => "no-legal-basis",
        }
    }

    /// Whether an order that waits for approval must not be approved any more once this holds. A silent location fetches
    /// what is approved as soon as it is heard again, and price and legal basis stand in the order.
    pub fn stops_approval(&self) -> bool {
        match self {
            Self::Silent { .. } | Self::NoPlan | Self::NoLegalBasis => false,
            Self::WithoutOperator
            | Self::NotTheKind
            | Self::NotTheBroker
            | Self::NotTheChoice
            | Self::Protection { .. }
            | Self::OtherLand
            | Self::NotOwnDataCentre
            | Self::CertificateMissing
            | Self::CertificateOver { .. }
            | Self::FullVcpu { .. }
            | Self::FullMemory { .. } => true,
        }
    }
}

/// Why a location that could take an order did not get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChosen {
    /// The customer chose another location or offer by hand, though this one comes first by rule.
    Picked,
    /// The chosen one was heard within the last minutes, this one was not.
    NotHeard,
    /// It costs more over the term.
    Dearer {
        /// By how much.
        by: Money,
    },
    /// It costs the same, and less of it would stay free.
    LessRoom,
    /// In everything alike; the name decides.
    SameByName,
}

impl NotChosen {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Picked => "picked",
            Self::NotHeard => "not-heard",
            Self::Dearer { .. } => "dearer",
            Self::LessRoom => "less-room",
            Self::SameByName => "same-by-name",
        }
    }
}

/// What a choice says about one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The order runs here.
    Chosen,
    /// It could, but another one comes first.
    NotChosen(NotChosen),
    /// It cannot; every reason, never none.
    LeftOut(Vec<LeftOut>),
}

/// What the customer chose by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// The offer; only its locations can be chosen, the others are judged beside them.
    pub offering: OfferingId,
    /// The location, if the customer chose one.
    pub location: Option<LocationId>,
}

/// Judges every candidate, in the order in which they come. At most one is chosen; none if no location of the picked offer
/// may take the order, or if the picked location may not.
pub fn place(
    demand: &Demand,
    customer: OrganisationId,
    candidates: &[Candidate],
    pick: Pick,
    now: Timestamp,
) -> Vec<Verdict> {
    let reasons: Vec<Vec<LeftOut>> =
        candidates.iter().map(|candidate| left_out(demand, customer, candidate, now)).collect();
    let open = |candidate: &Candidate, reasons: &Vec<LeftOut>| {
        reasons.is_empty()
            && candidate.offering == pick.offering
            && (pick.location.is_none() || candidate.location == pick.location)
    };
    let best = candidates
        .iter()
        .zip(&reasons)
        .enumerate()
        .filter(|(_, (candidate, reasons))| open(candidate, reasons))
        .min_by_key(|(_, (candidate, _))| rank(candidate, now))
        .map(|(nth, (candidate, _))| (nth, candidate));
    let judge = |(nth, (candidate, reasons)): (usize, (&Candidate, Vec<LeftOut>))| match best {
        _ if !reasons.is_empty() => Verdict::LeftOut(reasons),
        Some((chosen, _)) if chosen == nth => Verdict::Chosen,
        Some((_, chosen)) => Verdict::NotChosen(behind(candidate, chosen, now)),
        // Nothing of the picked offer is left; what remains elsewhere was not picked.
        None => Verdict::NotChosen(NotChosen::Picked),
    };
    candidates.iter().zip(reasons).enumerate().map(judge).collect()
}

/// Every reason why a candidate cannot take an order; empty if it can.
pub fn left_out(
    demand: &Demand,
    customer: OrganisationId,
    candidate: &Candidate,
    now: Timestamp,
) -> Vec<LeftOut> {
    let mut reasons = Vec::new();
    match candidate.worker {
        Worker::Nobody => reasons.push(LeftOut::WithoutOperator),
        Worker::Operator { heard_at } if now.duration_since(heard_at) > SILENT_TOO_LONG => {
            reasons.push(LeftOut::Silent { since: heard_at });
        }
        Worker::Operator { .. } | Worker::People => {}
    }
    // What nobody reports cannot be missed as well.
    if candidate.worker != Worker::Nobody {
        match candidate.can {
            Can::Everything => {}
            Can::NotTheKind => reasons.push(LeftOut::NotTheKind),
            Can::NotTheBroker => reasons.push(LeftOut::NotTheBroker),
            Can::NotTheChoice => reasons.push(LeftOut::NotTheChoice),
        }
    }
    let aims = demand.protection.aims().into_iter().zip(candidate.ceiling.aims());
    reasons.extend(
        aims.filter(|((_, needed), (_, offered))| needed > offered)
            .map(|((aim, needed), (_, offered))| LeftOut::Protection { aim, needed, offered }),
    );
    match &demand.stay {
        Stay::Land(key) if candidate.land.as_ref() != Some(key) => reasons.push(LeftOut::OtherLand),
        Stay::Own if candidate.data_centre_of != Some(customer) => reasons.push(LeftOut::NotOwnDataCentre),
        Stay::Anywhere | Stay::Land(_) | Stay::Own => {}
    }
    reasons.extend(demand.certificate.and_then(|class| evidence(candidate, class, now)));
    if let Some(room) = candidate.room {
        let Size { vcpu, memory } = candidate.size;
        if vcpu > room.vcpu_free.max(0) {
            reasons.push(LeftOut::FullVcpu { free: room.vcpu_free.max(0), needed: vcpu });
        }
        if memory > room.memory_free.max(0) {
            reasons.push(LeftOut::FullMemory { free: room.memory_free.max(0), needed: memory });
        }
    }
    if candidate.total.is_none() {
        reasons.push(LeftOut::NoPlan);
    }
    if !candidate.legal_basis {
        reasons.push(LeftOut::NoLegalBasis);
    }
    reasons
}

/// What is wrong with the evidence of a class.
fn evidence(candidate: &Candidate, class: CertificateClass, now: Timestamp) -> Option<LeftOut> {
    let today = crate::time::berlin_day(now);
    let fitting = candidate.certificates.iter().filter(|it| it.class.covers(class));
    match fitting.max_by_key(|it| it.valid_until) {
        None => Some(LeftOut::CertificateMissing),
        Some(last) => last.is_over(today).then_some(LeftOut::CertificateOver { until: last.valid_until }),
    }
}

/// Heard of late, cheaper, roomier, by name: the smallest comes first. Name and ids make it independent of the order in
/// which candidates come.
type Rank<'a> = (bool, Money, Reverse<i64>, &'a str, Option<LocationId>, OfferingId);

fn rank(candidate: &Candidate, now: Timestamp) -> Rank<'_> {
    (
        !heard(candidate, now),
        candidate.total.unwrap_or_default(),
        Reverse(candidate.room.map_or(0, |room| room.spare(candidate.size))),
        &candidate.name,
        candidate.location,
        candidate.offering,
    )
}

fn heard(candidate: &Candidate, now: Timestamp) -> bool {
    match candidate.worker {
        Worker::People => true,
        Worker::Operator { heard_at } => now.duration_since(heard_at) <= SILENCE,
        Worker::Nobody => false,
    }
}

/// The first thing in which the chosen one is better.
fn behind(candidate: &Candidate, chosen: &Candidate, now: Timestamp) -> NotChosen {
    let (this, best) = (rank(candidate, now), rank(chosen, now));
    if this < best {
        NotChosen::Picked
    } else if this.0 != best.0 {
        NotChosen::NotHeard
    } else if this.1 != best.1 {
        NotChosen::Dearer { by: this.1 - best.1 }
    } else if this.2 != best.2 {
        NotChosen::LessRoom
    } else {
        NotChosen::SameByName
    }
}

#[cfg(test)]
#[path = "placement_test.rs"]
mod tests;
