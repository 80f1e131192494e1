//! Documents name only what exists.

use super::{files, none, read, root, shown};

/// Beginnings of paths of this repository.
const FOLDERS: &[&str] =
    &["backend/", "operator/", "web/", "charts/", "migrations/", "tests/", "docs/", ".ci/"];

#[test]
fn documents_name_only_paths_that_exist() {
    let mut documents = files("docs", &[".md"]);
    documents.push(root().join("README.md"));
    let mut findings = Vec::new();
    for path in documents {
        for word in read(&path).split(|letter: char| letter.is_whitespace() || "`()[]|,;\"".contains(letter))
        {
            let word = word.trim_end_matches(['.', ':']);
            // Patterns such as <kind>.rs, {a,b} and * stand for what somebody will add.
            if !FOLDERS.iter().any(|folder| word.starts_with(folder)) || word.contains(['<', '*', '{', '…'])
            {
                continue;
            }
            if !root().join(word.split('#').next().unwrap_or(word)).exists() {
                findings.push(format!("{} names {word}, which does not exist", shown(&path)));
            }
        }
    }
    none(findings);
}

#[test]
fn the_map_stays_a_map() {
    let lines = read(&root().join("docs/architecture.md")).lines().count();
    assert!((50..=250).contains(&lines), "docs/architecture.md has {lines} lines, at most 250");
}

#[test]
fn foreign_assets_lie_beside_their_licence() {
    let vendor = root().join("web/assets/vendor");
    none(
        std::fs::read_dir(vendor)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .filter(|path| {
                !std::fs::read_dir(path)
                    .unwrap()
                    .any(|file| file.unwrap().file_name().to_string_lossy().starts_with("LICEN"))
            })
            .map(|path| format!("{} has no licence", shown(&path)))
            .collect(),
    );
}
