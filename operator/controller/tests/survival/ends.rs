//! The whole life of a booking, with an operator that is ended before and after every single call that changes something: at
//! the API server and at the marketplace. Whoever comes next knows nothing but what is in the cluster. What can be seen at the
//! end of each chapter is the same as where nobody was ended; no second of usage is lost or doubled.
//!
//! The loops are the operator's own, run in a fixed order; cluster, engines and marketplace are played (`cluster`, `engine`,
//! `market`).

use crate::cluster;
use crate::fate::Side;
use crate::world::{Ground, Life, Stage, World, life};
use contract::kinds::Kind;
use contract::{Desired, Power, Restore, Wanted};
use controller::cluster::booking_path;
use serde_json::{Value, json};

/// Shortly before a midnight in Berlin, so that days are cut during the life.
pub(crate) const BEGINNING: &str = "2026-07-01T20:00:00Z";

/// Of so many ends one is followed by ten minutes without any operator.
const LATE: usize = 8;

/// What happens in a life, one after the other. Each chapter begins with an operator that knows nothing.
const CHAPTERS: [&str; 10] = [
    "booked",
    "changed",
    "larger",
    "stopped",
    "the next day",
    "started",
    "deleted by hand",
    "another day",
    "ended",
    "forgotten",
];

/// The same for a database that is restored.
const CHAPTERS_OF_A_RESTORE: [&str; 7] =
    ["booked", "restored", "another day", "let go of", "without its way in", "ended", "forgotten"];

/// Goes through one chapter, from the stage before it.
async fn chapter<'a>(
    ground: &'a Ground,
    stage: Stage,
    name: &str,
    dies: Option<(usize, Side)>,
    pause: i64,
) -> World<'a> {
    let kind = stage.wish.kind;
    let mut world = World::new(ground, stage, dies, pause);
    let Life { larger, changed, .. } = life(kind);
    match name {
        "booked" => world.change(|_| {}),
        "changed" => world.change(|wish| wish.order = changed),
        "larger" => world.change(|wish| wish.plan = larger),
        "stopped" => world.change(|wish| wish.power = Power::Off),
        "the next day" => world.wait(3 * 3600),
        "started" => world.change(|wish| wish.power = Power::On),
        "deleted by hand" => somebody_deletes_the_object(&world),
        "another day" => world.wait(25 * 3600),
        "restored" => world.change(|wish| wish.restore = restore(true)),
        "let go of" => world.change(|wish| wish.restore = restore(false)),
        "without its way in" => somebody_deletes_the_way_in(&world),
        "ended" => world.change(|wish| wish.wanted = Wanted::Absent),
        _ => {}
    }
    passes(&mut world).await;
    world
}

/// A minute in which the operator works.
pub(crate) async fn passes(world: &mut World<'_>) {
    world.wait(40);
    world.settle().await;
    world.wait(20);
    world.settle().await;
}

/// As `kubectl delete booking` does: the object stays while its finalizer holds it.
fn somebody_deletes_the_object(world: &World<'_>) {
    let path = booking_path(&world.wish.booking.to_string());
    world.cluster.with(|held| {
        let mut object = held.objects[&path].clone();
        object["metadata"]["deletionTimestamp"] = json!(cluster::time(held.now));
        held.settle(&path, object);
    });
}

fn restore(keep_before: bool) -> Option<Restore> {
    Some(Restore { number: 1, from: 0, at: BEGINNING.parse().unwrap(), keep_before })
}

fn somebody_deletes_the_way_in(world: &World<'_>) {
    world.cluster.with(|held| {
        held.objects.retain(|path, _| !path.ends_with("-access") || !path.contains("/services/"))
    });
}

/// The restored database serves, and beside it stands the one before as long as that is kept.
fn is_restored(chapter: &str, objects: &[Value], main: &str) {
    let all =
        |kind: &str| -> Vec<&Value> { objects.iter().filter(|object| object["kind"] == kind).collect() };
    let restored = format!("{main}-r1");
    let way_in = all("Service");
    assert_eq!(way_in.len(), 1, "{chapter}");
    assert_eq!(way_in[0]["spec"]["selector"]["cnpg.io/cluster"], restored.as_str(), "{chapter}");
    let present: Vec<&str> =
        all("Cluster").iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
    match chapter {
        "restored" => assert_eq!(present, [main, restored.as_str()]),
        _ => assert_eq!(present, [restored.as_str()], "{chapter}"),
    }
}

/// What a life must have come to, so that the comparison is about something.
fn is_worth_comparing(chapter: &str, world: &World<'_>) {
    let picture = world.picture();
    let objects = picture["objects"].as_array().unwrap();
    let expected = match chapter {
        "booked" | "changed" | "started" | "deleted by hand" | "another day" => Some("Ready"),
        "restored" | "let go of" | "without its way in" => Some("Ready"),
        "stopped" | "the next day" => Some("Stopped"),
        _ => None,
    };
    if let Some(expected) = expected {
        let booking = objects.iter().find(|object| object["kind"] == "Booking").unwrap();
        assert_eq!(booking["status"]["phase"], expected, "{chapter}");
    }
    if matches!(chapter, "restored" | "let go of" | "without its way in") {
        is_restored(chapter, objects, &world.wish.kind.object_name(world.wish.booking));
    }
    if chapter == "forgotten" {
        let left: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
        for kind in ["Booking", "ConfigMap", "Secret", "PersistentVolumeClaim", "Pod", "Service"] {
            assert!(!left.contains(&kind), "{kind} is left: {left:?}");
        }
        assert!(picture["said"][0]["gone"].is_string(), "the end was reported");
        let intervals = world.market.with(|kept| kept.usage.len());
        // A restore changes no size.
        let least = if world.wish.restore.is_some() { 8 } else { 21 };
        assert!(intervals >= least, "{intervals} intervals");
    }
    nothing_is_lost_or_doubled(world, chapter);
}

fn nothing_is_lost_or_doubled(world: &World<'_>, name: &str) {
    world.market.with(|kept| assert_eq!((&kept.wrong, kept.tiles()), (&Vec::new(), Ok(())), "{name}"));
}

/// Every call of every chapter, both sides. Where the state after a chapter is the same, so is everything that comes later.
async fn survives(first: Desired, chapters: &[&str]) {
    let ground = Ground::new().await;
    let kind = first.kind;
    let mut stage = Stage::empty(first, BEGINNING);
    let (mut calls, mut lives) = (0, 0);
    for &name in chapters {
        let whole = chapter(&ground, stage.clone(), name, None, 0).await;
        is_worth_comparing(name, &whole);
        let (expected, next, made) = (whole.picture(), whole.stage(), whole.fate.calls());
        for (index, call) in made.iter().enumerate() {
            for side in [Side::Before, Side::After] {
                let what = format!("{}, {name}: ended {side:?} call {index}, {call}", kind.code());
                let world = chapter(&ground, stage.clone(), name, Some((index, side)), 0).await;
                assert_eq!(world.fate.deaths(), 1, "{what}");
                same(&expected, &world.picture(), &what);
                nothing_is_lost_or_doubled(&world, &what);
                lives += 1;
                if (index + lives) % LATE == 0 {
                    // Times differ then, but still nothing is lost or doubled.
                    let late = chapter(&ground, stage.clone(), name, Some((index, side)), 600).await;
                    nothing_is_lost_or_doubled(&late, &format!("{what}, and stayed away"));
                    lives += 1;
                }
            }
        }
        calls += made.len();
        stage = next;
    }
    println!("{}: {calls} calls, {lives} times ended", kind.code());
}

/// Says where two pictures differ first.
fn same(expected: &Value, found: &Value, name: &str) {
    fn differ(expected: &Value, found: &Value, path: &str) -> Option<String> {
        match (expected, found) {
            (Value::Object(one), Value::Object(other)) => {
                let names = one.keys().chain(other.keys());
                names.into_iter().find_map(|name| {
                    let of =
                        |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                    differ(&of(one), &of(other), &format!("{path}/{name}"))
                })
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
                .iter()
                .zip(other)
                .enumerate()
                .find_map(|(at, (one, other))| differ(one, other, &format!("{path}/{at}"))),
            _ if expected == found => None,
            _ => Some(format!("{path}: expected {expected}, found {found}")),
        }
    }
    if let Some(difference) = differ(expected, found, "") {
        panic!("{name}: {difference}");
    }
}

#[tokio::test]
async fn a_database_survives_every_end_of_its_operator() {
    survives(life(Kind::Postgresql).first, &CHAPTERS).await;
}

#[tokio::test]
async fn a_restored_database_survives_every_end_of_its_operator() {
    let mut first = life(Kind::Postgresql).first;
    first.plan["backup_days"] = json!(7);
    survives(first, &CHAPTERS_OF_A_RESTORE).await;
}

#[tokio::test]
async fn an_application_survives_every_end_of_its_operator() {
    survives(life(Kind::Application).first, &CHAPTERS).await;
}

#[tokio::test]
async fn a_machine_survives_every_end_of_its_operator() {
    survives(life(Kind::VirtualMachine).first, &CHAPTERS).await;
}

/// Everything is as it was left, so there is nothing to do; and whatever is not is found.
#[tokio::test]
async fn a_restart_writes_nothing_and_misses_nothing() {
    let ground = Ground::new().await;
    for kind in [Kind::Postgresql, Kind::Application, Kind::VirtualMachine] {
        let stage = Stage::empty(life(kind).first, BEGINNING);
        let mut world = chapter(&ground, stage, "booked", None, 0).await;
        let before = world.fate.calls().len();
        assert!(!world.restarts().await, "{}: something is left to be looked at", kind.code());
        assert_eq!(world.fate.calls().len(), before, "{}: {:?}", kind.code(), world.fate.calls());
        let main = kind.object_name(world.wish.booking);
        for change in ["labels", "annotations"] {
            world.cluster.with(|held| {
                let found = held.objects.iter().find(|(path, object)| {
                    object["metadata"]["name"] == main.as_str() && !path.contains("/virtualmachineinstances/")
                });
                let (path, mut object) = found.map(|(path, object)| (path.clone(), object.clone())).unwrap();
                object["metadata"][change] = json!({"wolkenamt.de/kind": kind.code()});
                held.store(&path, object);
            });
            assert!(world.restarts().await, "{}: changed {change} are not seen", kind.code());
            passes(&mut world).await;
            assert!(!world.restarts().await, "{}: {change} were not repaired", kind.code());
        }
    }
}
