//! Whatever somebody writes into an order form: what comes of it keeps within its walls. For every kind of which anything is
//! in a cluster, and for every shape of plan in `plans.json`, which names at least those of the demonstration.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and says what it left out"
)]

mod definitions;
mod inputs;
mod pods;
mod rules;
mod world;

use contract::kinds::postgresql::extensions::EVERY;
use contract::kinds::{Effects, Kind, Site};
use contract::{Abilities, ExposureClass, PostgresqlVersion, Power};
use inputs::{CLASSES, Input};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;
use world::{offered, sites, wish};

/// Orders that are tried with each plan.
const CASES: u32 = 300;

/// What a location reports, so that forms ask for everything.
fn abilities() -> Abilities {
    let version = |major| PostgresqlVersion { major, full: format!("{major}.1") };
    Abilities {
        postgresql_versions: vec![version(15), version(16), version(17)],
        application_networks: true,
        postgresql_extensions: vec![EVERY.to_owned()],
        postgresql_backups: true,
        exposures: ExposureClass::ALL.to_vec(),
        ..Abilities::default()
    }
}

/// Names of every member of every object, wherever it stands; positions in lists do not count.
fn shape(effects: &Effects) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, inner)| {
                let path = format!("{path}/{key}");
                walk(inner, &path, found);
                found.insert(path);
            }),
            Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}/*"), found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    for made in effects.manifests.iter().chain(&effects.once) {
        walk(made, made["kind"].as_str().unwrap_or("?"), &mut found);
    }
    found
}

/// A plan, and the members of what is made of well-meant orders under it: no other input may bring a member of its own.
struct Offer {
    kind: Kind,
    plan: Value,
    members: Vec<BTreeSet<String>>,
}

impl Offer {
    fn all() -> Vec<Offer> {
        let known = |(kind, plan): (Kind, Value)| {
            let members = CLASSES.into_iter().map(|class| members(kind, &plan, class)).collect();
            Offer { kind, plan, members }
        };
        offered().into_iter().map(known).collect()
    }

    /// Everything that is wrong with what comes of one order; `None` if nothing comes of it.
    fn outcome(&self, input: &Input) -> Option<Vec<String>> {
        let desired = wish(self.kind, &self.plan, input);
        let site = world::booked(sites().swap_remove(input.site), &desired);
        // Both read an order that no check has seen, beside what is there already.
        let volume = json!({"kind": "PersistentVolumeClaim", "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}});
        let fixed = Site { volumes_fixed: true, machine_volumes_fixed: true, ..site.clone() };
        let seen = self.kind.readiness(&fixed, &desired, std::slice::from_ref(&volume));
        let findings = self.kind.check_observed(&fixed, &desired, &[volume]);
        assert!(
            seen.is_ok_and(|seen| !seen.serves) || findings.len() < 2,
            "nothing is served by a volume alone"
        );
        let effects = self.kind.effects(&site, &desired).ok()?;
        let mut wrong = rules::violations(&site, &desired, &effects);
        let class = CLASSES.iter().position(|class| *class == input.class)?;
        let new = shape(&effects).into_iter().filter(|member| !self.members[class].contains(member));
        wrong.extend(new.map(|member| format!("{member} came with the input")));
        Some(wrong)
    }
}

/// With and without networks, at every location, as ordered and restored.
fn members(kind: Kind, plan: &Value, class: ExposureClass) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for site in sites() {
        for networks in [json!([]), json!(["192.0.2.0/24", "2001:db8::/32"])] {
            let mut order = inputs::honest(kind, plan);
            if order.get("allowed_networks").is_some() {
                order["allowed_networks"] = networks;
            }
            for restore in [false, true] {
                let honest = wish(kind, plan, &Input { class, restore, ..Input::plain(order.clone()) });
                let effects = kind.effects(&world::booked(site.clone(), &honest), &honest);
                all.extend(effects.iter().flat_map(shape));
            }
        }
    }
    all
}

#[test]
fn no_input_leaves_its_walls() {
    for offer in Offer::all() {
        let (kind, plan) = (offer.kind, &offer.plan);
        let schema = kind.order_schema(plan, &abilities()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let (made, accepted) = (Cell::new(0_u32), Cell::new(0_u32));
        let tried = TestRunner::new_with_rng(config, seed).run(&inputs::orders(&schema), |input| {
            let valid = validator.is_valid(&input.order);
            accepted.set(accepted.get() + u32::from(valid));
            if let Some(wrong) = offer.outcome(&input) {
                made.set(made.get() + u32::from(valid));
                proptest::prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            }
            Ok(())
        });
        if let Err(failure) = tried {
            panic!("{} {plan}: {failure}", kind.code());
        }
        let (made, accepted) = (made.get(), accepted.get());
        println!("{:16} {CASES} orders, {accepted} fit the form, {made} became manifests", kind.code());
        // The more a form asks for, the more often something in it is hostile.
        assert!(accepted > CASES / 10 && made > CASES / 10, "{}: hardly anything came of it", kind.code());
    }
}

/// The well-meant order with each hostile text in each of its places, so that none of them is left to chance.
#[test]
fn no_hostile_text_gets_through_in_any_place() {
    for offer in Offer::all() {
        let kind = offer.kind;
        let honest = inputs::honest(kind, &offer.plan);
        for text in inputs::HOSTILE {
            for place in inputs::places(&honest) {
                let mut input = Input::plain(honest.clone());
                *input.order.pointer_mut(&place).unwrap() = json!(text);
                let wrong = offer.outcome(&input).unwrap_or_default();
                assert_eq!(wrong, Vec::<String>::new(), "{} {place} {text:?}", kind.code());
            }
            let mut input = Input::plain(honest.clone());
            input.words = [(*text).to_owned(), (*text).to_owned(), (*text).to_owned()];
            let wrong = offer.outcome(&input).unwrap_or_default();
            assert_eq!(wrong, Vec::<String>::new(), "{} {text:?} around the order", kind.code());
        }
    }
}

/// A wall that nobody sees fall is none: what is broken by hand here must be found, and found as what it is.
#[test]
fn each_wall_is_seen_to_fall() {
    for (kind, object, pointer, value, word) in rules::breaches() {
        // The last plan of a kind is the one with everything that can be had behind an Ingress.
        let plan = offered().into_iter().rfind(|(offered, _)| *offered == kind).unwrap().1;
        let input = Input::plain(inputs::honest(kind, &plan));
        let desired = wish(kind, &plan, &input);
        let site = world::booked(sites().swap_remove(input.site), &desired);
        let mut effects = kind.effects(&site, &desired).unwrap();
        assert_eq!(rules::violations(&site, &desired, &effects), Vec::<String>::new());
        rules::breach(&mut effects, object, pointer, value);
        let wrong = rules::violations(&site, &desired, &effects);
        assert!(
            wrong.iter().any(|said| said.contains(word)),
            "{object} {pointer}: {word} is not among {wrong:?}"
        );
    }
}

#[test]
fn a_form_and_the_check_agree_about_well_meant_orders() {
    for (kind, plan) in offered() {
        assert_eq!(kind.check_plan(&plan), Vec::new(), "{plan}");
        let described = jsonschema::validator_for(&kind.plan_schema()).unwrap();
        let wrong: Vec<String> = described.iter_errors(&plan).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{plan}");
        let order = inputs::honest(kind, &plan);
        assert_eq!(kind.check(&plan, &order), Vec::new(), "{order}");
        let schema = kind.order_schema(&plan, &abilities()).unwrap();
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&order), "{order}");
    }
}

/// Main objects of a kind under every plan, in both states of power and from everywhere.
fn mains(kind: Kind, main: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for (_, plan) in offered().into_iter().filter(|(offered, _)| *offered == kind) {
        for class in CLASSES {
            for (power, restore) in [(Power::On, false), (Power::Off, false), (Power::On, true)] {
                for site in sites() {
                    let input = Input { class, power, restore, ..Input::plain(inputs::honest(kind, &plan)) };
                    let desired = wish(kind, &plan, &input);
                    // A location without what the plan needs refuses it.
                    let made = kind.effects(&world::booked(site, &desired), &desired).into_iter();
                    found.extend(made.flat_map(|it| it.manifests).filter(|made| made["kind"] == main));
                }
            }
        }
    }
    found
}

#[test]
fn clusters_of_every_plan_are_valid_by_the_real_definition() {
    let clusters = mains(Kind::Postgresql, "Cluster");
    definitions::valid("postgresql.cnpg.io_clusters.yaml", &clusters, |wrong| {
        wrong["spec"]["storage"]["siez"] = json!("1Gi");
    });
}

#[test]
fn machines_of_every_plan_are_valid_by_the_real_definition() {
    let machines = mains(Kind::VirtualMachine, "VirtualMachine");
    definitions::valid("kubevirt.io_virtualmachines.yaml", &machines, |wrong| {
        wrong["spec"]["template"]["spec"]["domain"]["cpu"]["sokets"] = json!(2);
    });
    let strategies: BTreeSet<&str> =
        machines.iter().filter_map(|machine| machine["spec"]["runStrategy"].as_str()).collect();
    assert_eq!(strategies, BTreeSet::from(["Always", "Halted"]));
}
