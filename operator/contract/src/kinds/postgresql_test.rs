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
        extensions: vec!["pgcrypto".to_owned(), "pg_trgm".to_owned(), "hausgemacht".to_owned()],
        connections: Some(40),
        backup_days: None,
        exposures: exposure::usual(),
    }
}

fn order() -> Order {
    Order {
        database: "fachverfahren".to_owned(),
        version: 15,
        storage_gib: 2,
        extensions: vec!["pgcrypto".to_owned()],
        exposure: None,
        allowed_networks: vec!["192.0.2.0/24".to_owned()],
    }
}

fn desired() -> Desired {
    Desired {
        booking: uuid::Uuid::from_u128(7),
        generation: 1,
        wanted: crate::Wanted::Present,
        power: crate::Power::On,
        kind: crate::Kind::Postgresql,
        plan: Value::Null,
        order: Value::Null,
        organisation: crate::OrganisationRef { id: uuid::Uuid::from_u128(8), slug: "a".to_owned() },
        cost_centre: String::new(),
        title: String::new(),
        wished_start: None,
        exposure: crate::Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
        restore: None,
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
        ("extension", |o| o.extensions.push("file_fdw".to_owned()), Some(("/extensions/1", "not-offered"))),
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
fn extensions_are_what_plan_and_location_share() {
    let offered = |here: &[&str]| -> Vec<Value> {
        let here = here.iter().map(|name| (*name).to_owned()).collect();
        let schema =
            order_schema(&plan(), &Abilities { postgresql_extensions: here, ..Abilities::default() });
        let choices = schema.pointer("/properties/extensions/items/oneOf").and_then(Value::as_array);
        choices.into_iter().flatten().map(|choice| choice["const"].clone()).collect()
    };
    assert_eq!(offered(&["postgis", "pg_trgm"]), ["pg_trgm"]);
    assert_eq!(offered(&["*"]), ["pgcrypto", "pg_trgm", "hausgemacht"]);
    assert!(offered(&[]).is_empty());
    let here = |names: &[&str]| Site {
        postgresql_extensions: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Site::default()
    };
    assert_eq!(extensions::check_site(&here(&["pgcrypto"]), &plan(), &order()), []);
    let missing = extensions::check_site(&here(&["pg_trgm"]), &plan(), &order());
    assert_eq!(missing.first().map(|it| it.code.as_str()), Some("extension-unavailable"));
}

#[test]
fn plans_as_table() {
    type Case = (fn(&mut Plan), &'static str);
    let cases: [Case; 6] = [
        (|p| p.instances = 6, "/instances"),
        (|p| p.connections = Some(0), "/connections"),
        (|p| p.connections = Some(5000), "/connections"),
        (|p| p.extensions.push("x; drop database".to_owned()), "/extensions/3"),
        (|p| p.backup_days = Some(0), "/backup_days"),
        (|p| p.backup_days = Some(400), "/backup_days"),
    ];
    assert_eq!(check_plan(&plan()), []);
    for (change, pointer) in cases {
        let mut plan = plan();
        change(&mut plan);
        let found = check_plan(&plan);
        assert_eq!(found.iter().map(|it| it.pointer.as_str()).collect::<Vec<_>>(), [pointer]);
    }
}

#[test]
fn a_plan_with_backups_needs_a_location_with_storage() {
    let with = Plan { backup_days: Some(14), ..plan() };
    let code = |found: Vec<Finding>| found.first().map(|it| it.code.clone());
    let able = Abilities { postgresql_backups: true, ..Abilities::default() };
    assert_eq!(code(check_location(&with, &Abilities::default())).as_deref(), Some("backup-unavailable"));
    assert_eq!(code(check_location(&with, &able)), None);
    assert_eq!(code(check_location(&plan(), &Abilities::default())), None);
}

#[test]
fn every_instance_is_metered() {
    let plan = Plan { instances: 3, ..plan() };
    assert_eq!(
        sizes(&plan, &order()),
        [(Meter::Vcpu, 1500), (Meter::Memory, 1536), (Meter::Storage, 3 * 2048), (Meter::Instance, 1)]
    );
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

#[test]
fn a_change_keeps_extensions_and_backups() {
    let old = Plan { backup_days: Some(7), ..plan() };
    let more = Order { extensions: vec!["pgcrypto".to_owned(), "pg_trgm".to_owned()], ..order() };
    let codes = |from: (&Plan, &Order), to: (&Plan, &Order)| -> Vec<String> {
        check_change(from, to).into_iter().map(|it| it.code).collect()
    };
    assert!(codes((&old, &order()), (&old, &more)).is_empty());
    assert_eq!(codes((&old, &more), (&old, &order())), ["cannot-remove"]);
    assert_eq!(codes((&old, &order()), (&plan(), &order())), ["backups-end"]);
    assert!(codes((&plan(), &order()), (&old, &order())).is_empty());
}

#[test]
fn what_the_engine_says_about_the_inside_counts() {
    use extensions::{Inside, inside};
    let desired = desired();
    let seen = |status: Value| {
        let mut made = extensions::database(&desired, &plan(), &order(), 0).unwrap();
        made["metadata"]["generation"] = json!(2);
        made["status"] = status;
        inside(&desired, &plan(), &order(), 0, &[made])
    };
    assert_eq!(seen(json!({"applied": true, "observedGeneration": 2})), Inside::Done);
    assert_eq!(seen(json!({"applied": true, "observedGeneration": 1})), Inside::Pending);
    assert_eq!(seen(json!({})), Inside::Pending);
    assert_eq!(
        seen(json!({"applied": false, "observedGeneration": 2, "message": "no such file"})),
        Inside::Refused("no such file".to_owned())
    );
    let plain = Plan { connections: None, ..plan() };
    assert_eq!(
        inside(&desired, &plain, &Order { extensions: Vec::new(), ..order() }, 0, &[]),
        Inside::Done,
        "where nothing is wanted inside there is no object"
    );
}

fn wish(number: u32, keep_before: bool) -> Option<crate::Restore> {
    Some(crate::Restore { number, from: 0, at: "2026-11-30T09:30:00Z".parse().unwrap(), keep_before })
}

/// A `Cluster` of the booking as the engine shows it, and the Service of the booking as it selects.
fn cluster(desired: &Desired, number: u32, phase: &str) -> Value {
    let ready = if phase == "Cluster in healthy state" { "True" } else { "False" };
    json!({
        "kind": "Cluster",
        "metadata": {"name": restore::name(desired, number), "labels": crate::kinds::context::labels(desired)},
        "status": {"phase": phase, "readyInstances": 1, "phaseReason": "weil",
                   "conditions": [{"type": "Ready", "status": ready}]}
    })
}

fn service(desired: &Desired, number: u32) -> Value {
    json!({
        "kind": "Service", "metadata": {"name": format!("{}-access", restore::name(desired, 0))},
        "spec": {"selector": {"cnpg.io/cluster": restore::name(desired, number)}}
    })
}

#[test]
fn a_restored_database_takes_over_once_it_is_up_and_for_good() {
    let restored = Desired { restore: wish(1, true), ..desired() };
    let up = |number| cluster(&restored, number, "Cluster in healthy state");
    let next = |observed: &[Value]| restore::next(&restored, observed, 0);
    assert_eq!(next(&[service(&restored, 0), up(0)]), 0, "there is none yet");
    let starting = cluster(&restored, 1, "Setting up primary");
    assert_eq!(next(&[service(&restored, 0), up(0), starting.clone()]), 0);
    assert_eq!(next(&[service(&restored, 0), up(0), up(1)]), 1);
    assert_eq!(next(&[service(&restored, 1), up(0), starting]), 1, "never back to what was replaced");
    assert_eq!(restore::next(&desired(), &[service(&restored, 0), up(0)], 1), 0, "the Service says it");
    assert_eq!(restore::next(&restored, &[up(1)], 1), 1, "somebody deleted the Service");
    assert_eq!(restore::written(&restored, 0), [0, 1]);
    assert_eq!(restore::written(&restored, 1), [1]);
    assert_eq!(restore::names(&restored).len(), 2);
}

#[test]
fn only_what_was_replaced_or_failed_is_surplus() {
    let names = |wished: Desired, serving: Option<u32>, present: &[u32]| -> Vec<u32> {
        let mut observed: Vec<Value> =
            present.iter().map(|number| cluster(&wished, *number, "Setting up primary")).collect();
        observed.extend(serving.map(|number| service(&wished, number)));
        let surplus = restore::surplus(&wished, &observed);
        let all = present.iter().copied();
        all.filter(|number| {
            surplus.iter().any(|it| it["metadata"]["name"] == restore::name(&wished, *number))
        })
        .collect()
    };
    let restored = |number, keep| Desired { restore: wish(number, keep), ..desired() };
    assert!(names(desired(), Some(0), &[0]).is_empty());
    assert!(names(restored(1, true), Some(0), &[0, 1]).is_empty(), "being restored");
    assert!(names(restored(1, false), Some(0), &[0, 1]).is_empty(), "what serves stays whatever is said");
    assert!(names(restored(1, true), Some(1), &[0, 1]).is_empty(), "kept until somebody says otherwise");
    assert_eq!(names(restored(1, false), Some(1), &[0, 1]), [0]);
    assert_eq!(names(restored(2, true), Some(0), &[0, 1, 2]), [1], "the first attempt failed");
    assert!(
        names(restored(1, false), None, &[0, 1]).is_empty(),
        "nothing goes while it is unknown what serves"
    );
}

#[test]
fn what_a_second_database_lacks_is_not_said_of_the_one_that_serves() {
    let wished = Desired { restore: wish(1, true), ..desired() };
    let (fixed, plain) =
        (Site { volumes_fixed: true, ..Site::default() }, Plan { connections: None, ..plan() });
    let of = |kind: &str, number: u32, status: Value| {
        let name = restore::name(&wished, number);
        json!({"kind": kind, "metadata": {"name": format!("{name}-1"), "labels": {"cnpg.io/cluster": name}}, "status": status})
    };
    let small = |number| {
        of("PersistentVolumeClaim", number, json!({"phase": "Bound", "capacity": {"storage": "1Gi"}}))
    };
    let refused = |number| check_observed(&fixed, &wished, &order(), &[small(number)]).len();
    assert_eq!((refused(0), refused(1)), (1, 0));
    let event = |number: u32| {
        json!({"kind": "Event", "reason": "ProvisioningFailed", "message": "weil",
               "involvedObject": {"name": format!("{}-1", restore::name(&wished, number))}})
    };
    let waiting = json!({"phase": "Pending",
        "containerStatuses": [{"name": "x", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]});
    let said = |number| {
        [event(number), of("Pod", number, waiting.clone())].map(|found| {
            let observed = [cluster(&wished, 0, "Setting up primary"), found];
            readiness(&fixed, &wished, &plain, &order(), &observed).state
        })
    };
    let failed = super::super::State::Failed;
    assert_eq!(said(0), [failed, failed]);
    assert!(!said(1).contains(&failed));
    assert!(restore::is_of(&wished, &format!("{}-rw", restore::name(&wished, 0)), 0));
    assert!(!restore::is_of(&wished, &restore::name(&wished, 10), 1));
}

#[test]
fn a_failed_restore_leaves_what_runs() {
    let wished = Desired { restore: wish(1, true), ..desired() };
    let read = |phase: &str, more: &[Value]| {
        let mut serving = cluster(&wished, 0, "Cluster in healthy state");
        serving["status"]["currentPrimary"] = json!("a");
        let pod = json!({"kind": "Pod", "metadata": {"labels": {"cnpg.io/podRole": "instance",
            "cnpg.io/cluster": restore::name(&wished, 0)}}, "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}]},
            "spec": {"containers": [{"name": "postgres", "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}}]}});
        let mut way = service(&wished, 0);
        way["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}});
        let mut twin = pod.clone();
        twin["metadata"]["labels"]["cnpg.io/cluster"] = json!(restore::name(&wished, 1));
        let mut observed = vec![serving, cluster(&wished, 1, phase), pod, twin, way];
        observed.extend_from_slice(more);
        let plain = Plan { connections: None, ..plan() };
        readiness(&Site::default(), &wished, &plain, &Order { extensions: Vec::new(), ..order() }, &observed)
    };
    let underway = read("Setting up primary", &[]);
    assert_eq!(
        (underway.state, underway.message),
        (super::super::State::Running, crate::MessageKey::Restoring)
    );
    let unscheduled = |number: u32| {
        json!({"kind": "Pod", "metadata": {"labels": {"cnpg.io/cluster": restore::name(&wished, number)}},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient memory."}]}})
    };
    let mut recovering = cluster(&wished, 1, "Setting up primary");
    recovering["spec"]["bootstrap"]["recovery"] = json!({"source": "before"});
    assert!(restore::is_restoring(&recovering) && !restore::is_restoring(&unscheduled(1)));
    let waits = read("Setting up primary", &[unscheduled(1)]);
    assert_eq!((waits.state, waits.message), (super::super::State::Running, crate::MessageKey::RestoreWaits));
    assert_eq!(
        waits.args["detail"],
        "Kein Rechner des Standorts hat genug Platz: 0/1 nodes are available: 1 Insufficient memory."
    );
    let refused = json!({"kind": "Event", "reason": "FailedCreate", "message": "exceeded quota: booked",
        "involvedObject": {"name": format!("{}-1-full-recovery", restore::name(&wished, 1))}});
    assert_eq!(read("Setting up primary", &[refused]).message, crate::MessageKey::RestoreWaits);
    let tried = |times: usize| {
        let vain = json!({"kind": "Pod", "status": {"phase": "Failed"}, "metadata": {"labels": {
            "cnpg.io/cluster": restore::name(&wished, 1), "cnpg.io/jobRole": "full-recovery"}}});
        read("Setting up primary", &vec![vain; times]).message
    };
    assert_eq!([tried(2), tried(3)], [crate::MessageKey::Restoring, crate::MessageKey::RestoreFailed]);
    let failed = read("Cluster is unrecoverable and needs manual intervention", &[]);
    assert_eq!(
        (failed.state, failed.message),
        (super::super::State::Running, crate::MessageKey::RestoreFailed)
    );
    assert_eq!(failed.args["detail"], "weil");
    let vcpu = failed.allocated.iter().find(|it| it.meter == Meter::Vcpu).map(|it| it.amount);
    assert_eq!(vcpu, Some(500), "one database is measured");
}
