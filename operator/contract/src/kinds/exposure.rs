//! From where a booking is reached: the classes that a plan offers and a location serves, one of them chosen by the orderer.
//! Form, checks and what falls away with another class are the same for every kind whose plan has a field `exposures`.

use super::Finding;
use super::Kind;
use super::context::{LABEL_MANAGED_BY, MANAGER, Site};
use super::readiness::text;
use crate::{Abilities, ExposureClass};
use schemars::Schema;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Member of an order with the chosen class. The operator is told by [`crate::Exposure`].
pub const MEMBER: &str = "exposure";

/// What a plan offers that says nothing.
pub(super) fn usual() -> Vec<ExposureClass> {
    vec![ExposureClass::ProviderNetwork]
}

/// How the form for plans asks; a `transform` of the field.
pub(super) fn describe_offered(schema: &mut Schema) {
    schema.insert("title".to_owned(), json!("Erreichbarkeit"));
    schema.insert(
        "description".to_owned(),
        json!(
            "Woher gebucht werden darf: provider-network, state-network oder internet; die erste Angabe ist der Vorschlag"
        ),
    );
}

/// How the order form asks; a `transform` of the field.
pub(super) fn describe(schema: &mut Schema) {
    schema.insert("title".to_owned(), json!("Erreichbar"));
    schema.insert(
        "description".to_owned(),
        json!("Von wo aus sich jemand verbinden kann. Eine andere Wahl ändert später Name und Adresse"),
    );
}

fn title(class: ExposureClass) -> &'static str {
    match class {
        ExposureClass::Cluster => "nur innerhalb des Standorts",
        ExposureClass::ProviderNetwork => "aus dem Netz des Anbieters",
        ExposureClass::StateNetwork => "aus dem Landesnetz",
        ExposureClass::Internet => "aus dem Internet",
    }
}

/// What a location serves. An operator that reports nothing is older than the choice and publishes in the provider's network.
fn served(abilities: &Abilities) -> Vec<ExposureClass> {
    if abilities.exposures.is_empty() { usual() } else { abilities.exposures.clone() }
}

/// Puts what plan and location share into the form. Where the plan leaves no choice the form does not ask.
pub(super) fn narrow(schema: &mut Value, offered: &[ExposureClass], abilities: &Abilities) {
    let served = served(abilities);
    let classes: Vec<ExposureClass> =
        offered.iter().copied().filter(|class| served.contains(class)).collect();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    if offered.len() < 2 {
        properties.shift_remove(MEMBER);
        return;
    }
    let choices: Vec<Value> =
        classes.iter().map(|class| json!({"const": class, "title": title(*class)})).collect();
    if let Some(Value::Object(member)) = properties.get_mut(MEMBER) {
        // The type of an optional member names `null` besides, which no form offers.
        member.insert("type".to_owned(), json!("string"));
        member.insert("oneOf".to_owned(), json!(choices));
        member.insert("default".to_owned(), json!(classes.first()));
    }
}

/// What is wrong with the classes that a plan offers. What only the cluster can reach would be no access, so nobody can order it.
pub(super) fn check_plan(offered: &[ExposureClass]) -> Option<Finding> {
    let distinct: BTreeSet<&ExposureClass> = offered.iter().collect();
    let wrong =
        offered.is_empty() || distinct.len() < offered.len() || distinct.contains(&ExposureClass::Cluster);
    wrong.then(|| {
        Finding::new(
            "/exposures",
            "not-a-choice",
            "Mindestens eine Erreichbarkeit außerhalb des Clusters anbieten, und jede nur einmal.",
        )
    })
}

/// What is wrong with the chosen class under a plan.
pub(super) fn check(offered: &[ExposureClass], chosen: Option<ExposureClass>) -> Option<Finding> {
    chosen.filter(|class| !offered.contains(class)).map(|_foreign| {
        let titles: Vec<&str> = offered.iter().map(|class| title(*class)).collect();
        Finding::new(
            format!("/{MEMBER}"),
            "not-offered",
            format!("Diese Erreichbarkeit gehört nicht zu diesem Tarif. Angeboten: {}.", titles.join(", ")),
        )
    })
}

/// Whether a location serves none of the classes of a plan.
pub(super) fn check_location(offered: &[ExposureClass], abilities: &Abilities) -> Option<Finding> {
    let served = served(abilities);
    (!offered.iter().any(|class| served.contains(class))).then(|| unserved(offered))
}

/// Whether a location does not serve the class of a booking. What the provider configured there comes before the wish.
pub(super) fn check_site(kind: Kind, site: &Site, class: ExposureClass) -> Option<Finding> {
    let published = match kind {
        Kind::Postgresql | Kind::Application | Kind::VirtualMachine => class != ExposureClass::Cluster,
        // Who reaches a service of many is said by whoever runs it.
        Kind::SharedService | Kind::Manual => false,
    };
    let closed = published && !site.exposures.is_empty() && !site.exposures.contains(&class);
    closed.then(|| unserved(&[class]))
}

fn unserved(classes: &[ExposureClass]) -> Finding {
    let titles: Vec<&str> = classes.iter().map(|class| title(*class)).collect();
    Finding::new(
        format!("/{MEMBER}"),
        "exposure-unavailable",
        format!("Dieser Standort veröffentlicht nichts, was {} erreichbar ist.", titles.join(" oder ")),
    )
}

/// The class of an order: the chosen one, else the first that the plan offers.
pub(super) fn class(offered: &[ExposureClass], chosen: Option<ExposureClass>) -> Option<ExposureClass> {
    chosen.or_else(|| offered.first().copied())
}

/// An order as the operator is told it: without what [`crate::Exposure`] says, which operators older than the choice know as well.
pub fn told(order: &Value) -> Value {
    let mut order = order.clone();
    if let Some(members) = order.as_object_mut() {
        members.shift_remove(MEMBER);
    }
    order
}

/// Ways in that were published for another class and are not wanted any more.
pub fn surplus<'a>(manifests: &[Value], observed: &'a [Value]) -> Vec<&'a Value> {
    let same = |one: &Value, other: &Value| {
        ["/kind", "/metadata/name", "/metadata/namespace"].iter().all(|at| text(one, at) == text(other, at))
    };
    let published = |object: &&Value| {
        matches!(text(object, "/kind"), Some("Service" | "Ingress"))
            && object.pointer("/metadata/labels").and_then(|labels| labels.get(LABEL_MANAGED_BY)?.as_str())
                == Some(MANAGER)
    };
    observed.iter().filter(published).filter(|object| !manifests.iter().any(|it| same(it, object))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExposureClass::{Cluster, Internet, ProviderNetwork, StateNetwork};

    fn at(exposures: &[ExposureClass]) -> Abilities {
        Abilities { exposures: exposures.to_vec(), ..Abilities::default() }
    }

    fn form(offered: &[ExposureClass], here: &[ExposureClass]) -> Value {
        let mut schema = json!({"properties": {"exposure": {"type": ["string", "null"]}}});
        narrow(&mut schema, offered, &at(here));
        schema
    }

    #[test]
    fn the_form_asks_for_what_plan_and_location_share() {
        let schema = form(&[StateNetwork, Internet, ProviderNetwork], &[Internet, StateNetwork]);
        let member = &schema["properties"]["exposure"];
        let offered: Vec<&Value> =
            member["oneOf"].as_array().unwrap().iter().map(|choice| &choice["const"]).collect();
        assert_eq!(offered, [&json!("state-network"), &json!("internet")]);
        assert_eq!(member["default"], "state-network");
        assert_eq!(form(&[Internet], &[Internet])["properties"], json!({}), "nothing to choose");
    }

    #[test]
    fn a_location_that_serves_no_class_cannot_take_the_plan() {
        for (offered, here, fits) in [
            (vec![Internet], vec![ProviderNetwork], false),
            (vec![Internet, StateNetwork], vec![ProviderNetwork, StateNetwork], true),
            (vec![ProviderNetwork], vec![], true),
            (vec![Internet], vec![], false),
        ] {
            assert_eq!(check_location(&offered, &at(&here)).is_none(), fits, "{offered:?} at {here:?}");
        }
    }

    #[test]
    fn plans_as_table() {
        for (offered, sound) in [
            (vec![ProviderNetwork], true),
            (vec![Internet, StateNetwork], true),
            (vec![], false),
            (vec![Internet, Internet], false),
            (vec![Internet, Cluster], false),
        ] {
            assert_eq!(check_plan(&offered).is_none(), sound, "{offered:?}");
        }
        assert!(check(&[ProviderNetwork], None).is_none() && check(&[Internet], Some(Internet)).is_none());
        assert!(check(&[ProviderNetwork], Some(Internet)).is_some());
    }

    #[test]
    fn what_was_published_for_another_class_goes() {
        let object = |kind: &str, name: &str, manager: &str| json!({"kind": kind, "metadata": {"name": name, "namespace": "n", "labels": {LABEL_MANAGED_BY: manager}}});
        let observed = [
            object("Service", "pg-1-access", MANAGER),
            object("Ingress", "app-1", MANAGER),
            object("Deployment", "app-1", MANAGER),
            object("Service", "by-hand", "kubectl"),
        ];
        let names = |manifests: &[Value]| -> Vec<String> {
            let surplus = surplus(manifests, &observed);
            surplus.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&[]), ["pg-1-access", "app-1"]);
        assert_eq!(names(&[object("Service", "pg-1-access", MANAGER)]), ["app-1"]);
    }

    #[test]
    fn an_operator_is_told_the_order_without_it() {
        assert_eq!(told(&json!({"exposure": "internet", "label": "a"})), json!({"label": "a"}));
    }
}
