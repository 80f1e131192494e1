//! What is wrong with one booking holds up no other: a cluster that refuses its object, an object that cannot be read, and a
//! definition that is older than the operator.

use crate::ends::{BEGINNING, passes};
use crate::world::{Ground, Stage, World, life};
use contract::kinds::Kind;
use contract::kinds::context::LABEL_ORGANISATION;
use contract::{Desired, Held, Restore};
use controller::cluster::booking_path;
use serde_json::{Value, json};
use uuid::Uuid;

fn status(world: &World<'_>, booking: Uuid) -> Value {
    let path = booking_path(&booking.to_string());
    world.cluster.with(|held| held.objects.get(&path).map_or(Value::Null, |object| object["status"].clone()))
}

#[tokio::test]
async fn a_booking_that_the_cluster_refuses_holds_up_no_other() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Postgresql).first, BEGINNING), None, 0);
    let good = world.wish.booking;
    let bad = Desired { booking: Uuid::from_u128(9), generation: 1, ..life(Kind::Application).first };
    // The marketplace lists them in this order, too.
    world.market.want(&bad);
    world.cluster.with(|held| held.refuses = Some(bad.booking.to_string()));
    world.change(|_| {});
    passes(&mut world).await;
    assert_eq!(status(&world, good)["phase"], "Ready");
    assert_eq!(status(&world, bad.booking), Value::Null);

    world.cluster.with(|held| held.refuses = None);
    world.end_operator();
    passes(&mut world).await;
    assert_eq!(status(&world, bad.booking)["phase"], "Ready");

    let before = status(&world, good)["acknowledgedTo"].clone();
    world.cluster.with(|held| held.refuses = Some(format!("{}/status", bad.booking)));
    world.wait(25 * 3600);
    world.change(|wish| wish.power = contract::Power::Off);
    passes(&mut world).await;
    assert_ne!(status(&world, good)["acknowledgedTo"], before);
    let said = world.market.with(|kept| kept.observations[&good].generation);
    assert_eq!(said, world.wish.generation);
    world.cluster.with(|held| held.refuses = None);
    passes(&mut world).await;
    world.market.with(|kept| assert_eq!((&kept.wrong, kept.tiles()), (&Vec::new(), Ok(()))));
}

#[tokio::test]
async fn nothing_is_promised_or_taken_away_beside_a_booking_that_cannot_be_read() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Postgresql).first, BEGINNING), None, 0);
    world.change(|_| {});
    passes(&mut world).await;
    let strange = booking_path("01935d2e-7c1a-7e3b-8f00-00000000000b");
    let quota = |world: &World<'_>| {
        world.cluster.with(|held| {
            let found = held.objects.iter().find(|(_, object)| object["kind"] == "ResourceQuota");
            found.map(|(path, object)| (path.clone(), object.clone())).unwrap()
        })
    };
    let (path, mut larger) = quota(&world);
    larger["spec"]["hard"]["pods"] = json!("600");
    world.cluster.with(|held| {
        held.store(&path, larger);
        let object = json!({
            "apiVersion": "wolkenamt.de/v1alpha1", "kind": "Booking",
            "metadata": {"name": "01935d2e-7c1a-7e3b-8f00-00000000000b",
                         "labels": {LABEL_ORGANISATION: world.wish.organisation.id.to_string()}},
            "spec": {"epoch": 1, "desired": {"kind": "of-the-next-version"}}
        });
        held.store(&strange, object);
    });
    world.market.with(|kept| {
        kept.strange =
            vec![json!({"booking": "01935d2e-7c1a-7e3b-8f00-00000000000b", "kind": "of-the-next-version"})]
    });
    world.end_operator();
    let promised = world.market.with(|kept| kept.watermark);
    let larger = life(Kind::Postgresql).larger;
    world.change(|wish| wish.plan = larger);
    world.wait(3600);
    passes(&mut world).await;
    let hard = quota(&world).1["spec"]["hard"].clone();
    assert_eq!((&hard["pods"], &hard["requests.memory"]), (&json!("600"), &json!("2176Mi")));
    assert_eq!(world.market.with(|kept| kept.watermark), promised);

    world.cluster.with(|held| held.objects.remove(&strange));
    world.market.with(|kept| kept.strange.clear());
    world.change(|wish| wish.plan["vcpu_milli"] = json!(1500));
    passes(&mut world).await;
    assert_eq!(quota(&world).1["spec"]["hard"]["pods"], "6");
    assert!(world.market.with(|kept| kept.watermark) > promised);
}

#[tokio::test]
async fn a_definition_that_is_too_old_keeps_nobody_busy() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Application).first, BEGINNING), None, 0);
    world.cluster.with(|held| held.drops = Some("inEffect"));
    world.change(|_| {});
    passes(&mut world).await;
    assert_eq!(status(&world, world.wish.booking)["phase"], "Ready");
    assert!(!world.hurries());
}

#[tokio::test]
async fn a_restore_that_the_marketplace_forgot_is_still_seen() {
    let ground = Ground::new().await;
    let mut first = life(Kind::Postgresql).first;
    first.plan["backup_days"] = json!(7);
    let mut world = World::new(&ground, Stage::empty(first, BEGINNING), None, 0);
    world.change(|_| {});
    passes(&mut world).await;
    world.change(|wish| {
        let at = BEGINNING.parse().unwrap();
        wish.restore = Some(Restore { number: 1, from: 0, at, keep_before: false });
    });
    passes(&mut world).await;
    assert_eq!(status(&world, world.wish.booking)["serving"], 1);
    let log = status(&world, world.wish.booking)["log"].clone();
    world.change(|wish| wish.restore = None);
    passes(&mut world).await;
    let seen = status(&world, world.wish.booking);
    assert_eq!((&seen["phase"], &seen["serving"], &seen["log"]), (&json!("Ready"), &json!(1), &log));
}

fn used(world: &World<'_>) -> Vec<Held> {
    vec![Held { booking: world.wish.booking, used: true, usage: None }]
}

#[tokio::test]
async fn a_log_that_cannot_be_compared_does_not_get_the_new_epoch() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Postgresql).first, BEGINNING), None, 0);
    world.change(|_| {});
    passes(&mut world).await;
    let path = booking_path(&world.wish.booking.to_string());
    let epoch = |world: &World<'_>| world.cluster.with(|held| held.objects[&path]["spec"]["epoch"].clone());
    let promised = world.market.with(|kept| kept.watermark);
    let held = used(&world);
    world.market.with(|kept| (kept.restored, kept.held) = (1, Some(held)));
    world.cluster.with(|held| held.refuses = Some(format!("{}/status", world.wish.booking)));
    world.end_operator();
    passes(&mut world).await;
    assert_eq!((epoch(&world), world.market.with(|kept| kept.watermark)), (json!(1), promised));

    world.cluster.with(|held| held.refuses = None);
    world.end_operator();
    passes(&mut world).await;
    assert_eq!((epoch(&world), &status(&world, world.wish.booking)["compared"]), (json!(2), &json!(2)));
    assert!(world.market.with(|kept| kept.watermark) > promised);
}

/// As if the operator had ended between the end of the object and its successor, and nothing else of it were in the cluster.
#[tokio::test]
async fn a_booking_whose_status_lies_aside_is_not_lost() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Postgresql).first, BEGINNING), None, 0);
    world.change(|_| {});
    passes(&mut world).await;
    let before = status(&world, world.wish.booking);
    let id = world.wish.booking.to_string();
    let held = used(&world);
    world.market.with(|kept| kept.held = Some(held));
    world.cluster.with(|held| {
        held.objects.retain(|_, object| object["metadata"]["labels"]["wolkenamt.de/booking"] != id.as_str());
        let aside = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("carried-{id}")},
            "data": {"status": before.to_string()}
        });
        held.store(&format!("/api/v1/namespaces/wolkenamt-system/configmaps/carried-{id}"), aside);
    });
    world.end_operator();
    passes(&mut world).await;
    let after = status(&world, world.wish.booking);
    assert_eq!((&after["phase"], &after["log"][0]), (&json!("Ready"), &before["log"][0]));
}

#[tokio::test]
async fn what_somebody_did_by_hand_is_undone_and_told() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Postgresql).first, BEGINNING), None, 0);
    world.change(|_| {});
    passes(&mut world).await;
    let told = |world: &World<'_>| {
        let said = world.market.with(|kept| kept.observations[&world.wish.booking].repairs.clone());
        said.into_iter().map(|repair| (repair.object, repair.what.code())).collect::<Vec<_>>()
    };
    world.change(|wish| wish.cost_centre = "4712".to_owned());
    passes(&mut world).await;
    assert_eq!(told(&world), [], "a new wish is no repair");

    let access = path_of(&world, "Service");
    world.cluster.with(|held| held.objects.remove(&access));
    passes(&mut world).await;
    let name = access.rsplit('/').next().unwrap();
    assert_eq!(told(&world), [(format!("Service {name}"), "deleted")]);

    let cluster = path_of(&world, "Cluster");
    world.cluster.with(|held| {
        let mut edited = held.objects[&cluster].clone();
        edited["spec"]["instances"] = json!(7);
        held.store(&cluster, edited);
    });
    passes(&mut world).await;
    assert_eq!(told(&world).len(), 2);
    assert_eq!(told(&world)[1].1, "changed");
    let instances = world.cluster.with(|held| held.objects[&cluster]["spec"]["instances"].clone());
    assert_eq!(instances, 1);
    // Another process tells nothing twice and nothing new.
    world.end_operator();
    passes(&mut world).await;
    assert_eq!(told(&world).len(), 2);
}

/// Path of the first object of a kind that the operator wrote.
fn path_of(world: &World<'_>, kind: &str) -> String {
    world.cluster.with(|held| {
        let found = held.objects.iter().find(|(_, object)| object["kind"] == kind);
        found.map(|(path, _)| path.clone()).unwrap()
    })
}
