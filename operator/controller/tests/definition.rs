//! The generated definition is the one that the chart installs.

use controller::crd::Booking;
use kube::CustomResourceExt;

#[test]
fn the_chart_carries_the_generated_definition() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/operator/crds/bookings.yaml");
    let installed = std::fs::read_to_string(path).unwrap();
    let generated = serde_yaml_ng::to_string(&Booking::crd()).unwrap();
    assert!(
        installed == generated,
        "the definition changed: write the output of `wolkenamt-operator crd` to charts/operator/crds/bookings.yaml"
    );
    // YAML readers of other languages take these words for truth values.
    for word in [" on\n", " off\n", " yes\n", " no\n"] {
        assert!(!generated.contains(word), "{word:?} must be quoted");
    }
}
