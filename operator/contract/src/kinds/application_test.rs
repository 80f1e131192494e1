use super::*;
use serde_json::json;

fn plan() -> Plan {
    Plan {
        image: "registry.example/austausch:1.0".to_owned(),
        port: 8080,
        vcpu_milli: 200,
        memory_mib: 128,
        storage_gib: 1,
        data_path: data(),
        health_path: "/healthz".to_owned(),
        run_as_user: nonroot(),
        environment: BTreeMap::new(),
        first_admin: None,
        counters: vec![Counter {
            meter: Meter::Users,
            path: "/metrics".to_owned(),
            series: "users_total".to_owned(),
            epoch_series: None,
        }],
    }
}

#[test]
fn orders_as_table() {
    let cases = [
        ("austausch", "a@b.example", None),
        ("a", "a@b.example", None),
        ("1a", "a@b.example", Some("/label")),
        ("a-", "a@b.example", Some("/label")),
        ("", "a@b.example", Some("/label")),
        ("austausch", "a@b", Some("/admin_email")),
        ("austausch", "a b@c.example", Some("/admin_email")),
    ];
    for (label, mail, expected) in cases {
        let order =
            Order { label: label.to_owned(), admin_email: mail.to_owned(), allowed_networks: Vec::new() };
        let findings = check(&plan(), &order);
        assert_eq!(findings.first().map(|finding| finding.pointer.as_str()), expected, "{label} {mail}");
    }
}

#[test]
fn plans_as_table() {
    assert_eq!(check_plan(&plan()), Vec::new());
    for image in ["austausch", "registry.example:5000/austausch", "austausch:latest"] {
        let bad = Plan { image: image.to_owned(), ..plan() };
        assert_eq!(
            check_plan(&bad).first().map(|finding| finding.code.as_str()),
            Some("no-version"),
            "{image}"
        );
    }
    let mut bad = plan();
    bad.counters[0].meter = Meter::Vcpu;
    assert_eq!(check_plan(&bad)[0].pointer, "/counters/0/meter");
}

#[test]
fn a_smaller_volume_is_no_change() {
    let plan = |storage: i64| json!({"image": "localhost/app:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 128, "health_path": "/", "storage_gib": storage});
    let order = json!({"label": "auskunft", "admin_email": "it@example.org"});
    let found =
        |after: i64| crate::Kind::Application.check_change((&plan(5), &order), (&plan(after), &order));
    assert_eq!(found(5), []);
    assert_eq!(found(9), []);
    assert_eq!(
        found(0).first().map(|it| (it.pointer.as_str(), it.code.as_str())),
        Some(("", "cannot-shrink"))
    );
}
