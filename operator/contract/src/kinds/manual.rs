//! A service that people set up and run: no cluster, no broker. Its steps are tasks in the portal, its start and its end are
//! stated by the provider and confirmed by the customer. Operators never see a booking of this kind.

use super::Finding;
use crate::{Meter, Nature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be counted; which of them apply is up to the plan.
pub const METERS: &[Meter] = &[Meter::Conversations, Meter::Users, Meter::Lamps, Meter::Cases];

/// Prefix of object names, should one ever be needed.
pub const PREFIX: &str = "man";

/// Longest text of a plan or an order, in characters.
const TEXT_MAX: usize = 2000;
/// Longest contact, in characters.
const CONTACT_MAX: usize = 200;

/// What the provider's plan fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the flat price pays for.
    #[schemars(
        title = "Leistungsumfang",
        description = "Was mit dem Grundpreis abgegolten ist",
        extend("minLength" = 1, "maxLength" = 2000)
    )]
    pub includes: String,
    /// What the provider counts and reports.
    #[serde(default)]
    #[schemars(title = "Gezählte Messgrößen", description = "Was der Anbieter zählt und meldet")]
    pub counts: Vec<Meter>,
}

/// What the orderer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Bestellung eines Dienstes mit persönlicher Einrichtung")]
pub struct Order {
    /// Whom the provider's people ask.
    #[schemars(
        title = "Ansprechperson für die Einrichtung",
        description = "Name oder Stelle, mit Telefon oder E-Mail; der Anbieter fragt dort nach",
        extend("minLength" = 1, "maxLength" = 200)
    )]
    pub contact: String,
    /// What else the provider should know.
    #[serde(default)]
    #[schemars(
        title = "Hinweise zur Einrichtung",
        description = "Was der Anbieter wissen muss, zum Beispiel das Fachverfahren und seine Fassung; keine Kennwörter",
        extend("maxLength" = 2000)
    )]
    pub note: String,
}

/// What is wrong with the plan.
pub fn check_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = text("/includes", &plan.includes, TEXT_MAX, "Nennen Sie, was der Grundpreis umfasst.");
    for (position, meter) in plan.counts.iter().enumerate() {
        if meter.nature() != Nature::Consumption {
            findings.push(Finding::new(
                format!("/counts/{position}"),
                "not-a-counter",
                "Diese Messgröße wird nicht gezählt; Menschen können nur Gezähltes melden.",
            ));
        }
    }
    findings
}

/// What is wrong with the order.
pub fn check(order: &Order) -> Vec<Finding> {
    let mut findings =
        text("/contact", &order.contact, CONTACT_MAX, "Nennen Sie, wen der Anbieter fragen kann.");
    if order.note.chars().count() > TEXT_MAX {
        findings.push(too_long("/note", TEXT_MAX));
    }
    findings
}

/// Why a cluster has nothing to do with it.
pub fn not_here() -> Finding {
    Finding::new("", "by-people", "Diese Art wird von Menschen eingerichtet und gehört in keinen Cluster.")
}

/// A text that must be there and not be too long.
fn text(pointer: &str, value: &str, max: usize, missing: &str) -> Vec<Finding> {
    match value.trim().chars().count() {
        0 => vec![Finding::new(pointer, "missing", missing)],
        length if length > max => vec![too_long(pointer, max)],
        _ => Vec::new(),
    }
}

fn too_long(pointer: &str, max: usize) -> Finding {
    Finding::new(pointer, "too-long", format!("Der Text darf höchstens {max} Zeichen haben."))
}

#[cfg(test)]
mod tests {
    use crate::kinds::Kind;
    use serde_json::json;

    #[test]
    fn a_plan_says_what_it_includes_and_counts_only_what_can_be_counted() {
        let codes = |plan: serde_json::Value| -> Vec<String> {
            Kind::Manual
                .check_plan(&plan)
                .into_iter()
                .map(|it| format!("{} {}", it.pointer, it.code))
                .collect()
        };
        assert!(codes(json!({"includes": "Betrieb und Betreuung", "counts": ["cases"]})).is_empty());
        assert_eq!(codes(json!({"includes": " "})), ["/includes missing"]);
        assert_eq!(codes(json!({"includes": "x".repeat(2001)})), ["/includes too-long"]);
        assert_eq!(codes(json!({"includes": "x", "counts": ["cases", "vcpu"]})), ["/counts/1 not-a-counter"]);
        assert_eq!(codes(json!({"counts": []})), [" plan-unreadable"]);
        assert_eq!(
            Kind::Manual.counted(&json!({"includes": "x", "counts": ["cases"]})),
            [crate::Meter::Cases],
            "what is counted feeds usage"
        );
    }

    #[test]
    fn an_order_names_whom_to_ask_and_has_no_size() {
        let plan = json!({"includes": "Betrieb"});
        let codes = |order: serde_json::Value| -> Vec<String> {
            let found = Kind::Manual.check(&plan, &order);
            found.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
        };
        assert!(codes(json!({"contact": "Amt 33, 0361 1"})).is_empty());
        assert_eq!(codes(json!({"contact": ""})), ["/contact missing"]);
        assert_eq!(codes(json!({"contact": "x".repeat(201), "note": "y".repeat(2001)})).len(), 2);
        assert_eq!(codes(json!({"contact": "a", "cpu": 1})), [" order-unreadable"]);
        assert_eq!(Kind::Manual.sizes(&plan, &json!({"contact": "a"})).unwrap(), []);
    }

    #[test]
    fn no_cluster_has_anything_to_do_with_it() {
        assert!(Kind::Manual.by_people() && !Kind::Manual.stoppable());
        assert_eq!(Kind::Manual.engine(), None);
        assert!(Kind::ALL.into_iter().filter(|kind| kind.by_people()).eq([Kind::Manual]));
    }
}
