use super::super::state::Offer;
use super::*;
use serde_json::json;

pub(in super::super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

pub(in super::super) fn attributes(plan: &str, tenant: &str) -> Attributes {
    Attributes {
        service_id: "aufenthalt".to_owned(),
        plan_id: plan.to_owned(),
        parameters: json!({"tenant": tenant}),
    }
}

pub(in super::super) fn wish() -> Wish {
    Wish {
        present: true,
        broker: "efa".to_owned(),
        attributes: attributes("klein", "Mittelfeld"),
        credentials: true,
    }
}

pub(in super::super) fn offered() -> Service {
    let offer = Offer {
        service_id: "aufenthalt".to_owned(),
        plan_id: "klein".to_owned(),
        bindable: true,
        updateable: true,
        rotatable: false,
        longest_seconds: Some(600),
        maintenance_version: None,
    };
    Service { broker: "efa".to_owned(), offer: Some(offer), ..Service::default() }
}

pub(in super::super) fn made() -> Service {
    Service {
        instance: Standing::Present,
        attributes: Some(wish().attributes),
        since: Some(at(0)),
        ..offered()
    }
}

pub(in super::super) fn bound() -> Service {
    Service { binding: Standing::Present, secret: true, ..made() }
}

fn ill(ill: Ill, again: Option<i64>, service: Service) -> Service {
    let trouble =
        Trouble { ill, detail: "weil".to_owned(), again: again.map(at), about: Some(wish().attributes) };
    Service { trouble: Some(trouble), ..service }
}

/// A step in a word, with the change that it begins.
fn told(step: Step) -> String {
    match step {
        Step::Rest => "rest".to_owned(),
        Step::Wait(until) => format!("wait {}", until.duration_since(at(0)).as_secs()),
        Step::Note(noted) => match (&noted.operation, &noted.trouble) {
            (Some(operation), _) => format!("begin {:?}", operation.action),
            (None, Some(trouble)) => format!("note {:?}", trouble.ill),
            (None, None) => "clear".to_owned(),
        },
        Step::Call(call) => format!("call {call:?}"),
        Step::Forget => "forget".to_owned(),
    }
}

fn step(wish: &Wish, service: &Service, word: Option<Word>) -> String {
    told(next(wish, service, word, at(100)))
}

#[test]
fn the_way_to_a_service_and_back() {
    let absent = Wish { present: false, ..wish() };
    let plain = Wish { credentials: false, ..wish() };
    let unbound = Service { secret: true, ..offered() };
    let unclear = Service { binding: Standing::Unclear, ..made() };
    let asked = Service { instance: Standing::Unclear, ..made() };
    let cases = [
        ("the catalogue first", wish(), Service::default(), "call Catalogue"),
        ("then the instance", wish(), offered(), "begin Provision"),
        (
            "another broker has another catalogue",
            Wish { broker: "b".to_owned(), ..wish() },
            offered(),
            "call Catalogue",
        ),
        ("then the credentials", wish(), made(), "begin Bind"),
        ("then nothing", wish(), bound(), "rest"),
        ("no credentials wanted", plain, made(), "rest"),
        ("a binding of which nobody knows", wish(), unclear.clone(), "begin Unbind"),
        ("an instance that was asked for is asked for again", wish(), asked.clone(), "begin Provision"),
        ("nothing was asked for", absent.clone(), offered(), "rest"),
        ("nothing is remembered", absent.clone(), Service::default(), "begin Deprovision"),
        ("credentials are taken back first", absent.clone(), bound(), "begin Unbind"),
        ("also those of which nobody knows", absent.clone(), unclear, "begin Unbind"),
        ("then the instance is ended", absent.clone(), made(), "begin Deprovision"),
        ("also one of which nobody knows", absent.clone(), asked, "begin Deprovision"),
        ("the Secret goes last", absent, unbound, "forget"),
    ];
    for (what, wish, service, expected) in cases {
        assert_eq!(step(&wish, &service, None), expected, "{what}");
    }
}

#[test]
fn changes() {
    let changed = |plan, tenant| Wish { attributes: attributes(plan, tenant), ..wish() };
    let mut fixed = bound();
    if let Some(offer) = &mut fixed.offer {
        offer.updateable = false;
    }
    assert_eq!(step(&changed("klein", "Nordfeld"), &bound(), None), "begin Update");
    assert_eq!(step(&changed("gross", "Mittelfeld"), &bound(), None), "begin Update");
    assert_eq!(step(&changed("gross", "Mittelfeld"), &fixed, None), "note ChangeRefused");
    assert_eq!(
        step(&changed("klein", "Nordfeld"), &fixed, None),
        "begin Update",
        "parameters have no such mark"
    );
    let elsewhere = Wish { broker: "anderer".to_owned(), ..changed("klein", "Nordfeld") };
    assert_eq!(step(&elsewhere, &bound(), None), "note ChangeRefused", "an instance never moves");
    let wanted = changed("gross", "Mittelfeld");
    let mut refused = ill(Ill::ChangeRefused, None, bound());
    if let Some(trouble) = &mut refused.trouble {
        trouble.about = Some(wanted.attributes.clone());
    }
    assert_eq!(step(&wanted, &refused, None), "rest", "not asked twice");
    assert_eq!(step(&changed("klein", "Nordfeld"), &refused, None), "clear", "another wish");
    assert_eq!(step(&wanted, &refused, Some(Word::Retry)), "clear");
}

#[test]
fn credentials_are_renewed_beside_the_former_ones() {
    let absent = Wish { present: false, ..wish() };
    let due = |renew: i64| Service { renew_at: Some(at(renew)), ..bound() };
    assert_eq!(step(&wish(), &due(500), None), "wait 500");
    assert_eq!(step(&wish(), &due(99), None), "begin Bind");
    assert_eq!(step(&wish(), &bound(), Some(Word::Rotate)), "begin Bind");
    let Step::Note(renewing) = next(&wish(), &bound(), Some(Word::Rotate), at(100)) else {
        panic!("not noted")
    };
    assert!(renewing.is_usable(true), "the former ones are good");
    let id = uuid::Uuid::from_u128(7);
    assert_ne!(renewing.binding_id(id), bound().binding_id(id));
    let renewed = Service { operation: None, binding: Standing::Present, ..*renewing };
    let grace = 100 + GRACE_SECONDS;
    assert_eq!(step(&wish(), &renewed, None), format!("wait {grace}"));
    let Step::Note(retiring) = next(&wish(), &renewed, None, at(grace)) else { panic!("not noted") };
    assert_eq!(retiring.operation.unwrap().number, Some(0), "the former, not the new one");
    assert_eq!(step(&wish(), &renewed, Some(Word::Rotate)), "begin Unbind", "said twice: at once");
    let Step::Note(ending) = next(&absent, &renewed, None, at(100)) else { panic!("not noted") };
    assert_eq!(ending.operation.as_ref().unwrap().number, None);
    let left = Service { operation: None, binding: Standing::Absent, ..*ending };
    assert_eq!(step(&absent, &left, None), "begin Unbind", "both are taken back");
    assert!(left.is_left());
}

#[test]
fn troubles_wait_for_time_another_wish_or_a_word() {
    let other = Wish { attributes: attributes("klein", "Nordfeld"), ..wish() };
    let absent = Wish { present: false, ..wish() };
    let cases = [
        (Ill::Refused, Some(300), wish(), None, "wait 300"),
        (Ill::Refused, Some(90), wish(), None, "clear"),
        (Ill::Refused, Some(300), other.clone(), None, "clear"),
        (Ill::Refused, Some(300), wish(), Some(Word::Retry), "clear"),
        (Ill::Refused, Some(300), wish(), Some(Word::Delete), "wait 300"),
        (Ill::Failed, None, wish(), None, "rest"),
        (Ill::Failed, None, wish(), Some(Word::Retry), "clear"),
        (Ill::NotOffered, Some(300), wish(), None, "wait 300"),
        (Ill::Silent, Some(90), wish(), None, "clear"),
        (Ill::Refused, Some(300), absent, None, "rest"),
    ];
    for (trouble, again, wish, word, expected) in cases {
        let service = ill(trouble, again, offered());
        assert_eq!(step(&wish, &service, word), expected, "{trouble:?} {again:?} {word:?}");
    }
}

#[test]
fn an_orphan_is_deleted_only_on_somebodys_word() {
    let orphan = ill(Ill::Orphan, None, Service { instance: Standing::Unclear, ..made() });
    let other = Wish { attributes: attributes("klein", "Nordfeld"), ..wish() };
    assert_eq!(step(&wish(), &orphan, None), "rest");
    assert_eq!(step(&other, &orphan, None), "rest", "another wish decides nothing");
    assert_eq!(step(&wish(), &orphan, Some(Word::Retry)), "begin Provision");
    assert_eq!(step(&wish(), &orphan, Some(Word::Delete)), "begin Deprovision");
    let absent = Wish { present: false, ..wish() };
    assert_eq!(step(&absent, &orphan, None), "begin Deprovision", "the customer's end is a word");
    let Step::Note(retried) = next(&other, &orphan, Some(Word::Retry), at(100)) else { panic!("not noted") };
    let asked = retried.operation.unwrap();
    assert_eq!(asked.attributes, Some(wish().attributes), "the same as before");
    assert!(asked.unclear);
}

#[test]
fn a_change_under_way_goes_on() {
    let absent = Wish { present: false, ..wish() };
    let under_way = |action, change: fn(&mut Operation)| {
        let mut service = noted(&made(), action, at(0));
        if let Some(operation) = &mut service.operation {
            operation.next = at(100);
            operation.deadline = Some(at(600));
            change(operation);
        }
        service
    };
    let sent: fn(&mut Operation) = |_| {};
    let early: fn(&mut Operation) = |operation| operation.next = at(160);
    let accepted: fn(&mut Operation) = |operation| operation.accepted = true;
    let fetch: fn(&mut Operation) = |operation| (operation.accepted, operation.fetch) = (true, true);
    let late: fn(&mut Operation) = |operation| {
        operation.accepted = true;
        operation.deadline = Some(at(99));
    };
    let cases = [
        (Action::Provision, sent, wish(), "call Send"),
        (Action::Provision, early, wish(), "wait 160"),
        (Action::Provision, accepted, wish(), "call Poll"),
        (Action::Bind, fetch, wish(), "call Fetch"),
        (Action::Provision, sent, absent.clone(), "clear"),
        (Action::Bind, early, absent.clone(), "clear"),
        (Action::Provision, accepted, absent.clone(), "call Poll"),
        (Action::Deprovision, sent, absent.clone(), "call Send"),
        (Action::Unbind, accepted, absent, "call Poll"),
        (Action::Provision, late, wish(), "note Orphan"),
        (Action::Update, late, wish(), "note ChangeRefused"),
        (Action::Bind, late, wish(), "begin Unbind"),
        (Action::Deprovision, late, wish(), "begin Deprovision"),
    ];
    for (action, change, wish, expected) in cases {
        assert_eq!(step(&wish, &under_way(action, change), None), expected, "{action:?} {}", wish.present);
    }
}

#[test]
fn what_is_noted_can_not_be_forgotten() {
    let Step::Note(noted) = next(&wish(), &offered(), None, at(0)) else { panic!("not noted") };
    assert_eq!(noted.instance, Standing::Unclear, "before the first request");
    let absent = Wish { present: false, ..wish() };
    let Step::Note(dropped) = next(&absent, &noted, None, at(0)) else { panic!("not noted") };
    assert_eq!(told(next(&absent, &dropped, None, at(0))), "begin Deprovision");
}

#[test]
fn a_word_helps_where_hearing_it_is_a_note() {
    let ills = [Ill::Silent, Ill::NotOffered, Ill::Refused, Ill::Failed, Ill::Orphan, Ill::ChangeRefused];
    for of in ills {
        let service = ill(of, None, if of == Ill::ChangeRefused { bound() } else { offered() });
        for word in [Word::Retry, Word::Delete] {
            let helps = word == Word::Retry || of == Ill::Orphan;
            assert_eq!(word.helps(&wish(), &service), helps, "{of:?} {word:?}");
            if helps {
                let step = next(&wish(), &service, Some(word), at(1));
                assert!(matches!(step, Step::Note(_)), "{of:?} {word:?}: {step:?}");
            }
        }
        assert!(!Word::Retry.helps(&Wish { present: false, ..wish() }, &service), "it ends");
        let busy = noted(&service, Action::Bind, at(0));
        assert!(!Word::Retry.helps(&wish(), &busy), "it goes on by itself");
    }
    assert!(!Word::Retry.helps(&wish(), &bound()), "nothing is wrong");
}
