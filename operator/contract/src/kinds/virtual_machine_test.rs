use super::*;
use crate::kinds::readiness::{Allocated, State};
use crate::{Exposure, ExposureClass, MessageKey, OrganisationRef, Power, Wanted};
use jiff::Timestamp;
use uuid::Uuid;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9 jana@rathaus";

fn plan() -> Plan {
    Plan {
        vcpu_milli: 2000,
        memory_mib: 4096,
        storage_gib_min: 10,
        storage_gib_max: 100,
        systems: vec![
            System { code: "debian-12".to_owned(), title: "Debian 12".to_owned() },
            System { code: "ubuntu-24-04".to_owned(), title: "Ubuntu 24.04".to_owned() },
        ],
        user: user(),
        exposures: exposure::usual(),
    }
}

fn order() -> Order {
    Order {
        hostname: "fachverfahren".to_owned(),
        system: "debian-12".to_owned(),
        storage_gib: 20,
        ssh_keys: vec![KEY.to_owned()],
        exposure: None,
        allowed_networks: Vec::new(),
    }
}

#[test]
fn orders_as_table() {
    type Case = (&'static str, fn(&mut Order), Option<(&'static str, &'static str)>);
    let cases: Vec<Case> = vec![
        ("as it is", |_| {}, None),
        ("capital", |o| o.hostname = "Fach".to_owned(), Some(("/hostname", "not-a-name"))),
        ("hyphen at the end", |o| o.hostname = "fach-".to_owned(), Some(("/hostname", "not-a-name"))),
        ("dots", |o| o.hostname = "fach.amt".to_owned(), Some(("/hostname", "not-a-name"))),
        ("too long", |o| o.hostname = "f".repeat(31), Some(("/hostname", "not-a-name"))),
        ("line break", |o| o.hostname = "fach\nroot: x".to_owned(), Some(("/hostname", "not-a-name"))),
        ("localhost", |o| o.hostname = "localhost".to_owned(), Some(("/hostname", "reserved"))),
        ("system", |o| o.system = "windows-11".to_owned(), Some(("/system", "not-offered"))),
        ("small", |o| o.storage_gib = 9, Some(("/storage_gib", "too-small"))),
        ("large", |o| o.storage_gib = 101, Some(("/storage_gib", "too-large"))),
        ("no key", |o| o.ssh_keys.clear(), Some(("/ssh_keys", "missing"))),
        ("bad key", |o| o.ssh_keys = vec!["x".to_owned()], Some(("/ssh_keys/0", "not-a-key"))),
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
fn plans_as_table() {
    type Case = (fn(&mut Plan), &'static str);
    assert_eq!(check_plan(&plan()), Vec::new());
    let cases: Vec<Case> = vec![
        (|p| p.vcpu_milli = 1500, "/vcpu_milli"),
        (|p| p.vcpu_milli = 0, "/vcpu_milli"),
        (|p| p.memory_mib = 129, "/memory_mib"),
        (|p| p.storage_gib_max = 9, "/storage_gib_max"),
        (|p| p.systems.clear(), "/systems"),
        (|p| p.systems[1].code = "Ubuntu 24".to_owned(), "/systems/1"),
        (|p| p.user = "root".to_owned(), "/user"),
        (|p| p.user = "a:b".to_owned(), "/user"),
    ];
    for (change, pointer) in cases {
        let mut plan = plan();
        change(&mut plan);
        let pointers: Vec<String> = check_plan(&plan).into_iter().map(|finding| finding.pointer).collect();
        assert_eq!(pointers, [pointer]);
    }
}

#[test]
fn the_form_offers_systems_that_plan_and_location_share() {
    let abilities = Abilities { machine_images: vec!["ubuntu-24-04".to_owned()], ..Abilities::default() };
    let schema = order_schema(&plan(), &abilities);
    let ubuntu = json!([{"const": "ubuntu-24-04", "title": "Ubuntu 24.04"}]);
    assert_eq!(schema.pointer("/properties/system/oneOf"), Some(&ubuntu));
    assert_eq!(schema.pointer("/properties/storage_gib/minimum"), Some(&json!(10)));
    let any = order_schema(&plan(), &Abilities::default());
    assert_eq!(any.pointer("/properties/system/oneOf").unwrap().as_array().unwrap().len(), 2);
    let members: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["hostname", "system", "storage_gib", "ssh_keys", "allowed_networks"]);
}

fn desired(power: Power) -> Desired {
    Desired {
        booking: Uuid::from_u128(7),
        generation: 1,
        wanted: Wanted::Present,
        power,
        kind: crate::Kind::VirtualMachine,
        plan: json!(plan()),
        order: json!(order()),
        organisation: OrganisationRef { id: Uuid::from_u128(1), slug: "musterstadt".to_owned() },
        cost_centre: String::new(),
        title: String::new(),
        wished_start: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
        restore: None,
    }
}

fn name() -> String {
    object_name(PREFIX, Uuid::from_u128(7))
}

/// A machine that serves, as the engine reports it.
fn running() -> Vec<Value> {
    let at = "2026-07-01T10:01:00Z";
    vec![
        json!({
            "kind": "VirtualMachine", "metadata": {"name": name()}, "spec": {"runStrategy": "Always"},
            "status": {"runStrategy": "Always", "printableStatus": "Running", "created": true, "ready": true,
                       "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}]}
        }),
        json!({
            "kind": "VirtualMachineInstance", "metadata": {"name": name()},
            "status": {
                "phase": "Running", "currentCPUTopology": {"sockets": 2, "cores": 1, "threads": 1},
                "memory": {"guestCurrent": "4Gi"},
                "phaseTransitionTimestamps": [
                    {"phase": "Scheduled", "phaseTransitionTimestamp": "2026-07-01T10:00:10Z"},
                    {"phase": "Running", "phaseTransitionTimestamp": "2026-07-01T10:00:20Z"}],
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}]
            }
        }),
        json!({
            "kind": "Pod", "metadata": {"name": format!("virt-launcher-{}", name())},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        }),
        json!({
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": format!("{}-root", name()), "creationTimestamp": "2026-07-01T10:00:00Z"},
            "status": {"phase": "Bound", "capacity": {"storage": "20Gi"}}
        }),
        json!({
            "kind": "Service", "metadata": {"name": format!("{}-access", name())},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.20"}]}}
        }),
    ]
}

fn look(power: Power, objects: &[Value]) -> Readiness {
    let site = Site { domain: Some("nord.example".to_owned()), ..Site::default() };
    readiness(&site, &desired(power), &plan(), &order(), objects)
}

fn held(readiness: &Readiness, meter: Meter) -> Allocated {
    readiness.allocated.iter().find(|allocated| allocated.meter == meter).unwrap().clone()
}

#[test]
fn a_running_machine_is_reached_and_measured() {
    let seen = look(Power::On, &running());
    assert_eq!((seen.state, seen.message), (State::Running, MessageKey::Ready));
    assert_eq!(seen.since, Some("2026-07-01T10:01:00Z".parse().unwrap()));
    let began: Timestamp = "2026-07-01T10:00:20Z".parse().unwrap();
    let amounts: Vec<(Meter, i64, Option<Timestamp>)> =
        seen.allocated.iter().take(3).map(|held| (held.meter, held.amount, held.since)).collect();
    let expected = [(Meter::Vcpu, 2000), (Meter::Memory, 4096), (Meter::Instance, 1)];
    assert_eq!(amounts, expected.map(|(meter, amount)| (meter, amount, Some(began))));
    assert_eq!(held(&seen, Meter::Storage).amount, 20 * 1024);
    let endpoint = &seen.endpoints[0];
    assert_eq!((endpoint.host.as_str(), endpoint.port), ("fachverfahren-0007.nord.example", 22));
}

type Case = (&'static str, Power, fn(&mut Vec<Value>), State, MessageKey);

/// Each change of a running machine, as the engine would report it, leads to a state and a sentence.
fn follow(cases: Vec<Case>) {
    for (name, power, change, state, message) in cases {
        let mut objects = running();
        change(&mut objects);
        let seen = look(power, &objects);
        assert_eq!((seen.state, seen.message), (state, message), "{name}");
    }
}

fn unready(objects: &mut [Value]) {
    objects[1]["status"]["conditions"] =
        json!([{"type": "Ready", "status": "False", "reason": "PodConditionMissing"}]);
    objects[2]["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
}

fn stopped(objects: &mut Vec<Value>) {
    objects[0]["spec"]["runStrategy"] = json!("Halted");
    objects[0]["status"]["runStrategy"] = json!("Halted");
    objects.remove(2);
    objects.remove(1);
}

fn disk_is_filled(objects: &mut Vec<Value>) {
    unready(objects);
    objects[1]["status"]["phase"] = json!("Scheduling");
    objects[3]["status"] = json!({"phase": "Pending"});
    objects.remove(2);
}

fn nobody_looked(objects: &mut Vec<Value>) {
    stopped(objects);
    objects[0]["status"] = json!({"printableStatus": "Stopped", "runStrategy": "Always"});
}

#[test]
fn what_the_engine_says_counts_only_with_its_effects() {
    use {MessageKey as Says, State as Is};
    follow(vec![
        ("nothing", Power::On, |o| o.clear(), Is::Starting, Says::Applying),
        ("the guest does not answer", Power::On, |o| unready(o), Is::Starting, Says::StartingMachine),
        ("no address", Power::On, |o| drop(o.pop()), Is::Starting, Says::WaitingForAddress),
        ("the disk is filled", Power::On, disk_is_filled, Is::Starting, Says::StartingVolume),
        (
            "another size than wanted",
            Power::On,
            |o| o[1]["status"]["currentCPUTopology"]["sockets"] = json!(1),
            Is::Running,
            Says::RestartNeeded,
        ),
        (
            "the disk grows",
            Power::On,
            |o| o[3]["status"]["capacity"]["storage"] = json!("10Gi"),
            Is::Running,
            Says::Growing,
        ),
        ("stopped", Power::Off, stopped, Is::Stopped, Says::Stopped),
        ("reads as stopped before anybody looked", Power::Off, nobody_looked, Is::Stopping, Says::Stopping),
        (
            "still shutting down",
            Power::Off,
            |o| o[0]["spec"]["runStrategy"] = json!("Halted"),
            Is::Stopping,
            Says::Stopping,
        ),
        ("to be started again", Power::On, stopped, Is::Starting, Says::Starting),
    ]);
}

#[test]
fn causes_as_table() {
    let causes = [
        (
            "Synchronized",
            "FailedCreate",
            "pods is forbidden: exceeded quota: booked",
            MessageKey::QuotaExceeded,
        ),
        ("Synchronized", "FailedCreate", "vm needs a privileged namespace to run", MessageKey::ApplyRefused),
        ("Synchronized", "ImagePullBackOff", "no such image", MessageKey::ImageMissing),
        (
            "PodScheduled",
            "Unschedulable",
            "0/1 nodes are available: 1 Insufficient memory.",
            MessageKey::NoRoom,
        ),
    ];
    for (kind, reason, message, key) in causes {
        let mut objects = running();
        unready(&mut objects);
        objects[1]["status"]["phase"] = json!("Scheduling");
        objects[1]["status"]["conditions"] =
            json!([{"type": kind, "status": "False", "reason": reason, "message": message}]);
        objects.remove(2);
        let seen = look(Power::On, &objects);
        assert_eq!((seen.state, seen.message), (State::Failed, key), "{message}");
        assert_eq!(seen.args.get("detail").map(String::as_str), Some(message));
    }
}

#[test]
fn an_image_that_cannot_be_fetched_is_a_cause_only_while_the_disk_is_empty() {
    let event = json!({"kind": "Event", "reason": "ErrImportFailed", "message": "Unable to pull image"});
    let mut objects = running();
    objects[1]["status"]["conditions"] = json!([]);
    objects.push(event);
    assert_eq!(look(Power::On, &objects).message, MessageKey::StartingMachine);
    objects[3]["status"] = json!({"phase": "Pending"});
    let seen = look(Power::On, &objects);
    assert_eq!((seen.state, seen.message), (State::Failed, MessageKey::ImageMissing));
}

#[test]
fn only_the_disk_is_measured_while_it_is_stopped() {
    let mut objects = running();
    objects[1]["status"]["phase"] = json!("Succeeded");
    objects[1]["status"]["phaseTransitionTimestamps"]
        .as_array_mut()
        .unwrap()
        .push(json!({"phase": "Succeeded", "phaseTransitionTimestamp": "2026-07-01T12:00:00Z"}));
    let ending = look(Power::Off, &objects);
    let at: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    assert_eq!(held(&ending, Meter::Vcpu), Allocated { meter: Meter::Vcpu, amount: 0, since: Some(at) });
    objects.remove(1);
    let gone = look(Power::Off, &objects);
    assert_eq!(held(&gone, Meter::Memory), Allocated { meter: Meter::Memory, amount: 0, since: None });
    assert_eq!(held(&gone, Meter::Storage).amount, 20 * 1024);
}

#[test]
fn access_data_name_the_machine_and_hold_no_secret() {
    let seen = look(Power::On, &running());
    let line = KEY.rsplit_once(' ').unwrap().0;
    let secrets =
        BTreeMap::from([(USER.to_owned(), "verwaltung".to_owned()), (HOST_KEY.to_owned(), line.to_owned())]);
    let access = access(seen.endpoints.first(), &secrets);
    let value = |name: &str| {
        access.fields.iter().find(|field| field.name == name).map(|field| field.value.clone()).unwrap()
    };
    assert_eq!(value("command"), "ssh verwaltung@fachverfahren-0007.nord.example");
    assert_eq!(value("fingerprint"), "SHA256:9933bhDkGdyXdNUgwdp0gQ/cqVR05yrJ6uINxauJYuk");
    assert_eq!(value("known-hosts"), format!("fachverfahren-0007.nord.example {line}"));
    assert!(access.fields.iter().all(|field| !field.secret));
}
