use super::*;
use serde_json::json;

fn plan() -> Plan {
    Plan {
        vcpu_milli: 500,
        memory_mib: 512,
        storage_gib_min: 1,
        storage_gib_max: 10,
        versions: vec![15, 16],
        instances: 1,
    }
}

fn order() -> Order {
    Order {
        database: "fachverfahren".to_owned(),
        version: 15,
        storage_gib: 2,
        allowed_networks: vec!["192.0.2.0/24".to_owned()],
    }
}

#[test]
fn orders_as_table() {
    type Case = (&'static str, fn(&mut Order), Option<(&'static str, &'static str)>);
    let cases: Vec<Case> = vec![
        ("as it is", |_| {}, None),
        ("capital", |o| o.database = "Fach".to_owned(), Some(("/database", "not-a-name"))),
        ("empty", |o| o.database = String::new(), Some(("/database", "not-a-name"))),
        ("reserved", |o| o.database = "postgres".to_owned(), Some(("/database", "reserved"))),
        ("version", |o| o.version = 12, Some(("/version", "not-offered"))),
        ("small", |o| o.storage_gib = 0, Some(("/storage_gib", "too-small"))),
        ("large", |o| o.storage_gib = 11, Some(("/storage_gib", "too-large"))),
        (
            "network",
            |o| o.allowed_networks = vec!["10.0.0.1/8".to_owned()],
            Some(("/allowed_networks/0", "host-bits")),
        ),
    ];
    for (name, change, expected) in cases {
        let mut order = order();
        change(&mut order);
        let findings = check(&plan(), &order);
        let found = findings.first().map(|finding| (finding.pointer.as_str(), finding.code.as_str()));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn form_offers_what_plan_and_location_share() {
    let abilities = Abilities {
        postgresql_versions: vec![crate::PostgresqlVersion { major: 15, full: "15.14".to_owned() }],
        ..Abilities::default()
    };
    let schema = order_schema(&plan(), &abilities);
    assert_eq!(schema.pointer("/properties/version/enum"), Some(&json!([15])));
    assert_eq!(schema.pointer("/properties/storage_gib/maximum"), Some(&json!(10)));
    assert_eq!(schema.pointer("/properties/database/title"), Some(&json!("Name der Datenbank")));
    let order: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(order, ["database", "version", "storage_gib", "allowed_networks"]);
}

#[test]
fn a_change_keeps_the_database_and_never_shrinks() {
    let plan = json!({"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 10, "storage_gib_max": 100, "versions": [15, 16]});
    let order = |database: &str, version: u16, storage: i64| json!({"database": database, "version": version, "storage_gib": storage});
    let before = order("baum", 15, 20);
    let found = |after: &Value| -> Vec<(String, String)> {
        let findings = crate::Kind::Postgresql.check_change((&plan, &before), (&plan, after));
        findings.into_iter().map(|finding| (finding.pointer, finding.code)).collect()
    };
    let named = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(found(&order("baum", 15, 40)), []);
    assert_eq!(found(&order("baum", 15, 10)), [named("/storage_gib", "cannot-shrink")]);
    assert_eq!(found(&order("anders", 16, 20)), [named("/database", "fixed"), named("/version", "fixed")]);
}
