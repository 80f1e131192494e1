//! Templates and locales: everything that is named exists, and everything that exists is named.

use super::{files, none, read, root, shown};
use std::collections::BTreeSet;

#[test]
fn every_template_is_used_and_every_used_template_exists() {
    let folder = root().join("web/templates");
    let existing: BTreeSet<String> = files("web/templates", &[".html"])
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().display().to_string())
        .collect();
    let mut named = BTreeSet::new();
    let mentions =
        files("backend/server/src", &[".rs"]).into_iter().chain(files("web/templates", &[".html"]));
    for path in mentions.filter(|path| !shown(path).ends_with("_test.rs")) {
        for piece in read(&path).split(['"', '\'']) {
            if piece.ends_with(".html") && !piece.contains(' ') && !piece.starts_with('.') {
                named.insert(piece.to_owned());
            }
        }
    }
    let unused = existing.difference(&named).map(|name| format!("template {name} is used nowhere"));
    // `components` of Tera 2 are found by their name, not by their file.
    let unused = unused.filter(|finding| !finding.contains("partials/") && !finding.contains("components/"));
    let missing = named.difference(&existing).map(|name| format!("template {name} does not exist"));
    none(unused.chain(missing).collect());
}

fn keys(language: &str) -> BTreeSet<String> {
    files(&format!("web/locales/{language}"), &[".ftl"])
        .iter()
        .flat_map(|path| {
            let mut message = String::new();
            let mut keys = Vec::new();
            for line in read(path).lines() {
                let trimmed = line.trim_start();
                let Some((name, _)) = trimmed.split_once('=') else { continue };
                let name = name.trim().to_owned();
                if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    message.clone_from(&name);
                    keys.push(name);
                } else if trimmed.starts_with('.') {
                    keys.push(format!("{message}{name}"));
                }
            }
            keys
        })
        .collect()
}

#[test]
fn both_languages_have_the_same_keys() {
    let (german, english) = (keys("de"), keys("en"));
    assert!(german.len() > 100, "the locales were not read");
    let only_german = german.difference(&english).map(|key| format!("{key} is missing in English"));
    let only_english = english.difference(&german).map(|key| format!("{key} is missing in German"));
    none(only_german.chain(only_english).collect());
}

/// Strict headers allow neither; a page that needs them would be broken, and so would an `unsafe-inline` to mend it.
#[test]
fn pages_carry_no_inline_style_or_script() {
    none(
        files("web/templates", &[".html"])
            .iter()
            .filter(|path| {
                let text = read(path);
                text.contains(" style=\"")
                    || text.contains("<style")
                    || text.contains(" onclick=")
                    || text.contains("javascript:")
            })
            .map(|path| format!("{} has inline style or script", shown(path)))
            .collect(),
    );
}
