//! Role × route, tried and written down: `goldens/policy_matrix.txt`. A change of who may do what is a visible diff.
//!
//! Every route of the table is called as one person of each role, as somebody without a role and as nobody, with ids that
//! do not exist. `ok` means that the policy let the call through (whatever became of it), `–` that it was forbidden,
//! `in` that signing in comes first.

use server::http::routes::{Guard, table};
use std::fmt::Write;
use tests::{Api, Browser, TestApp};

const UNKNOWN: &str = "00000000-0000-7000-8000-ffffffffffff";
/// Column and person.
const PEOPLE: &[(&str, &str)] = &[
    ("none", "nobody@mittelfeld.example"),
    ("orders", "jana@mittelfeld.example"),
    ("appr", "tobias@mittelfeld.example"),
    ("budget", "hanna@mittelfeld.example"),
    ("fin", "karl@mittelfeld.example"),
    ("it", "murat@mittelfeld.example"),
    ("audits", "olga@mittelfeld.example"),
    ("lists", "lena@beispielland.example"),
    ("fulfils", "felix@beispielland.example"),
    ("platf", "paul@beispielland.example"),
    ("bills", "berta@beispielland.example"),
    ("admits", "adam@marktplatz.example"),
    ("operates", "otto@marktplatz.example"),
];

fn path(pattern: &str) -> String {
    pattern
        .replace("{id}", UNKNOWN)
        .replace("{path:.*}", "x")
        .replace("{month}", "2026-10")
        .replace("{reveal}", UNKNOWN)
        .replace("{task}", UNKNOWN)
        .replace("{window}", UNKNOWN)
        .replace("{product}", "postgresql")
}

fn verdict(status: u16, location: Option<&str>) -> &'static str {
    match status {
        403 => "–",
        401 => "in",
        303 if location.is_some_and(|to| to.starts_with("/sign-in?")) => "in",
        500..=599 => "BROKEN",
        _ => "ok",
    }
}

async fn by_page(browser: &mut Browser, method: &str, path: &str) -> &'static str {
    let answer = match method {
        "get" => browser.get(path).await,
        _ => {
            browser.get("/accessibility").await;
            browser.submit(path, &[]).await
        }
    };
    verdict(answer.status, answer.location.as_deref())
}

async fn by_api(api: &Api, method: &str, path: &str) -> &'static str {
    let answer = match method {
        "get" => api.get(path).await,
        _ => api.post(path, "matrix", &serde_json::json!({})).await,
    };
    verdict(answer.status, None)
}

#[actix_web::test]
async fn the_matrix_is_the_written_one() {
    let app = TestApp::start().await;
    let mut callers = Vec::new();
    for (_, email) in PEOPLE {
        callers.push((app.sign_in(email).await, app.api(email).await));
    }
    let nobody = (app.browser(), Api::new(&app.url, "wka_unknown"));
    let columns: Vec<&str> =
        std::iter::once("nobody").chain(PEOPLE.iter().map(|(column, _)| *column)).collect();
    let mut text = String::from(
        "# Written by `make goldens`: who may call which route. – forbidden, in: sign in first.\n",
    );
    writeln!(
        text,
        "{:<52}{}",
        "route",
        columns.iter().map(|column| format!("{column:>9}")).collect::<String>()
    )
    .unwrap();
    for route in table() {
        // Signing out ends the session that the rest of the matrix needs; operators have tests of their own.
        if route.path == "/sign-out" || route.guard == Guard::Operator {
            continue;
        }
        let mut line = format!("{:<52}", format!("{} {}", route.method, route.path));
        for (browser, api) in std::iter::once(&nobody).chain(&callers) {
            let said = if route.path.starts_with("/api/v1/") || route.path.starts_with("/agent/") {
                by_api(api, route.method, &path(route.path)).await
            } else {
                by_page(&mut browser.clone(), route.method, &path(route.path)).await
            };
            write!(line, "{said:>9}").unwrap();
        }
        writeln!(text, "{line}").unwrap();
    }
    assert!(!text.contains("BROKEN"), "{text}");
    golden("policy_matrix.txt", &text);
}

/// Compares with a golden file, or writes it with WOLKENAMT_GOLDENS=write.
fn golden(name: &str, text: &str) {
    let file = tests::app::repository().join("tests/it/goldens").join(name);
    if std::env::var("WOLKENAMT_GOLDENS").is_ok() {
        std::fs::write(file, text).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "{name} differs; look at it and run make goldens:\n{text}");
}
