//! How a booking is provisioned. One file per kind, complete in itself; this file is the registry.
//!
//! To add a kind: one file, one variant, one arm in each exhaustive match below. Nothing else in either program knows
//! kinds by name. A kind is pure: manifests, checks and readiness are functions of what is passed in.

use crate::reveal::Access;
use crate::{Abilities, Endpoint, ExposureClass, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

pub mod application;
pub mod context;
pub mod export;
pub mod exposure;
pub mod fields;
pub mod manual;
pub mod namespace;
pub mod networks;
pub mod postgresql;
pub mod quantity;
pub mod readiness;
pub mod shared_service;
pub mod virtual_machine;
pub mod workload;

pub use context::{DrawnConfig, Effects, GeneratedSecret, Network, Query, Site};
pub use export::Export;
pub use readiness::{Allocated, Readiness, State};

/// An Art of provisioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A CloudNativePG `Cluster`.
    Postgresql,
    /// A Deployment with Service and address.
    Application,
    /// A KubeVirt `VirtualMachine`.
    VirtualMachine,
    /// An instance at an Open Service Broker.
    SharedService,
    /// Work of the provider's people; nothing of it is in a cluster.
    Manual,
}

/// Code of the finding about an order that cannot be read at all, so that nothing else is said about it.
pub const UNREADABLE: &str = "order-unreadable";

/// Something in a plan or an order that cannot be provisioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// JSON pointer to the field, such as `/storage_gib`; empty for the whole.
    pub pointer: String,
    /// Stable code such as `too-small`.
    pub code: String,
    /// German sentence: what is wrong and what would be right.
    pub message_de: String,
}

impl Finding {
    /// A finding from its parts.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<String>,
        message_de: impl Into<String>,
    ) -> Finding {
        Finding { pointer: pointer.into(), code: code.into(), message_de: message_de.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.pointer, self.message_de)
    }
}

/// Who makes new access data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// The engine draws a new password; the former one stops working at once.
    Engine,
    /// The service broker makes a new binding; the former one stays good for some days.
    Broker,
    /// People of the provider, who enter them anew for each display.
    People,
    /// Nobody from outside: they are changed inside what was booked.
    Inside,
    /// Nothing that is shown is secret.
    Nothing,
}

impl Rotation {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Rotation::Engine => "engine",
            Rotation::Broker => "broker",
            Rotation::People => "people",
            Rotation::Inside => "inside",
            Rotation::Nothing => "nothing",
        }
    }

    /// Whether the customer can order it by itself.
    pub fn can_be_ordered(self) -> bool {
        match self {
            Rotation::Engine | Rotation::Broker => true,
            Rotation::People | Rotation::Inside | Rotation::Nothing => false,
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 5] =
        [Kind::Postgresql, Kind::Application, Kind::VirtualMachine, Kind::SharedService, Kind::Manual];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Postgresql => "postgresql",
            Kind::Application => "application",
            Kind::VirtualMachine => "virtual-machine",
            Kind::SharedService => "shared-service",
            Kind::Manual => "manual",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What the screen calls it.
    pub fn title_de(self) -> &'static str {
        match self {
            Kind::Postgresql => "PostgreSQL-Datenbank",
            Kind::Application => "Anwendung",
            Kind::VirtualMachine => "Virtuelle Maschine",
            Kind::SharedService => "Gemeinsamer Dienst",
            Kind::Manual => "Dienst mit persönlicher Einrichtung",
        }
    }

    /// Whether people of the provider fulfil it instead of an operator: it runs at no location, and what is elsewhere
    /// measured is stated and confirmed.
    pub fn by_people(self) -> bool {
        match self {
            Kind::Postgresql | Kind::Application | Kind::VirtualMachine | Kind::SharedService => false,
            Kind::Manual => true,
        }
    }

    /// Whether a booking can be stopped and started while its data stay.
    pub fn stoppable(self) -> bool {
        match self {
            Kind::Postgresql | Kind::Application | Kind::VirtualMachine => true,
            Kind::SharedService => false,
            Kind::Manual => false,
        }
    }

    /// How the customer gets the data out.
    pub fn exports(self) -> &'static [Export] {
        match self {
            Kind::Postgresql => &[Export::DatabaseDump],
            Kind::Application => &[Export::ByApplication],
            Kind::VirtualMachine => &[Export::SecureShell],
            Kind::SharedService => &[Export::ByService],
            Kind::Manual => &[Export::ByPeople],
        }
    }

    /// What can be measured for this kind.
    pub fn meters(self) -> &'static [Meter] {
        match self {
            Kind::Postgresql => postgresql::METERS,
            Kind::Application => application::METERS,
            Kind::VirtualMachine => virtual_machine::METERS,
            Kind::SharedService => shared_service::METERS,
            Kind::Manual => manual::METERS,
        }
    }

    /// JSON Schema of the plan, for the provider who lists an offering.
    pub fn plan_schema(self) -> Value {
        match self {
            Kind::Postgresql => schema_of::<postgresql::Plan>(),
            Kind::Application => schema_of::<application::Plan>(),
            Kind::VirtualMachine => schema_of::<virtual_machine::Plan>(),
            Kind::SharedService => schema_of::<shared_service::Plan>(),
            Kind::Manual => schema_of::<manual::Plan>(),
        }
    }

    /// JSON Schema of the order form, narrowed to what this plan and this location allow.
    /// Refuses a plan that cannot be read.
    pub fn order_schema(self, plan: &Value, abilities: &Abilities) -> Result<Value, Vec<Finding>> {
        match self {
            Kind::Postgresql => Ok(postgresql::order_schema(&read_plan(plan)?, abilities)),
            Kind::Application => Ok(application::order_schema(&read_plan(plan)?, abilities)),
            Kind::VirtualMachine => Ok(virtual_machine::order_schema(&read_plan(plan)?, abilities)),
            Kind::SharedService => Ok(shared_service::order_schema(&read_plan(plan)?)),
            Kind::Manual => {
                read_plan::<manual::Plan>(plan)?;
                Ok(schema_of::<manual::Order>())
            }
        }
    }

    /// What is wrong with a plan, on its own.
    pub fn check_plan(self, plan: &Value) -> Vec<Finding> {
        match self {
            Kind::Postgresql => read_plan(plan).map_or_else(|bad| bad, |plan| postgresql::check_plan(&plan)),
            Kind::Application => {
                read_plan(plan).map_or_else(|bad| bad, |plan| application::check_plan(&plan))
            }
            Kind::VirtualMachine => {
                read_plan(plan).map_or_else(|bad| bad, |plan| virtual_machine::check_plan(&plan))
            }
            Kind::SharedService => {
                read_plan(plan).map_or_else(|bad| bad, |plan| shared_service::check_plan(&plan))
            }
            Kind::Manual => read_plan(plan).map_or_else(|bad| bad, |plan| manual::check_plan(&plan)),
        }
    }

    /// What is wrong with an order under a plan. Empty: it can be provisioned.
    pub fn check(self, plan: &Value, order: &Value) -> Vec<Finding> {
        match self {
            Kind::Postgresql => match (read_plan(plan), read_order(order)) {
                (Ok(plan), Ok(order)) => postgresql::check(&plan, &order),
                (Err(bad), _) | (_, Err(bad)) => bad,
            },
            Kind::Application => match (read_plan(plan), read_order(order)) {
                (Ok(plan), Ok(order)) => application::check(&plan, &order),
                (Err(bad), _) | (_, Err(bad)) => bad,
            },
            Kind::VirtualMachine => match (read_plan(plan), read_order(order)) {
                (Ok(plan), Ok(order)) => virtual_machine::check(&plan, &order),
                (Err(bad), _) | (_, Err(bad)) => bad,
            },
            Kind::SharedService => match (read_plan(plan), read_order(order)) {
                (Ok(plan), Ok(order)) => shared_service::check(&plan, &order),
                (Err(bad), _) | (_, Err(bad)) => bad,
            },
            Kind::Manual => match (read_plan::<manual::Plan>(plan), read_order(order)) {
                (Ok(_), Ok(order)) => manual::check(&order),
                (Err(bad), _) | (_, Err(bad)) => bad,
            },
        }
    }

    /// Members of the order that stand for the whole life of a booking: a change keeps them, and its form leaves them out.
    pub fn fixed(self) -> &'static [&'static str] {
        match self {
            Kind::Postgresql => postgresql::FIXED,
            Kind::Application => application::FIXED,
            Kind::VirtualMachine => virtual_machine::FIXED,
            Kind::SharedService => shared_service::FIXED,
            // People agree on what is different; there is nothing to change by itself.
            Kind::Manual => &[],
        }
    }

    /// What is wrong with going from one plan and order to another, beside what [`Kind::check`] says about the new ones.
    pub fn check_change(self, from: (&Value, &Value), to: (&Value, &Value)) -> Vec<Finding> {
        let fixed = self.fixed().iter().filter(|name| from.1.get(**name) != to.1.get(**name)).map(|name| {
            Finding::new(
                format!("/{name}"),
                "fixed",
                "Diese Angabe steht mit der Bestellung fest. Bestellen Sie neu, wenn sie anders sein soll.",
            )
        });
        let mut findings: Vec<Finding> = fixed.collect();
        findings.extend(self.check_kept(from, to));
        let size = |(plan, order): (&Value, &Value)| {
            let sizes = self.sizes(plan, order).unwrap_or_default();
            sizes.into_iter().find(|(meter, _)| *meter == Meter::Storage).map_or(0, |(_, amount)| amount)
        };
        let (before, after) = match self {
            // Standbys hold copies: what counts is the storage of each instance, which the order names.
            Kind::Postgresql => (from.1.get("storage_gib").cloned(), to.1.get("storage_gib").cloned()),
            // An application has several volumes; each of them is compared by itself.
            Kind::SharedService | Kind::Application => (None, None),
            Kind::VirtualMachine | Kind::Manual => (Some(size(from).into()), Some(size(to).into())),
        };
        let number = |value: Option<Value>| value.and_then(|value| value.as_i64()).unwrap_or_default();
        if number(after) < number(before) {
            findings.push(Finding::new(
                if to.1.get("storage_gib").is_some() { "/storage_gib" } else { "" },
                "cannot-shrink",
                "Speicherplatz kann wachsen, aber nicht schrumpfen. Bestellen Sie neu und übertragen Sie die Daten.",
            ));
        }
        findings
    }

    /// What only this kind keeps in a change.
    fn check_kept(self, from: (&Value, &Value), to: (&Value, &Value)) -> Vec<Finding> {
        match self {
            Kind::Postgresql => {
                let read = |(plan, order): (&Value, &Value)| {
                    Some((
                        read_plan::<postgresql::Plan>(plan).ok()?,
                        read_order::<postgresql::Order>(order).ok()?,
                    ))
                };
                read(from)
                    .zip(read(to))
                    .map(|(from, to)| postgresql::check_change((&from.0, &from.1), (&to.0, &to.1)))
                    .unwrap_or_default()
            }
            Kind::Application => read_plan(from.0)
                .ok()
                .zip(read_plan(to.0).ok())
                .map(|(from, to)| application::check_change(&from, &to))
                .unwrap_or_default(),
            Kind::VirtualMachine | Kind::SharedService | Kind::Manual => Vec::new(),
        }
    }

    /// Members of an order that only this plan asks for. A change to a plan that does not ask for them leaves them out.
    pub fn asked(self, plan: &Value) -> Vec<String> {
        let names = |fields: Vec<&fields::Field>| fields.iter().map(|field| field.name.clone()).collect();
        match self {
            Kind::Application => read_plan::<application::Plan>(plan)
                .map(|plan| names(plan.asked().collect()))
                .unwrap_or_default(),
            Kind::SharedService => read_plan::<shared_service::Plan>(plan)
                .map(|plan| names(plan.fields.iter().collect()))
                .unwrap_or_default(),
            Kind::Postgresql | Kind::VirtualMachine | Kind::Manual => Vec::new(),
        }
    }

    /// What a plan needs and a location lacks; empty where it can run.
    pub fn check_location(self, plan: &Value, abilities: &Abilities) -> Vec<Finding> {
        match self {
            Kind::Postgresql => {
                read_plan(plan).map_or_else(|bad| bad, |plan| postgresql::check_location(&plan, abilities))
            }
            Kind::Application => {
                read_plan(plan).map_or_else(|bad| bad, |plan| application::check_location(&plan, abilities))
            }
            Kind::VirtualMachine => read_plan(plan)
                .map_or_else(|bad| bad, |plan| virtual_machine::check_location(&plan, abilities)),
            Kind::SharedService | Kind::Manual => Vec::new(),
        }
    }

    /// What is allocated while it runs, in the units of the meters: basis of estimate and of the check that billed
    /// allocation never exceeds what was ordered.
    pub fn sizes(self, plan: &Value, order: &Value) -> Result<Vec<(Meter, i64)>, Vec<Finding>> {
        match self {
            Kind::Postgresql => Ok(postgresql::sizes(&read_plan(plan)?, &read_order(order)?)),
            Kind::Application => Ok(application::sizes(&read_plan(plan)?, &read_order(order)?)),
            Kind::VirtualMachine => Ok(virtual_machine::sizes(&read_plan(plan)?, &read_order(order)?)),
            Kind::SharedService => {
                let (_, _): (shared_service::Plan, shared_service::Order) =
                    (read_plan(plan)?, read_order(order)?);
                Ok(vec![(Meter::Instance, 1)])
            }
            Kind::Manual => {
                let (_, _): (manual::Plan, manual::Order) = (read_plan(plan)?, read_order(order)?);
                Ok(Vec::new())
            }
        }
    }

    /// From where an order under a plan is reached, for [`crate::Exposure::class`]; nothing where the kind has no say in it, or
    /// where one of them cannot be read.
    pub fn exposure(self, plan: &Value, order: &Value) -> Option<ExposureClass> {
        let (offered, chosen) = match self {
            Kind::Postgresql => (
                read_plan::<postgresql::Plan>(plan).ok()?.exposures,
                read_order::<postgresql::Order>(order).ok()?.exposure,
            ),
            Kind::Application => (
                read_plan::<application::Plan>(plan).ok()?.exposures,
                read_order::<application::Order>(order).ok()?.exposure,
            ),
            Kind::VirtualMachine => (
                read_plan::<virtual_machine::Plan>(plan).ok()?.exposures,
                read_order::<virtual_machine::Order>(order).ok()?.exposure,
            ),
            Kind::SharedService | Kind::Manual => return None,
        };
        exposure::class(&offered, chosen)
    }

    /// The networks that the order lets in, for [`crate::Exposure::allowed_networks`].
    pub fn allowed_networks(self, order: &Value) -> Vec<String> {
        match self {
            Kind::Postgresql => {
                read_order::<postgresql::Order>(order).map(|order| order.allowed_networks).unwrap_or_default()
            }
            Kind::Application => read_order::<application::Order>(order)
                .map(|order| order.allowed_networks)
                .unwrap_or_default(),
            Kind::VirtualMachine => read_order::<virtual_machine::Order>(order)
                .map(|order| order.allowed_networks)
                .unwrap_or_default(),
            Kind::SharedService | Kind::Manual => Vec::new(),
        }
    }

    /// The counters of the application that are billed.
    pub fn counters(self, plan: &Value) -> Vec<application::Counter> {
        match self {
            Kind::Postgresql | Kind::VirtualMachine | Kind::SharedService | Kind::Manual => Vec::new(),
            Kind::Application => {
                read_plan::<application::Plan>(plan).map(|plan| plan.counters).unwrap_or_default()
            }
        }
    }

    /// The meters of a plan that are counted, whoever counts them.
    pub fn counted(self, plan: &Value) -> Vec<Meter> {
        match self {
            Kind::Postgresql | Kind::Application | Kind::VirtualMachine | Kind::SharedService => {
                self.counters(plan).into_iter().map(|counter| counter.meter).collect()
            }
            Kind::Manual => read_plan::<manual::Plan>(plan).map(|plan| plan.counts).unwrap_or_default(),
        }
    }

    /// The service broker that a plan needs.
    pub fn broker(self, plan: &Value) -> Option<String> {
        match self {
            Kind::Postgresql | Kind::Application | Kind::VirtualMachine | Kind::Manual => None,
            Kind::SharedService => read_plan::<shared_service::Plan>(plan).ok().map(|plan| plan.broker),
        }
    }

    /// Whether a location can provide a plan: its engine is there and, where a service broker makes it, one that offers the plan.
    pub fn runs_at(self, plan: &Value, abilities: &Abilities) -> bool {
        abilities.kinds.contains(&self)
            && match self {
                Kind::Postgresql | Kind::Application | Kind::VirtualMachine => {
                    self.check_location(plan, abilities).is_empty()
                }
                Kind::Manual => true,
                Kind::SharedService => read_plan(plan)
                    .is_ok_and(|plan| shared_service::offered(&plan, abilities.broker_plans.as_deref())),
            }
    }

    /// Group, version and kind of the custom resource without which this kind is not available.
    pub fn engine(self) -> Option<(&'static str, &'static str)> {
        match self {
            Kind::Postgresql => Some(("postgresql.cnpg.io/v1", "Cluster")),
            Kind::Application | Kind::SharedService | Kind::Manual => None,
            Kind::VirtualMachine => Some(("kubevirt.io/v1", "VirtualMachine")),
        }
    }

    /// Which objects of its namespace are read for a booking.
    pub fn queries(self, desired: &crate::Desired) -> Vec<Query> {
        match self {
            Kind::Postgresql => postgresql::queries(desired),
            Kind::Application => application::queries(desired),
            Kind::VirtualMachine => virtual_machine::queries(desired),
            Kind::SharedService | Kind::Manual => Vec::new(),
        }
    }

    /// Name of the main object of a booking; every other name starts with it.
    pub fn object_name(self, booking: uuid::Uuid) -> String {
        match self {
            Kind::Postgresql => context::object_name(postgresql::PREFIX, booking),
            Kind::Application => context::object_name(application::PREFIX, booking),
            Kind::VirtualMachine => context::object_name(virtual_machine::PREFIX, booking),
            Kind::SharedService => context::object_name(shared_service::PREFIX, booking),
            Kind::Manual => context::object_name(manual::PREFIX, booking),
        }
    }

    /// Which of the databases of a booking shall serve, by the number of its restore; 0 where nothing was restored. `before` is
    /// what this said last.
    pub fn serving(self, desired: &crate::Desired, observed: &[Value], before: u32) -> u32 {
        match self {
            Kind::Postgresql => postgresql::restore::next(desired, observed, before),
            Kind::Application | Kind::VirtualMachine | Kind::SharedService | Kind::Manual => 0,
        }
    }

    /// What exists and is not wanted any more although the booking is: what a restore has replaced or left behind.
    pub fn surplus<'a>(self, desired: &crate::Desired, observed: &'a [Value]) -> Vec<&'a Value> {
        match self {
            Kind::Postgresql => postgresql::restore::surplus(desired, observed),
            Kind::Application | Kind::VirtualMachine | Kind::SharedService | Kind::Manual => Vec::new(),
        }
    }

    /// Secrets of the booking's namespace, with the keys that are read for its access data.
    pub fn access_secrets(self, desired: &crate::Desired, serving: u32) -> Vec<(String, Vec<String>)> {
        match self {
            Kind::Postgresql => postgresql::access_secrets(desired, serving),
            Kind::Application => read_plan(&desired.plan)
                .map(|plan| application::access_secrets(desired, &plan))
                .unwrap_or_default(),
            Kind::VirtualMachine => virtual_machine::access_secrets(desired),
            Kind::SharedService => read_plan(&desired.plan)
                .map(|plan| shared_service::access_secrets(desired, &plan))
                .unwrap_or_default(),
            Kind::Manual => Vec::new(),
        }
    }

    /// Who makes new access data when the customer orders them.
    pub fn rotation(self) -> Rotation {
        match self {
            Kind::Postgresql => Rotation::Engine,
            Kind::SharedService => Rotation::Broker,
            // The first administrator's password belongs to the application from its first start on.
            Kind::Application => Rotation::Inside,
            // The customer's own key; nothing that is shown is secret.
            Kind::VirtualMachine => Rotation::Nothing,
            Kind::Manual => Rotation::People,
        }
    }

    /// Names of the Secrets that are drawn for a booking, also where its effects cannot be told any more.
    pub fn drawn_secrets(self, desired: &crate::Desired) -> Vec<String> {
        match self {
            Kind::Postgresql => read_plan(&desired.plan)
                .ok()
                .and_then(|plan| postgresql::backup_secret(desired, &plan))
                .map(|secret| vec![secret.name])
                .unwrap_or_default(),
            // What a broker told is kept by the operator, which deletes it last.
            Kind::SharedService | Kind::Manual => Vec::new(),
            Kind::Application => read_plan(&desired.plan)
                .map(|plan| application::drawn_secrets(desired, &plan))
                .unwrap_or_default(),
            // It hands over what was drawn.
            Kind::VirtualMachine => {
                self.access_secrets(desired, 0).into_iter().map(|(name, _keys)| name).collect()
            }
        }
    }

    /// Secrets of the booking's namespace that neither the operator nor the engine of its kind makes, and that nobody deletes
    /// with it: the certificate of its host name.
    pub fn issued_secrets(self, desired: &crate::Desired) -> Vec<String> {
        match self {
            Kind::Application => vec![application::certificate_name(desired)],
            Kind::Postgresql | Kind::VirtualMachine | Kind::SharedService | Kind::Manual => Vec::new(),
        }
    }

    /// Access data, from the endpoints and the values of those keys.
    pub fn access(
        self,
        site: &Site,
        desired: &crate::Desired,
        endpoints: &[Endpoint],
        secrets: &BTreeMap<String, String>,
    ) -> Access {
        match self {
            Kind::Postgresql => postgresql::access(endpoints.first(), secrets),
            Kind::Application => read_plan(&desired.plan).map_or(Access { fields: Vec::new() }, |plan| {
                application::access(site, &plan, endpoints, secrets)
            }),
            Kind::VirtualMachine => virtual_machine::access(endpoints.first(), secrets),
            Kind::SharedService => shared_service::access(endpoints, secrets),
            Kind::Manual => Access { fields: Vec::new() },
        }
    }

    /// Everything that shall exist in the cluster. Refuses what [`Kind::check`] refuses and what the site cannot do.
    pub fn effects(self, site: &Site, desired: &crate::Desired) -> Result<Effects, Vec<Finding>> {
        if let Some(unserved) = exposure::check_site(self, site, desired.exposure.class) {
            return Err(vec![unserved]);
        }
        match self {
            Kind::Postgresql => {
                postgresql::effects(site, desired, &read_plan(&desired.plan)?, &read_order(&desired.order)?)
            }
            Kind::Application => {
                application::effects(site, desired, &read_plan(&desired.plan)?, &read_order(&desired.order)?)
            }
            Kind::VirtualMachine => virtual_machine::effects(
                site,
                desired,
                &read_plan(&desired.plan)?,
                &read_order(&desired.order)?,
            ),
            Kind::SharedService => shared_service::effects(
                site,
                desired,
                &read_plan(&desired.plan)?,
                &read_order(&desired.order)?,
            ),
            Kind::Manual => Err(vec![manual::not_here()]),
        }
    }

    /// What cannot be done to what is already there. Asked before anything is written: some engines take a wish and can
    /// neither fulfil it nor give it back.
    pub fn check_observed(self, site: &Site, desired: &crate::Desired, observed: &[Value]) -> Vec<Finding> {
        match self {
            Kind::Postgresql => read_order(&desired.order)
                .map(|order| postgresql::check_observed(site, desired, &order, observed))
                .unwrap_or_default(),
            Kind::Application | Kind::SharedService => Vec::new(),
            Kind::VirtualMachine => read_order(&desired.order)
                .map(|order| virtual_machine::check_observed(site, &order, observed))
                .unwrap_or_default(),
            Kind::Manual => vec![manual::not_here()],
        }
    }

    /// How far it is, read from the observed objects of this booking.
    pub fn readiness(
        self,
        site: &Site,
        desired: &crate::Desired,
        observed: &[Value],
    ) -> Result<Readiness, Vec<Finding>> {
        match self {
            Kind::Postgresql => Ok(postgresql::readiness(
                site,
                desired,
                &read_plan(&desired.plan)?,
                &read_order(&desired.order)?,
                observed,
            )),
            Kind::Application => Ok(application::readiness(
                site,
                desired,
                &read_plan(&desired.plan)?,
                &read_order(&desired.order)?,
                observed,
            )),
            Kind::VirtualMachine => Ok(virtual_machine::readiness(
                site,
                desired,
                &read_plan(&desired.plan)?,
                &read_order(&desired.order)?,
                observed,
            )),
            Kind::SharedService => Ok(shared_service::ready::readiness(
                desired,
                &read_plan(&desired.plan)?,
                &read_order(&desired.order)?,
                observed,
            )),
            Kind::Manual => Err(vec![manual::not_here()]),
        }
    }
}

/// Schema of a type as plain JSON.
fn schema_of<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

fn read_plan<T: for<'de> Deserialize<'de>>(plan: &Value) -> Result<T, Vec<Finding>> {
    T::deserialize(plan).map_err(|error| {
        vec![Finding::new("", "plan-unreadable", format!("Der Tarif ist nicht lesbar: {error}."))]
    })
}

fn read_order<T: for<'de> Deserialize<'de>>(order: &Value) -> Result<T, Vec<Finding>> {
    T::deserialize(order).map_err(|error| {
        vec![Finding::new("", UNREADABLE, format!("Die Angaben sind nicht lesbar: {error}."))]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_and_code_agree() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
    }
}
