//! Lengths, and words that must not stand in a source file.

use super::{files, none, read, shown};

const LINES_MAX: usize = 800;
const HANDLER_LINES_MAX: usize = 25;

fn sources() -> Vec<std::path::PathBuf> {
    ["backend", "operator", "tests", "web", "migrations", "charts"]
        .iter()
        .flat_map(|folder| {
            files(folder, &[".rs", ".go", ".sh", ".js", ".mjs", ".sql", ".html", ".css", ".ftl", ".java"])
        })
        .collect()
}

#[test]
fn no_file_is_too_long_to_be_read() {
    none(
        sources()
            .iter()
            // Generated from the migrations.
            .filter(|path| !shown(path).ends_with("backend/db/src/schema.rs"))
            .map(|path| (path, read(path).lines().count()))
            .filter(|(_, lines)| *lines > LINES_MAX)
            .map(|(path, lines)| format!("{} has {lines} lines, at most {LINES_MAX}", shown(path)))
            .collect(),
    );
}

/// Length of each function of a formatted file, by name.
fn functions(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let code = line.trim_start();
        let head =
            code.trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("async ");
        if open.is_none() && head.starts_with("fn ") && !code.ends_with(';') {
            let name = head.trim_start_matches("fn ").split(['(', '<']).next().unwrap_or_default();
            open = Some((name.to_owned(), indent, number));
        } else if let Some((name, depth, start)) = open.clone()
            && indent == depth
            && code == "}"
        {
            found.push((name, number - start + 1));
            open = None;
        }
    }
    found
}

#[test]
fn handlers_hold_no_rule() {
    let mut findings = Vec::new();
    for folder in ["pages", "api", "agent"] {
        for path in files(&format!("backend/server/src/http/{folder}"), &[".rs"]) {
            for (name, lines) in functions(&read(&path)) {
                if lines > HANDLER_LINES_MAX {
                    findings.push(format!(
                        "{}: {name} has {lines} lines, at most {HANDLER_LINES_MAX}",
                        shown(&path)
                    ));
                }
            }
        }
    }
    none(findings);
}

#[test]
fn open_ends_are_named_elsewhere() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    none(
        sources()
            .iter()
            .flat_map(|path| {
                let text = read(path);
                let marks = marks.clone();
                text.lines()
                    .enumerate()
                    .filter(move |(_, line)| {
                        marks.iter().any(|mark| line.contains(mark.as_str()) && !line.contains('#'))
                    })
                    .map(|(number, _)| format!("{}:{} has an open end", shown(path), number + 1))
                    .collect::<Vec<_>>()
            })
            .collect(),
    );
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let allowed =
        ["backend/server/src/config.rs", "operator/controller/src/config.rs", "backend/db/src/test_db.rs"];
    none(
        ["backend", "operator"]
            .iter()
            .flat_map(|folder| files(folder, &[".rs"]))
            .filter(|path| !shown(path).ends_with("_test.rs") && !shown(path).contains("/tests/"))
            .filter(|path| !allowed.contains(&shown(path).as_str()) && read(path).contains("env::var"))
            .map(|path| format!("{} reads the environment", shown(&path)))
            .collect(),
    );
}

#[test]
fn functions_are_measured() {
    let text = "fn a() {\n    1\n}\n\npub async fn b<T>(\n    x: T,\n) {\n    if x {\n    }\n}\n";
    assert_eq!(functions(text), [("a".to_owned(), 3), ("b".to_owned(), 6)]);
}
