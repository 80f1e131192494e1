//! Where an order runs: facts about locations, judged by `domain::placement`, and the record of the choice.
//!
//! Every offer of the same product is judged beside the one that is ordered, so that the order itself tells why the others
//! were not taken.

mod recheck;

pub use recheck::{Lost, lost, refuse_lost};

use crate::http::views::offerings::Protection as Levels;
use crate::http::views::placement::{CertificateView, DemandView, PlaceForm, PlacementRow, PlacementView};
use crate::http::views::schema_form::{self, Choice};
use crate::http::views::text::Text;
use crate::usecases::estimates::{self, Estimation, MONTHS, Wish};
use crate::usecases::offerings::{Offer, PlanParts, any_abilities, load_all, schema_findings};
use crate::usecases::{Error, locations};
use contract::Abilities;
use db::offerings::Place;
use db::placements::{ProfileRow, StandingOf, size_of};
use domain::ids::{LocationId, OfferingId, OrganisationId};
use domain::money::Money;
use domain::placement::{
    self as rules, Can, Candidate, Certificate, CertificateClass, Demand, LeftOut, Need, NotChosen, Pick,
    Protection, Stay, Verdict, Worker,
};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Reasons that tell how full a location is, or when it was heard.
const CONCEALED: [&str; 3] = ["silent", "full-vcpu", "full-memory"];

/// What is known of the locations of an offer and of its rivals.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    profiles: HashMap<Uuid, ProfileRow>,
    standing: HashMap<Uuid, StandingOf>,
    /// Offers of the same product by other providers, in their present versions.
    pub rivals: Vec<Offer>,
}

impl Survey {
    /// The same facts with one of some offers in the middle and the others as its rivals.
    #[must_use]
    pub fn beside(&self, main: &Offer, offers: &[Offer]) -> Self {
        let others = offers.iter().filter(|offer| offer.current.offering.id != main.current.offering.id);
        Self { rivals: others.cloned().collect(), ..self.clone() }
    }
}

/// Looks at everything that could take an order for an offer. Needs the right of the product itself, because what operators
/// report belongs to their providers.
pub async fn survey(conn: &mut db::Conn, offer: &Offer) -> Result<Survey, Error> {
    let rivals = match &offer.details.product {
        None => Vec::new(),
        Some(product) => {
            let mut all = db::offerings::list_of_product(conn, product).await?;
            all.retain(|it| it.offering.id != offer.current.offering.id);
            load_all(conn, all).await?
        }
    };
    let places = rivals.iter().chain([offer]).flat_map(|offer| &offer.places);
    let locations: Vec<Uuid> = places.map(|place| place.location_id).collect();
    let profiles = db::placements::list_profiles(conn, &locations).await?;
    Ok(Survey {
        profiles: profiles.into_iter().map(|row| (row.location_id, row)).collect(),
        standing: db::placements::list_standing(conn, &locations).await?,
        rivals,
    })
}

/// What is ordered, as far as it matters for the place.
#[derive(Debug, Clone, Copy)]
pub struct Ordered<'a> {
    /// What is demanded.
    pub demand: &'a Demand,
    /// The location that the customer named.
    pub location: Option<Uuid>,
    /// The plan.
    pub plan: &'a PlanParts,
    /// The order of the kind.
    pub parameters: &'a Value,
    /// Expected events a month.
    pub expected: &'a BTreeMap<String, i64>,
    /// First day.
    pub start: Date,
    /// At whose beginning it ends, where that is fixed.
    pub ends_on: Option<Date>,
    /// Where it runs already, if the order takes it over: its room there is taken by itself.
    pub runs_at: Option<Uuid>,
    /// Who orders.
    pub customer: OrganisationId,
    /// Providers for whom a legal basis is on file.
    pub bases: &'a HashSet<Uuid>,
    /// Those of them that the customer controls.
    pub own_operators: &'a HashSet<Uuid>,
}

/// Every location with its verdict.
#[derive(Debug, Clone)]
pub struct Judged {
    /// As the rules see them.
    pub verdicts: Vec<(Candidate, Verdict)>,
    /// The same as they are shown, the chosen one first.
    pub rows: Vec<PlacementRow>,
    /// Over how many months prices are compared.
    pub months: u32,
}

/// Judges every location of an offer and of its rivals.
pub fn judge(
    offer: &Offer,
    survey: &Survey,
    ordered: &Ordered<'_>,
    estimation: Option<&Estimation>,
    now: Timestamp,
) -> Result<Judged, Error> {
    // A fixed term is compared over its own months.
    let months = estimation.map_or(MONTHS, |estimation| estimation.months);
    let mut candidates = Vec::new();
    let mut facts = Vec::new();
    for it in std::iter::once(offer).chain(&survey.rivals) {
        let own = it.current.offering.id == offer.current.offering.id;
        let plan = if own { Some(ordered.plan) } else { it.plan_like(ordered.plan) };
        let estimation = if own { estimation.cloned() } else { price(it, plan, ordered, months)? };
        let places: Vec<Option<&Place>> =
            if it.kind.by_people() { vec![None] } else { it.places.iter().map(Some).collect() };
        for place in places {
            let mut candidate = candidate(it, survey, place, plan, ordered.parameters)?;
            // What cannot be priced yet is a fault of the order's own fields, and stands beside them.
            candidate.total = estimation.as_ref().map(|it| it.gross).or(own.then_some(Money::ZERO));
            if place.is_some() && place.map(|place| place.location_id) == ordered.runs_at {
                candidate.room = None;
            }
            let provider = it.current.offering.provider_id;
            candidate.legal_basis = ordered.bases.contains(&provider);
            if provider != ordered.customer.0 && !ordered.own_operators.contains(&provider) {
                candidate.data_centre_of = None;
            }
            facts.push(row(it, &candidate, place, estimation.as_ref()));
            candidates.push(candidate);
        }
    }
    let pick =
        Pick { offering: OfferingId(offer.current.offering.id), location: ordered.location.map(LocationId) };
    let verdicts = rules::place(ordered.demand, ordered.customer, &candidates, pick, now);
    let rows = facts.into_iter().zip(&verdicts).map(|(row, verdict)| told(row, verdict, months));
    let mut rows: Vec<PlacementRow> = rows.collect();
    rows.sort_by_key(|row| {
        (row.outcome != "chosen", row.offering != offer.current.offering.id, row.outcome == "left-out")
    });
    Ok(Judged { verdicts: candidates.into_iter().zip(verdicts).collect(), rows, months })
}

impl Judged {
    /// Where it runs.
    #[must_use]
    pub fn chosen(&self) -> Option<&Candidate> {
        self.verdicts.iter().find(|(_, verdict)| *verdict == Verdict::Chosen).map(|(candidate, _)| candidate)
    }

    /// Locations of one offer that cannot take the order, with every reason.
    pub fn left_out(&self, offering: Uuid) -> impl Iterator<Item = (&Candidate, &[LeftOut])> {
        self.verdicts.iter().filter_map(move |(candidate, verdict)| match verdict {
            Verdict::LeftOut(reasons) if candidate.offering.0 == offering => {
                Some((candidate, reasons.as_slice()))
            }
            Verdict::LeftOut(_) | Verdict::NotChosen(_) | Verdict::Chosen => None,
        })
    }

    /// As it is recorded and shown.
    #[must_use]
    pub fn to_view(&self, ordered: &Ordered<'_>, now: Timestamp) -> PlacementView {
        PlacementView {
            demand: demand_view(ordered.demand),
            by_hand: ordered.location.is_some(),
            placed_at: now.into(),
            months: self.months,
            rows: self.rows.clone(),
        }
    }

    /// The same for whoever has not signed in: why a location is left out, and neither how full it is nor when it was heard.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        for row in &mut self.rows {
            row.heard_at = None;
            for reason in row.reasons.iter_mut().filter(|reason| CONCEALED.contains(&reason.code.as_str())) {
                reason.args.clear();
            }
        }
        self
    }

    /// What the order form shows: the locations of this offer.
    #[must_use]
    pub fn to_form(&self, offer: &Offer, survey: &Survey, own_land: Option<&str>) -> PlaceForm {
        let here = |row: &&PlacementRow| row.offering == offer.current.offering.id;
        PlaceForm {
            needs: Need::ALL.map(|need| need.code().to_owned()).to_vec(),
            lands: lands(offer, survey, own_land),
            certificates: CertificateClass::ALL.map(|class| class.code().to_owned()).to_vec(),
            rows: self.rows.iter().filter(here).cloned().collect(),
            by_people: offer.kind.by_people(),
        }
    }
}

/// The own Land, and those where a location is.
fn lands(offer: &Offer, survey: &Survey, own: Option<&str>) -> Vec<Choice> {
    let places = survey.rivals.iter().chain([offer]).flat_map(|offer| &offer.places);
    let mut keys: Vec<&str> = places.map(|place| place.land.as_str()).collect();
    keys.sort_unstable();
    let mut seen = HashSet::new();
    let keys = own.into_iter().chain(keys).filter(|key| seen.insert(*key));
    keys.map(|key| Choice {
        value: Stay::Land(key.to_owned()).code(),
        label: locations::land_name(key).to_owned(),
    })
    .collect()
}

/// A rival's price of the same order, if it has a plan like it that can be read.
fn price(
    offer: &Offer,
    plan: Option<&PlanParts>,
    ordered: &Ordered<'_>,
    months: u32,
) -> Result<Option<Estimation>, Error> {
    let sized = |plan: &&PlanParts| estimates::is_sized(offer.kind, &plan.row.settings, ordered.parameters);
    let Some(plan) = plan.filter(sized) else { return Ok(None) };
    let wish = Wish {
        kind: offer.kind,
        plan,
        parameters: ordered.parameters,
        expected: ordered.expected,
        vat: &offer.vat,
        start: ordered.start,
        months,
        ends_on: ordered.ends_on,
    };
    estimates::compute(&wish).map(Some)
}

/// A location as the rules see it, without price and legal basis.
fn candidate(
    offer: &Offer,
    survey: &Survey,
    place: Option<&Place>,
    plan: Option<&PlanParts>,
    parameters: &Value,
) -> Result<Candidate, Error> {
    let profile = place.and_then(|place| survey.profiles.get(&place.location_id));
    let standing = place.and_then(|place| survey.standing.get(&place.location_id));
    let abilities = place.and_then(|place| place.abilities.as_ref());
    let offered = offer.ceiling();
    let ratio = standing.map_or(1, |standing| standing.machine_cpu_ratio);
    Ok(Candidate {
        offering: OfferingId(offer.current.offering.id),
        location: place.map(|place| LocationId(place.location_id)),
        name: place.map_or_else(|| offer.current.provider.clone(), |place| place.name.clone()),
        land: place.map(|place| place.land.clone()),
        data_centre_of: profile.and_then(|profile| profile.data_centre_of).map(OrganisationId),
        // Where people work, only the offering says up to what it may be used.
        ceiling: match place {
            None => offered,
            Some(_) => offered.lower(profile.map(ProfileRow::ceiling).unwrap_or_default()),
        },
        certificates: profile.map(ProfileRow::certificates).transpose()?.unwrap_or_default(),
        worker: match (place, standing, abilities) {
            (None, ..) => Worker::People,
            (Some(_), Some(standing), Some(_)) => Worker::Operator { heard_at: standing.heard_at.to_jiff() },
            (Some(_), ..) => Worker::Nobody,
        },
        can: match (plan, abilities) {
            (Some(plan), Some(abilities)) => can(offer, plan, abilities, parameters)?,
            (None, _) | (_, None) => Can::Everything,
        },
        room: standing.and_then(|standing| standing.room),
        size: plan.map(|plan| size_of(offer.kind, &plan.row.settings, parameters, ratio)).unwrap_or_default(),
        total: None,
        legal_basis: true,
    })
}

/// Whether a location reports all that the order needs. What no location of the offer could do is a fault of the order,
/// and stands beside its fields.
fn can(offer: &Offer, plan: &PlanParts, abilities: &Abilities, parameters: &Value) -> Result<Can, Error> {
    if !abilities.kinds.contains(&offer.kind) {
        return Ok(Can::NotTheKind);
    }
    if !offer.kind.check_location(&plan.row.settings, abilities).is_empty() {
        return Ok(Can::NotTheChoice);
    }
    if !offer.kind.runs_at(&plan.row.settings, abilities) {
        return Ok(Can::NotTheBroker);
    }
    let fits = |abilities: &Abilities| -> Result<bool, Error> {
        let schema = offer.order_schema(plan, abilities)?;
        let fields = schema_form::fields(&schema, "parameters");
        Ok(schema_findings("", &schema, &fields, parameters)?.is_empty())
    };
    Ok(if fits(abilities)? || !fits(&any_abilities())? { Can::Everything } else { Can::NotTheChoice })
}

fn row(
    offer: &Offer,
    candidate: &Candidate,
    place: Option<&Place>,
    estimation: Option<&Estimation>,
) -> PlacementRow {
    PlacementRow {
        offering: offer.current.offering.id,
        version: u32::try_from(offer.current.version.number).unwrap_or_default(),
        provider: offer.current.provider.clone(),
        location: candidate.location.map(|location| location.0),
        name: candidate.name.clone(),
        land: place.map(|place| locations::land_name(&place.land).to_owned()),
        protection: levels(candidate.ceiling),
        certificates: candidate.certificates.iter().map(certificate_view).collect(),
        heard_at: match candidate.worker {
            Worker::Operator { heard_at } => Some(heard_at.into()),
            Worker::People | Worker::Nobody => None,
        },
        monthly_net: estimation.map(|it| it.monthly.decimal().into()),
        total_gross: estimation.map(|it| it.gross.decimal().into()),
        outcome: String::new(),
        reasons: Vec::new(),
    }
}

fn told(row: PlacementRow, verdict: &Verdict, months: u32) -> PlacementRow {
    let (outcome, reasons) = match verdict {
        Verdict::Chosen => ("chosen", Vec::new()),
        Verdict::NotChosen(why) => ("not-chosen", vec![not_chosen(*why, months)]),
        Verdict::LeftOut(reasons) => ("left-out", reasons.iter().map(left_out).collect()),
    };
    PlacementRow { outcome: outcome.to_owned(), reasons, ..row }
}

/// A level as offerings show it.
#[must_use]
pub fn levels(protection: Protection) -> Levels {
    Levels {
        confidentiality: protection.confidentiality.level(),
        integrity: protection.integrity.level(),
        availability: protection.availability.level(),
    }
}

/// Evidence as pages show it.
#[must_use]
pub fn certificate_view(certificate: &Certificate) -> CertificateView {
    CertificateView {
        class: certificate.class.code().to_owned(),
        number: certificate.number.clone(),
        valid_until: certificate.valid_until.into(),
    }
}

fn demand_view(demand: &Demand) -> DemandView {
    let of = demand.protection;
    DemandView {
        confidentiality: of.confidentiality.code().to_owned(),
        integrity: of.integrity.code().to_owned(),
        availability: of.availability.code().to_owned(),
        stay: demand.stay.code(),
        land: match &demand.stay {
            Stay::Land(key) => Some(locations::land_name(key).to_owned()),
            Stay::Anywhere | Stay::Own => None,
        },
        certificate: demand.certificate.map(|class| class.code().to_owned()),
    }
}

/// A reason to leave a location out, to be put into words.
#[must_use]
pub fn left_out(reason: &LeftOut) -> Text {
    let text = Text::new(reason.code());
    let cores = |milli: i64| Decimal::new(milli, 3).normalize();
    let gib = |mib: i64| (Decimal::from(mib) / Decimal::from(1024)).round_dp(1).normalize();
    match reason {
        LeftOut::Silent { since } => text.with("since_at", since),
        LeftOut::Protection { needed, offered, .. } => {
            text.with("needed", needed.code()).with("offered", offered.code())
        }
        LeftOut::CertificateOver { until } => text.with("until_date", until),
        LeftOut::FullVcpu { free, needed } => {
            text.with("free_number", cores(*free)).with("needed_number", cores(*needed))
        }
        LeftOut::FullMemory { free, needed } => {
            text.with("free_number", gib(*free)).with("needed_number", gib(*needed))
        }
        LeftOut::WithoutOperator
        | LeftOut::NotTheKind
        | LeftOut::NotTheBroker
        | LeftOut::NotTheChoice
        | LeftOut::OtherLand
        | LeftOut::NotOwnDataCentre
        | LeftOut::CertificateMissing
        | LeftOut::NoPlan
        | LeftOut::NoLegalBasis => text,
    }
}

fn not_chosen(why: NotChosen, months: u32) -> Text {
    let text = Text::new(why.code());
    match why {
        NotChosen::Dearer { by } => text.with("by_eur", by).with("months", months),
        NotChosen::Picked | NotChosen::NotHeard | NotChosen::LessRoom | NotChosen::SameByName => text,
    }
}
