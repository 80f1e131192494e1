use super::*;
use crate::crd::{BookingSpec, Transition};
use contract::kinds::Kind;
use contract::{Exposure, ExposureClass, OrganisationRef};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;
use uuid::Uuid;

const T0: &str = "2026-07-01T10:00:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn site() -> Site {
    Site {
        postgresql_images: BTreeMap::from([(15, "localhost/postgresql:15".to_owned())]),
        domain: Some("nord.example".to_owned()),
        ..Site::default()
    }
}

pub(super) fn desired() -> Desired {
    Desired {
        booking: Uuid::from_u128(7),
        generation: 3,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::Postgresql,
        plan: json!({"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10, "versions": [15]}),
        order: json!({"database": "fach", "version": 15, "storage_gib": 2}),
        organisation: OrganisationRef { id: Uuid::from_u128(1), slug: "musterstadt".to_owned() },
        cost_centre: "4711".to_owned(),
        title: "PostgreSQL".to_owned(),
        wished_start: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
        restore: None,
    }
}

pub(super) fn booking(desired: Desired, status: Option<BookingStatus>) -> Booking {
    let mut booking = Booking::new(&desired.booking.to_string(), BookingSpec { desired, epoch: 1 });
    booking.status = status;
    booking
}

pub(super) fn seen(objects: Vec<Value>, when: &str) -> Observed {
    Observed { objects, at: at(when), floor: None, available: true, policy: None, others: Vec::new() }
}

fn name() -> String {
    Kind::Postgresql.object_name(Uuid::from_u128(7))
}

fn labels() -> Value {
    json!({LABEL_BOOKING: Uuid::from_u128(7).to_string(), "cnpg.io/podRole": "instance"})
}

fn cluster(phase: &str, ready: &str, instances: Value) -> Value {
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"name": name(), "namespace": "n", "uid": "u1", "labels": labels()},
        "status": {"phase": phase, "readyInstances": instances, "currentPrimary": format!("{}-1", name()),
                   "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": "2026-07-01T10:00:40Z"}]}
    })
}

fn pod(ready: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{}-1", name()), "namespace": "n", "labels": labels(),
                     "ownerReferences": [{"kind": "Cluster"}]},
        "spec": {"containers": [{"name": "postgres", "image": "localhost/postgresql:15",
                                 "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}}]},
        "status": {"phase": "Running", "startTime": "2026-07-01T10:00:20Z",
                   "conditions": [{"type": "Ready", "status": ready}],
                   "containerStatuses": [{"name": "postgres", "restartCount": 0,
                                          "state": {"running": {"startedAt": "2026-07-01T10:00:30Z"}}}]}
    })
}

fn volume(capacity: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": format!("{}-1", name()), "namespace": "n", "labels": labels(),
                     "creationTimestamp": "2026-07-01T10:00:10Z", "ownerReferences": [{"kind": "Cluster"}]},
        "status": {"phase": "Bound", "capacity": {"storage": capacity}}
    })
}

fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": format!("{}-access", name()), "namespace": "n", "labels": labels(),
                     "ownerReferences": [{"kind": "Cluster"}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}
    })
}

fn all() -> Vec<Value> {
    vec![cluster("Cluster in healthy state", "True", json!(1)), pod("True"), volume("2Gi"), service()]
}

fn condition(plan: &Plan, kind: ConditionType) -> (ConditionStatus, MessageKey) {
    let found = plan.status.condition(kind).unwrap();
    (found.status, found.message_key)
}

fn running() -> BookingStatus {
    decide(&booking(desired(), None), &seen(all(), "2026-07-01T10:01:00Z"), &site()).status
}

type Change = fn(&mut Desired, &mut Observed);
type Case = (&'static str, Change, &'static str, ConditionStatus, MessageKey);

#[test]
fn what_the_engine_says_counts_only_with_its_effects() {
    check_conditions(vec![
        ("as it is", |_, _| {}, "Ready", ConditionStatus::True, MessageKey::Ready),
        (
            "nothing there",
            |_, s| s.objects.clear(),
            "Provisioning",
            ConditionStatus::False,
            MessageKey::Applying,
        ),
        (
            "healthy but the pod is not ready",
            |_, s| s.objects[1] = pod("False"),
            "Changing",
            ConditionStatus::False,
            MessageKey::Changing,
        ),
        (
            "healthy says the engine while hibernated",
            |d, s| {
                d.power = Power::Off;
                s.objects = vec![cluster("Cluster in healthy state", "True", Value::Null), volume("2Gi")];
                s.objects[0]["status"]["conditions"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"type": "cnpg.io/hibernation", "status": "True", "lastTransitionTime": T0}));
            },
            "Stopped",
            ConditionStatus::False,
            MessageKey::Stopped,
        ),
        (
            "stop asked for, pods still there",
            |d, _| d.power = Power::Off,
            "Stopping",
            ConditionStatus::False,
            MessageKey::Stopping,
        ),
        (
            "growth that does not happen",
            |_, s| s.objects[2] = volume("1Gi"),
            "Ready",
            ConditionStatus::True,
            MessageKey::Growing,
        ),
    ]);
}

#[test]
fn what_holds_a_booking_up_is_named() {
    check_conditions(vec![
        (
            "old resources in the pod",
            |d, _| d.plan["vcpu_milli"] = json!(1000),
            "Changing",
            ConditionStatus::False,
            MessageKey::Changing,
        ),
        (
            "no address",
            |_, s| drop(s.objects.pop()),
            "Provisioning",
            ConditionStatus::False,
            MessageKey::WaitingForAddress,
        ),
        (
            "full volume",
            |_, s| s.objects[0] = cluster("Not enough disk space", "False", Value::Null),
            "Failed",
            ConditionStatus::False,
            MessageKey::VolumeFull,
        ),
        (
            "image",
            |_, s| {
                s.objects = vec![cluster("Setting up primary", "False", Value::Null)];
                s.objects.push(json!({"kind": "Pod", "metadata": {"name": "x"}, "status": {"phase": "Pending",
                    "containerStatuses": [{"name": "initdb", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}}));
            },
            "Failed",
            ConditionStatus::False,
            MessageKey::ImageMissing,
        ),
    ]);
}

fn check_conditions(cases: Vec<Case>) {
    for (name, change, phase, status, key) in cases {
        let (mut desired, mut observed) = (desired(), seen(all(), "2026-07-01T10:01:00Z"));
        change(&mut desired, &mut observed);
        let plan = decide(&booking(desired, None), &observed, &site());
        assert_eq!(condition(&plan, ConditionType::Ready), (status, key), "{name}");
        assert_eq!(plan.status.phase, phase, "{name}");
        assert!(plan.effects.is_some(), "{name}");
        assert!(plan.teardown.is_empty(), "{name}");
        assert_eq!(plan.status.observed_generation, 3, "{name}");
    }
}

#[test]
fn refusals_as_table() {
    let cases: Vec<(&str, Change, MessageKey)> = vec![
        ("order", |d, _| d.order["storage_gib"] = json!(99), MessageKey::OrderInvalid),
        ("unknown field", |d, _| d.order["root"] = json!(true), MessageKey::OrderInvalid),
        ("plan", |d, _| d.plan = json!({}), MessageKey::PlanInvalid),
        ("no image", |d, _| d.order["version"] = json!(16), MessageKey::OrderInvalid),
        ("no engine", |_, s| s.available = false, MessageKey::KindUnavailable),
    ];
    for (name, change, key) in cases {
        let (mut desired, mut observed) = (desired(), seen(all(), "2026-07-01T10:01:00Z"));
        change(&mut desired, &mut observed);
        let plan = decide(&booking(desired, None), &observed, &site());
        assert_eq!(condition(&plan, ConditionType::Accepted), (ConditionStatus::False, key), "{name}");
        assert_eq!(plan.status.phase, "Refused", "{name}");
        assert!(plan.effects.is_none() && plan.teardown.is_empty(), "{name}: nothing is touched");
    }
}

#[test]
fn a_volume_that_cannot_grow_is_not_asked_to() {
    let site = Site { volumes_fixed: true, ..site() };
    let when = "2026-07-01T10:05:00Z";
    let mut larger = desired();
    larger.order["storage_gib"] = json!(3);
    let plan = decide(&booking(larger, Some(running())), &seen(all(), when), &site);
    assert_eq!(condition(&plan, ConditionType::Accepted).1, MessageKey::VolumeCannotGrow);
    assert!(plan.effects.is_none(), "the engine could not take it back");
    let same = decide(&booking(desired(), Some(running())), &seen(all(), when), &site);
    assert!(same.effects.is_some());
}

#[test]
fn a_refused_change_goes_on_being_metered() {
    let mut changed = desired();
    changed.order["storage_gib"] = json!(99);
    let plan = decide(&booking(changed, Some(running())), &seen(all(), "2026-07-01T10:05:00Z"), &site());
    assert_eq!(plan.status.log, running().log);
    assert_eq!(condition(&plan, ConditionType::Metered).0, ConditionStatus::True);
}

#[test]
fn times_come_from_the_cluster() {
    let status = running();
    assert_eq!(status.first_ready, Some(at("2026-07-01T10:00:40Z")), "time of the engine's condition");
    assert_eq!(status.log.len(), 1);
    assert_eq!(status.log[0].from, at("2026-07-01T10:00:30Z"), "start of the container");
    assert_eq!(status.log[0].sizes["vcpu"], 500);
    assert_eq!(status.log[0].sizes["storage"], 2048);
    assert_eq!(status.endpoints[0].host, format!("{}.nord.example", name()));
}

#[test]
fn waiting_for_an_address_is_not_billed_as_ready() {
    let mut without = all();
    without.pop();
    let waiting = decide(&booking(desired(), None), &seen(without, "2026-07-01T10:02:00Z"), &site()).status;
    assert_eq!(waiting.first_ready, None);
    let plan = decide(&booking(desired(), Some(waiting)), &seen(all(), "2026-07-01T10:03:00Z"), &site());
    assert_eq!(plan.status.first_ready, Some(at("2026-07-01T10:03:00Z")));
}

#[test]
fn a_second_look_at_the_same_writes_nothing() {
    let status = running();
    let plan =
        decide(&booking(desired(), Some(status.clone())), &seen(all(), "2026-07-01T18:01:00Z"), &site());
    assert_eq!(plan.status, status);
}

#[test]
fn a_lost_pod_is_a_transition_and_data_stay() {
    let objects = vec![cluster("Cluster in healthy state", "True", json!(1)), volume("2Gi"), service()];
    let plan = decide(&booking(desired(), Some(running())), &seen(objects, "2026-07-01T11:00:00Z"), &site());
    let last = plan.status.log.last().unwrap();
    assert_eq!((last.seq, last.sizes["vcpu"], last.sizes["storage"]), (1, 0, 2048));
    assert_eq!(last.from, at("2026-07-01T11:00:00Z"));
    assert_eq!(condition(&plan, ConditionType::Ready).0, ConditionStatus::False);
    assert!(!plan.status.endpoints.is_empty(), "the way in stays known");
}

#[test]
fn a_volume_that_is_gone_ends_when_it_is_missed() {
    let second = |mut volume: Value| {
        volume["metadata"]["name"] = json!(format!("{}-2", name()));
        volume
    };
    let objects = [all(), vec![second(volume("3Gi"))]].concat();
    let before = decide(&booking(desired(), None), &seen(objects, "2026-07-01T10:01:00Z"), &site()).status;
    let after = decide(&booking(desired(), Some(before)), &seen(all(), "2026-07-01T11:00:00Z"), &site());
    let last = after.status.log.last().unwrap();
    // The one that is left was made at 10:00:10; since then there were both.
    assert_eq!((last.sizes["storage"], last.from), (2048, at("2026-07-01T11:00:00Z")));
}

#[test]
fn nothing_starts_before_the_promised_watermark() {
    let mut objects = seen(all(), "2026-07-01T11:00:00Z");
    objects.floor = Some(at("2026-07-01T10:59:00Z"));
    let plan = decide(&booking(desired(), None), &objects, &site());
    assert_eq!(plan.status.log[0].from, at("2026-07-01T10:59:00Z"));
}

fn absent() -> Desired {
    Desired { wanted: Wanted::Absent, generation: 4, ..desired() }
}

#[test]
fn teardown_deletes_only_what_has_no_owner() {
    let plan = decide(&booking(absent(), Some(running())), &seen(all(), "2026-07-01T11:00:00Z"), &site());
    let kinds: Vec<&str> = plan.teardown.iter().map(|object| object.kind.as_str()).collect();
    assert_eq!(kinds, ["Cluster"]);
    assert_eq!(plan.teardown[0].uid.as_deref(), Some("u1"));
    assert_eq!(plan.status.phase, "Deleting");
    assert_eq!(plan.status.gone, None);
    assert!(plan.status.endpoints.is_empty());
}

/// The issuer of a certificate leaves its Secret behind, and nobody can list Secrets.
#[test]
fn what_was_drawn_and_issued_for_an_application_goes_with_it() {
    let plan = json!({"image": "registry.example/a:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 64, "health_path": "/",
        "secrets": [{"name": "session", "title": "Sitzung", "variable": "SESSION"}]});
    let order = json!({"label": "a", "admin_email": "a@b.example"});
    let application = Desired { kind: Kind::Application, plan, order, ..absent() };
    let main = application.kind.object_name(application.booking);
    let claim = |name: &str| {
        let metadata = json!({"name": name, "namespace": "n", "uid": name, "labels": labels()});
        json!({"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": metadata})
    };
    let objects = vec![claim("eins"), claim("zwei")];
    let plan = decide(&booking(application, None), &seen(objects, "2026-07-01T11:00:00Z"), &site());
    let gone: Vec<&str> = plan.teardown.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(gone, ["eins", "zwei", &format!("{main}-secret-session"), &format!("{main}-tls")]);
}

/// The private host key of a machine goes with it, also where the location has no image of its system any more.
#[test]
fn what_was_drawn_is_deleted_without_the_image() {
    let plan = json!({"vcpu_milli": 1000, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10,
        "systems": [{"code": "debian-12", "title": "Debian 12"}]});
    let order = json!({"hostname": "fach", "system": "debian-12", "storage_gib": 2, "ssh_keys": [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9"]});
    let machine = Desired { kind: Kind::VirtualMachine, plan, order, ..absent() };
    let name = machine.kind.object_name(machine.booking);
    let object = |kind: &str, api_version: &str, owners: Value| {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {
            "name": name, "namespace": "n", "uid": kind, "labels": labels(), "ownerReferences": owners}})
    };
    let objects = vec![
        object("VirtualMachine", "kubevirt.io/v1", json!([])),
        object("VirtualMachineInstance", "kubevirt.io/v1", json!([{"kind": "VirtualMachine"}])),
        object("PersistentVolumeClaim", "v1", json!([])),
    ];
    let plan = decide(&booking(machine, None), &seen(objects, "2026-07-01T11:00:00Z"), &site());
    let gone: Vec<&str> = plan.teardown.iter().map(|object| object.kind.as_str()).collect();
    assert_eq!(gone, ["VirtualMachine", "PersistentVolumeClaim", "Secret"]);
    assert_eq!(plan.teardown[2].name, format!("{name}-start"));
}

#[test]
fn a_volume_that_is_left_is_not_gone() {
    let volume =
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv1"}, "status": {}});
    let plan =
        decide(&booking(absent(), Some(running())), &seen(vec![volume], "2026-07-01T11:00:00Z"), &site());
    assert_eq!(plan.status.gone, None);
    assert!(plan.status.message.contains("PersistentVolume pv1"), "{}", plan.status.message);
}

#[test]
fn the_end_is_logged_once_and_released_after_acknowledgement() {
    let empty = |when| seen(Vec::new(), when);
    let plan = decide(&booking(absent(), Some(running())), &empty("2026-07-01T11:00:00Z"), &site());
    assert_eq!(plan.status.gone, Some(at("2026-07-01T11:00:00Z")));
    assert!(plan.status.log.last().unwrap().last);
    assert_eq!(plan.finalizer, Finalizer::Keep, "nobody deleted the object");
    let mut deleted = booking(absent(), Some(plan.status.clone()));
    deleted.metadata.deletion_timestamp = Some(Time(at(T0)));
    let open = decide(&deleted, &empty("2026-07-01T11:05:00Z"), &site());
    assert_eq!(open.finalizer, Finalizer::Keep, "the last interval is not acknowledged");
    assert_eq!(open.status, plan.status);
    let mut status = plan.status;
    status.acknowledged_to = status.gone;
    deleted.status = Some(status);
    assert_eq!(decide(&deleted, &empty("2026-07-01T11:06:00Z"), &site()).finalizer, Finalizer::Release);
}

#[test]
fn an_object_deleted_by_hand_keeps_working_and_is_written_anew() {
    let mut status = running();
    status.log.push(Transition {
        seq: 1,
        from: at("2026-07-01T10:30:00Z"),
        cause: "changing".to_owned(),
        last: false,
        ..status.log[0].clone()
    });
    status.log[0].sizes.insert("vcpu".to_owned(), 250);
    let mut deleted = booking(desired(), Some(status.clone()));
    deleted.metadata.deletion_timestamp = Some(Time(at(T0)));
    let plan = decide(&deleted, &seen(all(), "2026-07-01T11:00:00Z"), &site());
    assert_eq!(plan.finalizer, Finalizer::Keep, "the interval before the transition is not acknowledged");
    assert!(plan.effects.is_some() && plan.teardown.is_empty(), "it keeps working");
    status.acknowledged_to = Some(at("2026-07-01T10:30:00Z"));
    deleted.status = Some(status.clone());
    let plan = decide(&deleted, &seen(all(), "2026-07-01T11:00:00Z"), &site());
    assert_eq!(plan.finalizer, Finalizer::Rewrite);
    assert!(plan.teardown.is_empty(), "data are not touched");
    assert_eq!(plan.status.log, status.log);
}

#[test]
fn what_could_not_be_applied_is_said() {
    let before = BookingStatus::default();
    let refused = Applied::Refused {
        object: "Cluster pg".to_owned(),
        detail: "can't shrink existing storage".to_owned(),
    };
    let cases = [
        (Applied::Done, ConditionStatus::True, MessageKey::Applied, "Ready"),
        (refused, ConditionStatus::False, MessageKey::ApplyRefused, "Blocked"),
        (Applied::EngineDown, ConditionStatus::False, MessageKey::EngineDown, "Blocked"),
        (
            Applied::Failed { detail: String::new() },
            ConditionStatus::Unknown,
            MessageKey::ApplyFailed,
            "Ready",
        ),
    ];
    for (applied, status, key, phase) in cases {
        let plan = decide(&booking(desired(), None), &seen(all(), "2026-07-01T10:01:00Z"), &site());
        let plan = with_apply(plan, &before, at(T0), &applied);
        assert_eq!(condition(&plan, ConditionType::Applied), (status, key));
        assert_eq!(plan.status.phase, phase);
    }
}

#[test]
fn a_cluster_that_takes_nothing_for_long_is_the_providers() {
    let failed = Applied::Failed { detail: "connection refused".to_owned() };
    let mut before = BookingStatus::default();
    for (when, key) in [
        ("2026-07-01T10:00:00Z", MessageKey::ApplyFailed),
        ("2026-07-01T10:15:00Z", MessageKey::ApplyFailed),
        ("2026-07-01T10:15:01Z", MessageKey::ApplyStuck),
        ("2026-07-01T10:20:00Z", MessageKey::ApplyStuck),
    ] {
        let plan = decide(&booking(desired(), Some(before.clone())), &seen(all(), when), &site());
        let plan = with_apply(plan, &before, at(when), &failed);
        assert_eq!(condition(&plan, ConditionType::Applied), (ConditionStatus::Unknown, key), "{when}");
        before = plan.status;
    }
    assert!(before.condition(ConditionType::Applied).unwrap().message_args["detail"].contains("refused"));
}

/// The status after a pass that wrote everything.
fn written(
    desired: &Desired,
    before: Option<BookingStatus>,
    objects: Vec<Value>,
    when: &str,
) -> BookingStatus {
    let plan = decide(&booking(desired.clone(), before.clone()), &seen(objects, when), &site());
    with_apply(plan, &before.unwrap_or_default(), at(when), &Applied::Done).status
}

#[test]
fn a_change_is_in_effect_once_what_was_written_is_what_is_seen() {
    let first = written(&desired(), None, Vec::new(), T0);
    let first = written(&desired(), Some(first), all(), "2026-07-01T10:01:00Z");
    let since = |second: &str| at(&format!("2026-07-01T{second}Z"));
    assert_eq!(
        first.in_effect,
        Some(InEffect { generation: 3, since: since("10:00:40") }),
        "time of the cluster"
    );

    let mut larger = desired();
    larger.generation = 4;
    larger.order["storage_gib"] = json!(5);
    let asked = written(&larger, Some(first.clone()), all(), "2026-07-01T11:00:00Z");
    assert_eq!(asked.in_effect, first.in_effect, "what was seen is older than what was written");
    let growing = written(&larger, Some(asked), all(), "2026-07-01T11:00:10Z");
    assert_eq!(growing.in_effect, first.in_effect, "the volume has the old size");
    let mut grown = all();
    grown[2] = volume("5Gi");
    let done = written(&larger, Some(growing), grown.clone(), "2026-07-01T11:00:20Z");
    assert_eq!(done.in_effect, Some(InEffect { generation: 4, since: since("11:00:20") }));
    let later = written(&larger, Some(done.clone()), grown, "2026-07-01T12:00:00Z");
    assert_eq!(later.in_effect, done.in_effect, "once known it stays");

    let policy = ProviderPolicySpec { kinds: Some(Vec::new()), ..ProviderPolicySpec::default() };
    let refusing = Observed { policy: Some(policy), ..seen(all(), "2026-07-01T11:00:10Z") };
    larger.plan["vcpu_milli"] = json!(1000);
    let refused = decide(&booking(larger.clone(), Some(first.clone())), &refusing, &site());
    assert_eq!(condition(&refused, ConditionType::Accepted).0, ConditionStatus::False);
    assert_eq!(condition(&refused, ConditionType::Ready).0, ConditionStatus::True, "it runs as before");
    assert_eq!(refused.status.in_effect, first.in_effect);
    let mut down = all();
    down[1] = pod("False");
    let failing = Observed { objects: down, ..refusing };
    let failing = decide(&booking(larger, Some(first)), &failing, &site());
    assert_eq!(condition(&failing, ConditionType::Ready).0, ConditionStatus::False, "and it still can fail");
}

#[test]
fn a_stop_is_in_effect_although_nothing_is_restored_meanwhile() {
    let mut asleep = cluster("Cluster in healthy state", "True", Value::Null);
    asleep["status"]["conditions"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "cnpg.io/hibernation", "status": "True", "lastTransitionTime": T0}));
    let mut wish = Desired { power: Power::Off, ..desired() };
    let plain = wish.plan.clone();
    let reached = |wish: &Desired| {
        let objects = vec![asleep.clone(), volume("2Gi"), service()];
        // As after a pass that wrote everything: whether it could is another question.
        let mut before = written(
            &Desired { restore: None, plan: plain.clone(), ..wish.clone() },
            None,
            objects.clone(),
            T0,
        );
        before.in_effect = None;
        let mut site = site();
        site.backup_store = Some(contract::kinds::postgresql::backups::BackupStore {
            destination: "s3://b/db".to_owned(),
            endpoint: None,
            networks: Vec::new(),
            port: 443,
        });
        let seen = seen(objects, "2026-07-01T11:00:00Z");
        let status = decide(&booking(wish.clone(), Some(before)), &seen, &site).status;
        assert_eq!(status.phase, "Stopped");
        status.in_effect.is_some()
    };
    wish.plan["backup_days"] = json!(7);
    assert!(reached(&wish));
    let restore = contract::Restore { number: 1, from: 0, at: at(T0), keep_before: true };
    wish.restore = Some(restore);
    assert!(reached(&wish), "a restore that cannot begin holds back no stop");
}

/// Looks again and again; the key of the readiness at each time.
fn followed(
    desired: &Desired,
    first: BookingStatus,
    objects: &[Value],
    times: &[(&str, MessageKey)],
) -> BookingStatus {
    let mut before = first;
    for (when, expected) in times {
        before = written(desired, Some(before), objects.to_vec(), when);
        let ready = before.condition(ConditionType::Ready).unwrap();
        assert_eq!(ready.message_key, *expected, "{when}: {:?}", ready.message_args);
    }
    before
}

/// Everything that was wanted is there since ten o'clock.
fn settled() -> BookingStatus {
    let first = written(&desired(), None, Vec::new(), T0);
    let first = written(&desired(), Some(first), all(), "2026-07-01T10:01:00Z");
    assert_eq!(first.pending, None);
    first
}

fn later(change: fn(&mut Desired)) -> Desired {
    let mut desired = Desired { generation: 4, ..desired() };
    change(&mut desired);
    desired
}

#[test]
fn what_does_not_come_to_an_end_becomes_the_providers_after_its_time() {
    use MessageKey as Says;
    let mut broken = all();
    broken[1] = pod("False");
    let down = [
        ("2026-07-01T11:00:00Z", Says::Changing),
        ("2026-07-01T11:15:00Z", Says::Changing),
        ("2026-07-01T11:15:01Z", Says::NotServing),
    ];
    let down = followed(&desired(), settled(), &broken, &down);
    assert_eq!(down.condition(ConditionType::Ready).unwrap().since, at("2026-07-01T11:00:00Z"));
    followed(&desired(), down, &all(), &[("2026-07-01T11:16:00Z", Says::Ready)]);

    let stop = [
        ("2026-07-01T11:00:00Z", Says::Stopping),
        ("2026-07-01T11:45:00Z", Says::Stopping),
        ("2026-07-01T11:45:01Z", Says::StopTooLong),
    ];
    followed(&later(|it| it.power = Power::Off), settled(), &all(), &stop);

    let grow = [
        ("2026-07-01T11:00:00Z", Says::Growing),
        ("2026-07-01T12:00:00Z", Says::Growing),
        ("2026-07-01T12:00:01Z", Says::ChangeTooLong),
    ];
    let grown = followed(&later(|it| it.order["storage_gib"] = json!(3)), settled(), &all(), &grow);
    let ready = grown.condition(ConditionType::Ready).unwrap();
    assert_eq!((ready.status, grown.phase.as_str()), (ConditionStatus::True, "Ready"), "it can be used");
    assert!(ready.message_args["detail"].contains("vergrößert"));
    assert_eq!(grown.in_effect.unwrap().generation, 3);
}

#[test]
fn a_restore_takes_its_hours() {
    use MessageKey as Says;
    let back = later(|it| {
        it.restore = Some(contract::Restore { number: 1, from: 0, at: at(T0), keep_before: false });
    });
    let hours = [
        ("2026-07-01T11:00:00Z", Says::Restoring),
        ("2026-07-01T23:00:00Z", Says::Restoring),
        ("2026-07-01T23:00:01Z", Says::ChangeTooLong),
    ];
    followed(&back, settled(), &all(), &hours);
}

#[test]
fn what_was_stopped_for_long_gets_its_time_to_start() {
    use MessageKey as Says;
    let mut asleep = vec![cluster("Cluster in healthy state", "True", Value::Null), volume("2Gi")];
    asleep[0]["status"]["conditions"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "cnpg.io/hibernation", "status": "True", "lastTransitionTime": T0}));
    let off = later(|it| it.power = Power::Off);
    let slept = [("2026-07-01T11:00:00Z", Says::Stopped), ("2026-07-20T11:00:00Z", Says::Stopped)];
    let slept = followed(&off, settled(), &asleep, &slept);
    let on = Desired { generation: 5, power: Power::On, ..off };
    let woken = [
        ("2026-07-20T11:01:00Z", Says::Changing),
        ("2026-07-20T11:16:00Z", Says::Changing),
        ("2026-07-20T11:16:01Z", Says::NotServing),
    ];
    followed(&on, slept, &asleep, &woken);
}

#[test]
fn a_deletion_that_takes_too_long_says_what_is_left() {
    use MessageKey as Says;
    let end = later(|it| it.wanted = Wanted::Absent);
    let mut refused = settled();
    for condition in &mut refused.conditions {
        if condition.r#type == ConditionType::Applied {
            condition.status = ConditionStatus::False;
            condition.message_key = Says::EngineDown;
        }
    }
    let times = [
        ("2026-07-02T11:00:00Z", Says::Deleting),
        ("2026-07-02T11:45:00Z", Says::Deleting),
        ("2026-07-02T11:45:01Z", Says::DeleteTooLong),
    ];
    let stuck = followed(&end, refused, &all(), &times);
    let ready = stuck.condition(ConditionType::Ready).unwrap();
    assert!(ready.message_args["detail"].contains("Cluster "), "{:?}", ready.message_args);
    assert_eq!(stuck.condition(ConditionType::Applied), None, "what was refused before is over");
    let gone = written(&end, Some(stuck), Vec::new(), "2026-07-02T12:00:00Z");
    assert_eq!((gone.gone.is_some(), gone.pending), (true, None));
}
