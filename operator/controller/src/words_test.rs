use super::*;
use contract::kinds::shared_service::Service;
use contract::kinds::shared_service::state::{Ill, Standing, Trouble};
use contract::{Exposure, ExposureClass, Kind, OrganisationRef, Power, Wanted};
use serde_json::json;
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn desired() -> Desired {
    Desired {
        booking: Uuid::from_u128(7),
        generation: 3,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::SharedService,
        plan: json!({"broker": "efa", "service_id": "s", "plan_id": "p"}),
        order: json!({"tenant": "Mittelfeld", "admin_email": "a@mittelfeld.example"}),
        organisation: OrganisationRef { id: Uuid::from_u128(1), slug: "musterstadt".to_owned() },
        cost_centre: "4711".to_owned(),
        title: "Aufenthaltstitel".to_owned(),
        wished_start: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
        restore: None,
    }
}

fn said(id: u128, word: &str) -> PendingWord {
    let booking = desired().booking;
    PendingWord { id: Uuid::from_u128(id), booking, word: word.to_owned(), seconds: 600 }
}

fn orphan() -> BookingStatus {
    let trouble = Trouble { ill: Ill::Orphan, detail: "weil".to_owned(), again: None, about: None };
    let service = Service {
        broker: "efa".to_owned(),
        instance: Standing::Unclear,
        trouble: Some(trouble),
        ..Service::default()
    };
    BookingStatus { service: Some(service), ..BookingStatus::default() }
}

fn noted(order: &PendingWord, status: BookingStatus) -> BookingStatus {
    let Next::Note(noted) = next(order, &desired(), &status, at(0)) else { panic!("not noted") };
    BookingStatus { word: Some(noted), ..status }
}

#[test]
fn a_word_is_heard_once_however_often_it_is_read() {
    let (order, desired) = (said(1, "retry"), desired());
    let mut status = noted(&order, orphan());
    assert_eq!(next(&order, &desired, &status, at(1)), Next::Wait, "killed after it was noted");
    let unwritten = status.clone();
    assert_eq!(service::hear(&mut status, &desired, at(2)), Some(Word::Retry));
    let mut again = unwritten;
    assert_eq!(service::hear(&mut again, &desired, at(2)), Some(Word::Retry), "the pass was not written");
    assert_eq!(again, status, "and is the same again");
    for _ in 0..2 {
        assert_eq!(next(&order, &desired, &status, at(3)), Next::Done, "the answer may get lost");
        assert_eq!(service::hear(&mut status, &desired, at(3)), None);
    }
    let second = said(2, "delete");
    status = noted(&second, status);
    assert_eq!(service::hear(&mut status, &desired, at(4)), Some(Word::Delete), "another word");
    assert_eq!(status.heard, Some(second.id));
}

#[test]
fn what_makes_no_difference_is_not_heard() {
    let desired = desired();
    let database = Desired { kind: Kind::Postgresql, ..desired.clone() };
    let of = |order: &PendingWord, status: &BookingStatus| next(order, &desired, status, at(0));
    let fine = BookingStatus::default();
    assert_eq!(of(&said(1, "retry"), &fine), Next::Impossible("nothing-to-do"));
    assert_eq!(of(&said(1, "rotate"), &orphan()), Next::Impossible("not-possible"));
    assert_eq!(of(&said(1, "burn"), &orphan()), Next::Impossible("not-possible"), "of a newer version");
    assert_eq!(next(&said(1, "retry"), &database, &fine, at(0)), Next::Impossible("not-possible"));
    let late = PendingWord { seconds: 0, ..said(1, "delete") };
    assert_eq!(of(&late, &orphan()), Next::Impossible("too-late"));
    let operation = json!({"action": "deprovision", "started": at(0), "next": at(60)});
    let mut cleaning = orphan();
    cleaning.service.as_mut().unwrap().operation = Some(serde_json::from_value(operation).unwrap());
    assert_eq!(of(&said(1, "retry"), &cleaning), Next::Impossible("under-way"));
    // It went on by itself meanwhile.
    let mut status = BookingStatus { service: None, ..noted(&said(1, "delete"), orphan()) };
    assert_eq!(service::hear(&mut status, &desired, at(1)), None);
    assert_eq!((status.word, status.heard), (None, None));
    assert_eq!(of(&said(1, "delete"), &status), Next::Impossible("nothing-to-do"));
}

#[test]
fn what_nobody_could_hear_in_time_is_not_heard_later() {
    let desired = desired();
    let order = said(1, "delete");
    let mut status = noted(&order, orphan());
    assert_eq!(service::hear(&mut status, &desired, at(600)), None);
    let late = PendingWord { seconds: -1, ..order.clone() };
    assert_eq!(next(&late, &desired, &status, at(601)), Next::Impossible("too-late"));
    let unheard = noted(&order, orphan());
    assert_eq!(next(&order, &desired, &unheard, at(700)), Next::Wait, "a pass may be at it");
    assert_eq!(next(&order, &desired, &unheard, at(1000)), Next::Impossible("too-late"), "no pass came");
}
