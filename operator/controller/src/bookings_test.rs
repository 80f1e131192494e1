use super::*;
use crate::crd::BookingSpec;
use contract::{Exposure, ExposureClass, OrganisationRef, Power};
use serde_json::json;

fn booking(number: u128, organisation: u128, version: u64) -> Booking {
    let desired = Desired {
        booking: Uuid::from_u128(number),
        generation: 1,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::Postgresql,
        plan: json!({"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10, "versions": [15]}),
        order: json!({"database": "fach", "version": 15, "storage_gib": 2}),
        organisation: OrganisationRef { id: Uuid::from_u128(organisation), slug: "musterstadt".to_owned() },
        cost_centre: String::new(),
        title: String::new(),
        wished_start: None,
        restore: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
    };
    let mut booking = Booking::new(&desired.booking.to_string(), BookingSpec { desired, epoch: 1 });
    booking.metadata.resource_version = Some(version.to_string());
    booking
}

#[test]
fn a_booking_comes_back_as_it_was_put() {
    let bookings = Bookings::default();
    let one = booking(7, 1, 5);
    assert!(bookings.put(&one));
    let back = bookings.get(Uuid::from_u128(7)).unwrap().booking().unwrap();
    assert_eq!((back.spec, back.metadata), (one.spec, one.metadata));
}

#[test]
fn an_older_copy_changes_nothing() {
    let bookings = Bookings::default();
    let mut newer = booking(7, 1, 10);
    newer.spec.desired.generation = 2;
    assert!(bookings.put(&newer));
    assert!(!bookings.put(&booking(7, 1, 9)), "10 is newer than 9, although not as a text");
    assert!(!bookings.put(&newer), "the same is no news");
    let known = |bookings: &Bookings| bookings.get(Uuid::from_u128(7)).map(|entry| entry.digest);
    assert_eq!(known(&bookings), Some(digest(&newer.spec.desired, 1)));
    bookings.remove_until(Uuid::from_u128(7), 9);
    assert!(known(&bookings).is_some(), "what was deleted was an earlier object of that name");
    bookings.remove_until(Uuid::from_u128(7), 10);
    assert!(known(&bookings).is_none());
}

#[test]
fn what_cannot_be_read_hides_something_until_it_can() {
    let bookings = Bookings::default();
    let (id, theirs) = (Uuid::from_u128(7), Uuid::from_u128(1));
    let hides = |bookings: &Bookings| [theirs, Uuid::from_u128(2)].map(|of| bookings.hides(of));
    assert!(bookings.put(&booking(7, 1, 5)));
    bookings.put_unreadable(id, Some(theirs), 10);
    assert_eq!(hides(&bookings), [true, false]);
    assert!(bookings.get(id).is_some(), "what was known of it stays");
    bookings.put(&booking(7, 1, 9));
    assert_eq!(bookings.unreadable(), [id], "an older copy could be read");
    bookings.put(&booking(7, 1, 11));
    assert_eq!(hides(&bookings), [false, false]);
    bookings.put_unreadable(id, None, 12);
    assert_eq!(hides(&bookings), [true, true], "nobody knows whose it is");
    bookings.retain(&HashSet::new());
    assert!(bookings.unreadable().is_empty() && bookings.is_empty());
}

#[test]
fn organisations_know_their_own() {
    let bookings = Bookings::default();
    for (number, organisation) in [(1, 1), (2, 1), (3, 2)] {
        bookings.put(&booking(number, organisation, 1));
    }
    let of = |organisation: u128| bookings.of_organisation(Uuid::from_u128(organisation)).len();
    assert_eq!((of(1), of(2), bookings.len()), (2, 1, 3));
    bookings.retain(&HashSet::from([Uuid::from_u128(1), Uuid::from_u128(3)]));
    assert_eq!((of(1), of(2), bookings.len()), (1, 1, 2));
}

#[test]
fn quota_is_the_sum_of_the_namespace() {
    let mine = booking(7, 1, 1);
    let mut ended = booking(9, 1, 1);
    ended.status = Some(BookingStatus { gone: Some(Timestamp::UNIX_EPOCH), ..BookingStatus::default() });
    let mut refused = booking(11, 1, 1);
    refused.spec.desired.order["storage_gib"] = json!(i64::MIN);
    let others = [booking(8, 1, 1), booking(10, 2, 1), ended, refused, mine.clone()];
    let others: Vec<Entry> =
        others.iter().map(|other| Entry::of(other, &Packer::default()).unwrap()).collect();
    let (sizes, count) = namespace_totals(&mine.spec.desired, others.iter());
    assert_eq!((sizes[&Meter::Vcpu], sizes[&Meter::Storage], count), (1000, 4096, 3));
}
