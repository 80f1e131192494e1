//! From rows to an [`Offer`]: a version with its plans, prices, VAT decisions and places, ready for rules and views.

use crate::http::views::offerings::ProviderRef;
use crate::http::views::schema_form::{self, FormField, Input};
use crate::usecases::Error;
use crate::usecases::availability::Promise;
use crate::usecases::estimates::unit_of;
use anyhow::anyhow;
use contract::kinds::postgresql::extensions::EVERY;
use contract::{Abilities, ExposureClass, Kind, Meter, Nature, PostgresqlVersion};
use db::offerings::{ComponentRow, CurrentOffering, Place, PlanRow, VatRow};
use domain::ids::{OfferingId, VersionId};
use domain::order::Finding;
use domain::placement::{Need, Protection};
use domain::rating::{Measure, Offered, PriceModel, Terms};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

use super::{broken_schema, finding, provider_ref};

/// What a version says about itself beyond title and text; every member may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Offerings with the same word are the same product of different providers.
    pub product: Option<String>,
    /// Short words for lists.
    pub tags: Vec<String>,
    /// What it is good for.
    pub suited: Vec<String>,
    /// What it is not for.
    pub unsuited: Vec<String>,
    /// Ceiling of protection.
    pub protection: Option<Level>,
    /// Answers by question.
    pub facts: Vec<Group>,
    /// Papers with digests.
    pub documents: Vec<Paper>,
    /// How many days the data are kept after the end of a booking.
    pub keep_days: u8,
    /// What this version changed.
    pub change: String,
    /// How much of a month a booking can be used.
    pub availability: Option<Promise>,
    /// The provider decides each order by hand, at whichever location.
    pub decides_by_hand: bool,
    /// What people do for a booking, where no operator does it; without any, the usual steps.
    pub tasks: Vec<domain::task::Template>,
    /// The online service that goes live, where it is one for citizens.
    pub online_service: Option<Online>,
}

/// An online service as its offering describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Online {
    /// Address; `{ars}` stands for the area.
    pub url: String,
    /// Leistungsschlüssel, as far as they are known.
    #[serde(default)]
    pub leika: Vec<String>,
}

/// Protection level, 1 to 3 each.
#[derive(Debug, Clone, Deserialize)]
pub struct Level {
    pub confidentiality: u8,
    pub integrity: u8,
    pub availability: u8,
}

/// Facts under one question: `data`, `security`, `operation` or `exit`.
#[derive(Debug, Clone, Deserialize)]
pub struct Group {
    pub key: String,
    pub facts: Vec<Said>,
}

/// One fact.
#[derive(Debug, Clone, Deserialize)]
pub struct Said {
    pub label: String,
    pub value: String,
    #[serde(default)]
    pub note: Option<String>,
}

/// One document.
#[derive(Debug, Clone, Deserialize)]
pub struct Paper {
    pub title: String,
    pub edition: String,
    pub sha256: String,
    pub format: String,
    pub bytes: u64,
    #[serde(default)]
    pub url: Option<String>,
}

impl Details {
    /// Reads what is there; a version that says nothing useful still has its title.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }
}

/// An offering in one version, with everything that its page, its order form and its estimate need.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Rows of offering and version, name of the provider.
    pub current: CurrentOffering,
    /// How it is provisioned.
    pub kind: Kind,
    /// What it says about itself.
    pub details: Details,
    /// Plans in the provider's order.
    pub plans: Vec<PlanParts>,
    /// VAT decisions that apply.
    pub vat: Vec<VatRow>,
    /// Locations where it can run.
    pub places: Vec<Place>,
}

/// A plan with its priced parts.
#[derive(Debug, Clone)]
pub struct PlanParts {
    /// The plan.
    pub row: PlanRow,
    /// Its components.
    pub parts: Vec<Part>,
}

/// A component with its prices.
#[derive(Debug, Clone)]
pub struct Part {
    /// The component.
    pub row: ComponentRow,
    /// As rating sees it.
    pub offered: Offered,
    /// How it is priced.
    pub terms: Terms,
}

/// Why an offering runs nowhere right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// No location has an operator that is enrolled and has reported.
    NoOperator,
    /// Operators are there, but none of them can provision this kind.
    NoneAble,
    /// They can, but none of them has a service broker that offers the plan.
    NoBroker,
}

/// The present version of one offering.
pub async fn load_current(conn: &mut db::Conn, id: OfferingId) -> Result<Offer, Error> {
    let current = db::offerings::get_current(conn, id).await?;
    load_one(conn, current).await
}

/// A version as it was published, for orders and bookings of the past.
pub async fn load_version(conn: &mut db::Conn, id: VersionId) -> Result<Offer, Error> {
    let current = db::offerings::get_version(conn, id).await?;
    load_one(conn, current).await
}

async fn load_one(conn: &mut db::Conn, current: CurrentOffering) -> Result<Offer, Error> {
    load_all(conn, vec![current]).await?.pop().ok_or(Error::NotFound)
}

/// Several offerings with five queries in all.
pub async fn load_all(conn: &mut db::Conn, currents: Vec<CurrentOffering>) -> Result<Vec<Offer>, Error> {
    let versions: Vec<Uuid> = currents.iter().map(|it| it.version.id).collect();
    let offerings: Vec<Uuid> = currents.iter().map(|it| it.offering.id).collect();
    let plans = db::offerings::list_plans(conn, &versions).await?;
    let plan_ids: Vec<Uuid> = plans.iter().map(|row| row.id).collect();
    let components = db::offerings::list_components(conn, &plan_ids).await?;
    let component_ids: Vec<Uuid> = components.iter().map(|row| row.id).collect();
    let prices = db::offerings::list_prices(conn, &component_ids).await?;
    let places = db::offerings::list_places(conn, &offerings).await?;
    let providers: Vec<Uuid> = currents.iter().map(|it| it.offering.provider_id).collect();
    let decisions = db::offerings::list_vat_of_providers(conn, &providers).await?;
    let mut parts: BTreeMap<Uuid, Vec<Part>> = BTreeMap::new();
    for row in components {
        let part = Part { offered: row.to_offered(&prices)?, terms: row.to_terms()?, row };
        parts.entry(part.row.plan_id).or_default().push(part);
    }
    let mut plans: Vec<PlanParts> = plans
        .into_iter()
        .map(|row| PlanParts { parts: parts.remove(&row.id).unwrap_or_default(), row })
        .collect();
    let mut offers = Vec::new();
    for current in currents {
        let code = &current.offering.kind;
        let kind = Kind::from_code(code).ok_or_else(|| Error::Internal(anyhow!("unknown kind {code}")))?;
        let vat = db::offerings::vat_of(&decisions, current.offering.provider_id, current.offering.id);
        let (own, rest) = plans.into_iter().partition(|plan| plan.row.version_id == current.version.id);
        plans = rest;
        let here = places.iter().filter(|(offering, _)| *offering == current.offering.id);
        offers.push(Offer {
            kind,
            details: Details::read(&current.version.details),
            plans: own,
            vat,
            places: here.map(|(_, place)| place.clone()).collect(),
            current,
        });
    }
    Ok(offers)
}

impl Offer {
    /// A plan of this version.
    #[must_use]
    pub fn plan(&self, id: Uuid) -> Option<&PlanParts> {
        self.plans.iter().find(|plan| plan.row.id == id)
    }

    /// Who provides it.
    #[must_use]
    pub fn provider_ref(&self) -> ProviderRef {
        provider_ref(self.current.offering.provider_id, &self.current.provider)
    }

    /// Where a new booking of a plan (of any plan, where none is chosen yet) would run: the first location, by name, whose
    /// operator is there and can do it.
    pub fn place(&self, plan: Option<&PlanParts>) -> Result<(&Place, &Abilities), NoPlace> {
        let heard: Vec<(&Place, &Abilities)> =
            self.places.iter().filter_map(|place| Some((place, place.abilities.as_ref()?))).collect();
        let able = |abilities: &Abilities| match plan {
            Some(plan) => self.kind.runs_at(&plan.row.settings, abilities),
            None => self.plans.iter().any(|plan| self.kind.runs_at(&plan.row.settings, abilities)),
        };
        let found = heard.iter().find(|(_, abilities)| able(abilities)).copied();
        found.ok_or_else(|| match heard.iter().any(|(_, abilities)| abilities.kinds.contains(&self.kind)) {
            _ if heard.is_empty() => NoPlace::NoOperator,
            true => NoPlace::NoBroker,
            false => NoPlace::NoneAble,
        })
    }

    /// What any able location of the offer can do: the form offers it, and the place follows from what was chosen.
    #[must_use]
    pub fn abilities(&self) -> Option<Abilities> {
        let able = self.places.iter().filter_map(|place| place.abilities.as_ref());
        able.filter(|it| it.kinds.contains(&self.kind)).cloned().reduce(joined)
    }

    /// Up to which need of protection the offering may be used; without a word only the lowest.
    #[must_use]
    pub fn ceiling(&self) -> Protection {
        let Some(level) = &self.details.protection else { return Protection::default() };
        Protection {
            confidentiality: Need::from_level(level.confidentiality),
            integrity: Need::from_level(level.integrity),
            availability: Need::from_level(level.availability),
        }
    }

    /// The plan that another offer of the same product calls by the same code.
    #[must_use]
    pub fn plan_like(&self, other: &PlanParts) -> Option<&PlanParts> {
        self.plans.iter().find(|plan| plan.row.code == other.row.code)
    }

    /// What a plan needs and none of the locations has that could provision its kind.
    #[must_use]
    pub fn lacking(&self, plan: &PlanParts) -> Option<contract::Finding> {
        let heard = self.places.iter().filter_map(|place| place.abilities.as_ref());
        let mut lacking = None;
        for abilities in heard.filter(|abilities| abilities.kinds.contains(&self.kind)) {
            let missing = self.kind.check_location(&plan.row.settings, abilities);
            lacking = Some(missing.into_iter().next()?);
        }
        lacking
    }

    /// The schema of the kind's part of the order form.
    pub fn order_schema(&self, plan: &PlanParts, abilities: &Abilities) -> Result<Value, Error> {
        self.kind
            .order_schema(&plan.row.settings, abilities)
            .map_err(|findings| Error::Internal(anyhow!("plan {} cannot be read: {findings:?}", plan.row.id)))
    }
}

/// What one of two locations can do.
fn joined(one: Abilities, other: Abilities) -> Abilities {
    let mut all = one;
    all.kinds.extend(other.kinds);
    all.postgresql_versions.extend(other.postgresql_versions);
    all.postgresql_versions.sort_by_key(|version| version.major);
    all.postgresql_versions.dedup_by_key(|version| version.major);
    all.machine_images.extend(other.machine_images);
    all.machine_images.sort();
    all.machine_images.dedup();
    all.postgresql_extensions.extend(other.postgresql_extensions);
    all.postgresql_extensions.sort();
    all.postgresql_extensions.dedup();
    all.postgresql_backups |= other.postgresql_backups;
    all.exposures.extend(other.exposures);
    all.exposures.sort_unstable();
    all.exposures.dedup();
    all.application_networks |= other.application_networks;
    all.application_settings |= other.application_settings;
    all.application_ports |= other.application_ports;
    all.nodes_simulated |= other.nodes_simulated;
    all
}

impl PlanParts {
    /// GiB of all volumes that the plan fixes.
    fn storage_gib(&self) -> Option<i64> {
        let size = |value: &Value| value.get("storage_gib").and_then(Value::as_i64).unwrap_or(0);
        let further = self.row.settings.get("volumes").and_then(Value::as_array).into_iter().flatten();
        let sum = further.map(size).fold(size(&self.row.settings), i64::saturating_add);
        Some(sum).filter(|sum| *sum > 0)
    }

    /// The fixed sizes in one line, as far as the plan of the kind names them.
    #[must_use]
    pub fn summary(&self) -> String {
        let number =
            |name: &str| self.row.settings.get(name).and_then(Value::as_i64).filter(|value| *value > 0);
        let whole = |value: i64, each: i64| (Decimal::from(value) / Decimal::from(each)).normalize();
        let german = |value: Decimal| value.to_string().replace('.', ",");
        let mut words = Vec::new();
        words.extend(self.row.settings.get("includes").and_then(Value::as_str).map(str::to_owned));
        if let Some(vcpu) = number("vcpu_milli") {
            words.push(format!("{} vCPU", german(whole(vcpu, 1000))));
        }
        if let Some(memory) = number("memory_mib") {
            let words_of = if memory % 1024 == 0 {
                format!("{} GiB RAM", memory / 1024)
            } else {
                format!("{memory} MiB RAM")
            };
            words.push(words_of);
        }
        if let (Some(min), Some(max)) = (number("storage_gib_min"), number("storage_gib_max")) {
            words.push(format!("{min}–{max} GiB"));
        } else if let Some(storage) = self.storage_gib() {
            words.push(format!("{storage} GiB"));
        }
        if let Some(instances) = number("instances").filter(|instances| *instances > 1) {
            words.push(format!("{instances} Instanzen"));
        }
        if let Some(days) = number("backup_days") {
            words.push(format!("Sicherungen {days} {}", if days == 1 { "Tag" } else { "Tage" }));
        }
        words.join(", ")
    }

    /// The components that are counted, not held: the orderer says how many events to expect.
    pub fn counted(&self) -> impl Iterator<Item = &Part> {
        self.parts
            .iter()
            .filter(|part| part.meter().is_some_and(|meter| meter.nature() == Nature::Consumption))
    }

    /// One input `expected.<code>` for each counted component.
    #[must_use]
    pub fn expected_fields(&self) -> Vec<FormField> {
        self.counted()
            .map(|part| FormField {
                name: format!("expected.{}", part.row.code),
                pointer: format!("/{}", part.row.code),
                label: part
                    .row
                    .word("expected_title")
                    .map_or_else(|| format!("{} im Monat, erwartet", part.row.title), str::to_owned),
                hint: part.row.word("expected_hint").map(str::to_owned),
                input: Input::Integer,
                required: true,
                unit: None,
                min: Some("0".to_owned()),
                max: Some(EXPECTED_MAX.to_string()),
                max_length: None,
                choices: Vec::new(),
                default: Some(part.row.expected().to_string()),
                group: None,
            })
            .collect()
    }

    /// What was typed into those inputs.
    #[must_use]
    pub fn read_expected(&self, typed: &BTreeMap<String, String>) -> (BTreeMap<String, i64>, Vec<Finding>) {
        let fields = self.expected_fields();
        let (values, problems) = schema_form::parse(&fields, typed);
        let mut findings: Vec<Finding> =
            problems.into_iter().map(|problem| finding("/expected", problem)).collect();
        let mut expected = BTreeMap::new();
        for (code, value) in values.as_object().into_iter().flatten() {
            if let Some(value) = value.as_i64() {
                expected.insert(code.clone(), value);
            }
        }
        findings.extend(self.check_expected(&expected));
        (expected, findings)
    }

    /// Whether each expected number belongs to a counted component and can be true.
    #[must_use]
    pub fn check_expected(&self, expected: &BTreeMap<String, i64>) -> Vec<Finding> {
        let known = self.expected_fields();
        expected
            .iter()
            .filter_map(|(code, value)| {
                let pointer = format!("/expected/{code}");
                let Some(field) = known.iter().find(|field| field.pointer == format!("/{code}")) else {
                    return Some(Finding::new(&pointer, "unknown"));
                };
                let limits = Finding::new(&pointer, "out-of-range")
                    .with("label", &field.label)
                    .with("min", 0)
                    .with("max", EXPECTED_MAX)
                    .with("unit", "");
                (!(0..=EXPECTED_MAX).contains(value)).then_some(limits)
            })
            .collect()
    }
}

/// More events than this in a month are a typing error.
const EXPECTED_MAX: i64 = 1_000_000_000;

impl Part {
    /// What is measured for it.
    #[must_use]
    pub fn meter(&self) -> Option<Meter> {
        match self.offered.component.measure {
            Measure::Meter(meter) => Some(meter),
            Measure::Flat | Measure::Once => None,
        }
    }

    /// German word for its unit.
    #[must_use]
    pub fn unit(&self) -> String {
        unit_of(self.terms, self.meter(), self.row.word("unit_title"))
    }

    /// The price in force at a moment, else the first one that will be.
    #[must_use]
    pub fn price_at(&self, at: Timestamp) -> Option<Decimal> {
        let prices = &self.offered.prices;
        let price = prices.iter().find(|price| price.valid_at(at)).or(prices.first())?;
        Some(match price.model {
            PriceModel::Flat { price, .. }
            | PriceModel::PerUnit { price, .. }
            | PriceModel::Consumption { price, .. }
            | PriceModel::OneTime { price } => price.decimal(),
        })
    }
}

/// Abilities that narrow nothing, to show an offering whose locations have not reported yet.
#[must_use]
pub fn any_abilities() -> Abilities {
    Abilities {
        kinds: Kind::ALL.to_vec(),
        postgresql_versions: (9..40)
            .map(|major| PostgresqlVersion { major, full: major.to_string() })
            .collect(),
        exposures: ExposureClass::ALL.to_vec(),
        postgresql_extensions: vec![EVERY.to_owned()],
        postgresql_backups: true,
        application_networks: true,
        application_settings: true,
        application_ports: true,
        ..Abilities::default()
    }
}

/// The smallest order that a schema describes, with a placeholder for words: enough for its sizes.
#[must_use]
pub fn default_order(schema: &Value) -> Value {
    let fields = schema_form::fields(schema, "");
    let proposed = |field: &FormField| -> String {
        let first = field.choices.first().filter(|_| field.input != Input::Boxes);
        let first = first.map(|choice| choice.value.clone());
        field.default.clone().or(first).or_else(|| field.min.clone()).unwrap_or_else(|| match field.input {
            Input::Integer | Input::Decimal => "0".to_owned(),
            Input::Text | Input::Email => "x".to_owned(),
            Input::Checkbox | Input::Select | Input::Lines | Input::Boxes => String::new(),
        })
    };
    let typed = fields.iter().map(|field| (field.name.clone(), proposed(field))).collect();
    let (value, _) = schema_form::parse(&fields, &typed);
    typed_choices(schema, value)
}

/// Closed choices of numbers are typed as text; this gives them the type that the schema names.
#[must_use]
pub fn typed_choices(schema: &Value, value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let typed = |(name, value): (String, Value)| {
        let choices = schema.pointer(&format!("/properties/{name}/enum")).and_then(Value::as_array);
        let text = value.as_str().map(str::to_owned);
        let same =
            choices.into_iter().flatten().find(|choice| text.is_some() && text == Some(in_text(choice)));
        let value = same.cloned().unwrap_or(value);
        (name, value)
    };
    Value::Object(members.into_iter().map(typed).collect::<Map<String, Value>>())
}

fn in_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
/// Findings of a schema about a value below a member of the body.
pub(in crate::usecases) fn schema_findings(
    prefix: &str,
    schema: &Value,
    fields: &[FormField],
    value: &Value,
) -> Result<Vec<Finding>, Error> {
    let problems = schema_form::problems(schema, fields, value).map_err(broken_schema)?;
    Ok(problems.into_iter().map(|problem| finding(prefix, problem)).collect())
}
