//! Extensions: what the plan offers and the location has, chosen by the orderer, created in the database by the engine.
//!
//! They are created by the superuser of the instance, so only names that provider and location both list ever reach it.

use super::{Order, Plan, restore};
use crate::kinds::Finding;
use crate::kinds::context::{Site, labels};
use crate::kinds::namespace;
use crate::kinds::readiness::{number, of_kind, text};
use crate::{Abilities, Desired};
use serde_json::{Value, json};

/// What a location lists that has every extension that a plan may name.
pub const EVERY: &str = "*";

/// What the form says about well-known extensions.
const KNOWN: &[(&str, &str)] = &[
    ("btree_gin", "schnelle Suche in gemischten Feldern"),
    ("btree_gist", "Ausschlussregeln, zum Beispiel für Zeiträume"),
    ("citext", "Text ohne Unterschied von Groß- und Kleinschreibung"),
    ("fuzzystrmatch", "ähnlich klingende Namen finden"),
    ("hstore", "Schlüssel und Werte in einem Feld"),
    ("intarray", "Rechnen mit Listen von Zahlen"),
    ("ltree", "Baumstrukturen, zum Beispiel Aktenpläne"),
    ("pg_stat_statements", "Auswertung langsamer Abfragen"),
    ("pg_trgm", "unscharfe Suche in Texten"),
    ("pgcrypto", "Verschlüsselung und Prüfsummen in der Datenbank"),
    ("postgis", "Geodaten"),
    ("tablefunc", "Kreuztabellen"),
    ("unaccent", "Suche ohne Rücksicht auf Akzente"),
    ("uuid-ossp", "eindeutige Kennungen erzeugen"),
    ("vector", "Ähnlichkeitssuche für KI-Verfahren"),
];

/// Names that plan and location share, in the order of the plan.
pub fn offered<'a>(plan: &'a Plan, here: &'a [String]) -> impl Iterator<Item = &'a String> {
    let every = here.iter().any(|name| name == EVERY);
    plan.extensions.iter().filter(move |name| every || here.contains(name))
}

/// Puts the choices into the form; without any the form does not ask.
pub fn narrow(schema: &mut Value, plan: &Plan, abilities: &Abilities) {
    let choice = |name: &String| {
        let known = KNOWN.iter().find(|(known, _)| known == name);
        let title = known.map_or_else(|| name.clone(), |(_, meaning)| format!("{name}: {meaning}"));
        json!({"const": name, "title": title})
    };
    let choices: Vec<Value> = offered(plan, &abilities.postgresql_extensions).map(choice).collect();
    if choices.is_empty() {
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.shift_remove("extensions");
        }
        return;
    }
    super::set(schema, "extensions", "items", json!({"type": "string", "oneOf": choices}));
    super::set(schema, "extensions", "uniqueItems", json!(true));
}

/// Whether it can be the name of an extension: what goes into a statement of a superuser is no free text.
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && name.len() <= 63
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
}

/// What is wrong with the chosen ones under this plan.
pub fn check(plan: &Plan, order: &Order) -> Vec<Finding> {
    let wrong = order.extensions.iter().enumerate().filter(|(_, name)| !plan.extensions.contains(name));
    wrong
        .map(|(position, name)| {
            Finding::new(
                format!("/extensions/{position}"),
                "not-offered",
                format!("Die Erweiterung „{name}“ gehört nicht zu diesem Tarif."),
            )
        })
        .collect()
}

/// What is wrong with them at this location.
pub fn check_site(site: &Site, plan: &Plan, order: &Order) -> Vec<Finding> {
    let here: Vec<&String> = offered(plan, &site.postgresql_extensions).collect();
    let missing: Vec<&str> =
        order.extensions.iter().filter(|name| !here.contains(name)).map(String::as_str).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![Finding::new(
        "/extensions",
        "extension-unavailable",
        format!("An diesem Standort nicht verfügbar: {}.", missing.join(", ")),
    )]
}

/// Tables may depend on an extension, so a change only adds.
pub fn check_change(before: &Order, after: &Order) -> Vec<Finding> {
    let gone: Vec<&str> = before
        .extensions
        .iter()
        .filter(|name| !after.extensions.contains(name))
        .map(String::as_str)
        .collect();
    if gone.is_empty() {
        return Vec::new();
    }
    vec![Finding::new(
        "/extensions",
        "cannot-remove",
        format!(
            "Eine eingerichtete Erweiterung bleibt, weil Ihre Tabellen sie benutzen können: {}.",
            gone.join(", ")
        ),
    )]
}

/// The `Database` with what the engine keeps true inside the instance; nothing where the booking asks for nothing there.
pub fn database(desired: &Desired, plan: &Plan, order: &Order, number: u32) -> Option<Value> {
    if order.extensions.is_empty() && plan.connections.is_none() {
        return None;
    }
    let mut names: Vec<&String> = order.extensions.iter().collect();
    names.sort();
    let mut spec = json!({
        "cluster": {"name": restore::name(desired, number)},
        "name": order.database, "owner": order.database,
        "databaseReclaimPolicy": "retain"
    });
    if let Some(limit) = plan.connections {
        namespace::put(&mut spec, "connectionLimit", json!(limit));
    }
    if !names.is_empty() {
        let present = |name: &&String| json!({"name": name, "ensure": "present"});
        namespace::put(&mut spec, "extensions", names.iter().map(present).collect());
    }
    Some(json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Database",
        "metadata": {
            "name": format!("{}-database", restore::name(desired, number)), "namespace": namespace::name(desired),
            "labels": labels(desired)
        },
        "spec": spec
    }))
}

/// How far the engine is with the inside of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inside {
    /// As wanted, or nothing is wanted.
    Done,
    /// It has not looked at the present wish yet.
    Pending,
    /// It cannot, in its own words.
    Refused(String),
}

/// Reads the `Database`, whose observed generation is honest.
pub fn inside(desired: &Desired, plan: &Plan, order: &Order, serving: u32, observed: &[Value]) -> Inside {
    let Some(wished) = database(desired, plan, order, serving) else { return Inside::Done };
    let name = text(&wished, "/metadata/name");
    let mut found = of_kind(observed, "Database");
    let Some(database) = found.find(|object| text(object, "/metadata/name") == name) else {
        return Inside::Pending;
    };
    if number(database, "/metadata/generation") != number(database, "/status/observedGeneration") {
        return Inside::Pending;
    }
    match database.pointer("/status/applied").and_then(Value::as_bool) {
        Some(true) => Inside::Done,
        Some(false) => Inside::Refused(text(database, "/status/message").unwrap_or_default().to_owned()),
        None => Inside::Pending,
    }
}
