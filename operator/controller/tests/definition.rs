//! The generated definitions are those that the chart installs.

use controller::crd;

#[test]
fn the_chart_carries_the_generated_definitions() {
    for (file, generated) in crd::definitions().unwrap() {
        let path = format!("{}/../../charts/operator/crds/{file}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var("WOLKENAMT_GOLDENS").is_ok_and(|wish| wish == "write") {
            std::fs::write(&path, &generated).unwrap();
        }
        let installed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(installed == generated, "{file} changed: WOLKENAMT_GOLDENS=write rewrites it");
        // YAML readers of other languages take these words for truth values.
        for word in [" on\n", " off\n", " yes\n", " no\n"] {
            assert!(!generated.contains(word), "{word:?} must be quoted");
        }
    }
}
