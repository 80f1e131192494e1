//! Partners of another version: a marketplace that wants and answers what this operator does not know, and a cluster in which a
//! newer operator worked before.

use crate::ends::{BEGINNING, passes};
use crate::world::{Ground, Stage, World, life};
use contract::kinds::Kind;
use controller::cluster::booking_path;
use serde_json::{Value, json};

const NEXT: &str = include_str!("../../../contract/tests/versions/next.json");

/// Bookings of the next version that this one cannot provision.
fn strange() -> Vec<Value> {
    let all: Value = serde_json::from_str(NEXT).unwrap();
    all["GET bookings, answer"]["bookings"].as_array().unwrap()[1..].to_vec()
}

fn status(world: &World<'_>) -> Value {
    let path = booking_path(&world.wish.booking.to_string());
    world.cluster.with(|held| held.objects[&path]["status"].clone())
}

#[tokio::test]
async fn a_newer_marketplace_is_obeyed_as_far_as_it_is_understood() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Postgresql).first, BEGINNING), None, 0);
    world.market.with(|kept| kept.strange = strange());
    world.change(|_| {});
    passes(&mut world).await;
    assert_eq!(status(&world)["phase"], "Ready");
    let bookings =
        world.cluster.with(|held| held.objects.values().filter(|it| it["kind"] == "Booking").count());
    assert_eq!(bookings, 1, "what is not understood is left alone");

    world.market.with(|kept| kept.word = Some(json!({"answer": "held", "until": "2026-07-09T00:00:00Z"})));
    world.wait(3 * 3600);
    passes(&mut world).await;
    assert!(status(&world)["acknowledgedTo"].is_null(), "a word that nobody knows settles nothing");
    world.market.with(|kept| kept.word = None);
    passes(&mut world).await;
    assert!(status(&world)["acknowledgedTo"].is_string());
    world.market.with(|kept| assert_eq!((&kept.wrong, kept.tiles()), (&Vec::new(), Ok(()))));
}

#[tokio::test]
async fn what_a_newer_operator_left_is_read() {
    let ground = Ground::new().await;
    let mut world = World::new(&ground, Stage::empty(life(Kind::Application).first, BEGINNING), None, 0);
    world.change(|_| {});
    passes(&mut world).await;
    let log = status(&world)["log"].clone();
    let path = booking_path(&world.wish.booking.to_string());
    world.end_operator();
    world.cluster.with(|held| {
        let mut object = held.objects[&path].clone();
        let conditions = object["status"]["conditions"].as_array_mut().unwrap();
        conditions.push(
            json!({"type": "BackedUp", "status": "True", "reason": "BackedUp", "messageKey": "backed-up",
                               "since": "2026-07-01T20:00:00Z"}),
        );
        conditions[0]["messageKey"] = json!("accepted-by-policy");
        object["status"]["backups"] = json!([]);
        held.store(&path, object);
    });
    world.change(|wish| wish.power = contract::Power::Off);
    passes(&mut world).await;
    assert_eq!(status(&world)["phase"], "Stopped");
    assert_eq!(status(&world)["log"].as_array().unwrap()[0], log[0], "the log goes on");
}
