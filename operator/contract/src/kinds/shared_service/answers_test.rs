use super::super::next::tests::{at, attributes, bound, made, offered, wish};
use super::super::next::{Step, Word, next};
use super::*;
use serde_json::json;

fn http(status: u16, body: Value) -> Answer {
    Answer::Http { status, body: body.as_object().cloned(), retry_after: None }
}

fn lost() -> Answer {
    Answer::Lost("keine Antwort".to_owned())
}

/// The service with its next change noted.
fn begun(wish: &Wish, service: &Service) -> Service {
    match next(wish, service, None, at(0)) {
        Step::Note(noted) => *noted,
        other => panic!("nothing is begun: {other:?}"),
    }
}

fn provisioning() -> Service {
    begun(&wish(), &offered())
}

fn binding() -> Service {
    begun(&wish(), &made())
}

fn absent() -> Wish {
    Wish { present: false, ..wish() }
}

fn told(service: &Service) -> String {
    let operation = service.operation.as_ref().map(|operation| {
        let stage = match (operation.accepted, operation.fetch) {
            (_, true) => "fetch",
            (true, _) => "poll",
            (false, _) => "send",
        };
        let doubt = if operation.unclear { "?" } else { "" };
        format!("{stage} {:?}{doubt} +{}", operation.action, operation.next.duration_since(at(0)).as_secs())
    });
    let trouble = service.trouble.as_ref().map(|trouble| format!("{:?}", trouble.ill));
    let state = format!("{:?}/{:?}", service.instance, service.binding);
    [Some(state), operation, trouble].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn taken(wish: &Wish, service: &Service, call: Call, answer: &Answer) -> Outcome {
    take(wish, service, call, answer, 3600, at(0))
}

#[test]
fn answers_to_a_provision() {
    let error = |name: &str| json!({"error": name, "description": "so"});
    let cases = [
        (http(201, json!({})), "Present/Absent"),
        (http(200, json!({"dashboard_url": "https://x"})), "Present/Absent"),
        (http(202, json!({"operation": "o"})), "Unclear/Absent, poll Provision +2"),
        (http(200, json!(null)), "Unclear/Absent, send Provision +2"),
        (http(201, json!(null)), "Unclear/Absent, send Provision? +2"),
        (http(202, json!(null)), "Unclear/Absent, send Provision? +2"),
        (http(206, json!({})), "Unclear/Absent, send Provision? +2"),
        (http(500, json!({})), "Unclear/Absent, send Provision? +2"),
        (lost(), "Unclear/Absent, send Provision? +2"),
        (Answer::NotSent("keine Verbindung".to_owned()), "Unclear/Absent, send Provision +2"),
        (http(400, error("Bad")), "Absent/Absent, Refused"),
        (http(401, json!({})), "Absent/Absent, Refused"),
        (http(412, json!({})), "Absent/Absent, Refused"),
        (http(302, json!({})), "Absent/Absent, Refused"),
        (http(408, json!({})), "Unclear/Absent, send Provision +2"),
        (http(409, json!({})), "Unclear/Absent, Orphan"),
        (http(422, error("AsyncRequired")), "Absent/Absent, Refused"),
        (http(422, error("ConcurrencyError")), "Unclear/Absent, send Provision +2"),
        (http(422, error("MaintenanceInfoConflict")), "Absent/Absent, Refused"),
        (http(410, json!({})), "Absent/Absent, Refused"),
    ];
    for (answer, expected) in cases {
        let outcome = taken(&wish(), &provisioning(), Call::Send, &answer);
        assert_eq!(told(&outcome.service), expected, "{answer:?}");
        assert_eq!(outcome.credentials, None);
    }
    let outdated = taken(&wish(), &provisioning(), Call::Send, &http(422, error("MaintenanceInfoConflict")));
    assert_eq!(outdated.service.offer, None, "the catalogue is read anew");
}

#[test]
fn a_lost_answer_is_asked_for_again_and_then_people_are() {
    let mut service = provisioning();
    for _ in 1..ASKED {
        service = taken(&wish(), &service, Call::Send, &lost()).service;
        assert!(service.operation.as_ref().unwrap().unclear);
    }
    let found = taken(&wish(), &service, Call::Send, &http(200, json!({}))).service;
    assert_eq!(told(&found), "Present/Absent", "it was there");
    let refused = taken(&wish(), &service, Call::Send, &http(400, json!({}))).service;
    assert_eq!(told(&refused), "Unclear/Absent, Orphan", "a refusal of the second says nothing of the first");
    let orphan = taken(&wish(), &service, Call::Send, &lost()).service;
    assert_eq!(told(&orphan), "Unclear/Absent, Orphan");
    assert_eq!(next(&wish(), &orphan, None, at(1_000_000)), Step::Rest, "nothing is deleted by itself");
}

#[test]
fn answers_to_a_bind() {
    let credentials = json!({"credentials": {"password": "p"}});
    let cases = [
        (http(201, credentials.clone()), "Present/Present", true),
        (http(200, credentials), "Present/Present", true),
        (http(202, json!({})), "Present/Unclear, poll Bind +2", false),
        (http(200, json!({})), "Present/Unclear, send Bind +2", false),
        (http(201, json!({})), "Present/Unclear, send Unbind +0, Refused", false),
        (http(500, json!({})), "Present/Unclear, send Unbind +0, Refused", false),
        (lost(), "Present/Unclear, send Unbind +0, Refused", false),
        (http(409, json!({})), "Present/Unclear, send Unbind +0", false),
        (http(400, json!({})), "Present/Absent, Refused", false),
        (http(422, json!({"error": "ConcurrencyError"})), "Present/Unclear, send Bind +2", false),
    ];
    for (answer, expected, told_them) in cases {
        let outcome = taken(&wish(), &binding(), Call::Send, &answer);
        assert_eq!(told(&outcome.service), expected, "{answer:?}");
        assert_eq!(outcome.credentials.is_some(), told_them, "{answer:?}");
        assert!(!serde_json::to_string(&outcome.service).unwrap().contains("password"));
    }
}

#[test]
fn a_binding_that_took_its_time_is_fetched() {
    let accepted = taken(&wish(), &binding(), Call::Send, &http(202, json!({}))).service;
    let succeeded = http(200, json!({"state": "succeeded"}));
    let mut fetching = taken(&wish(), &accepted, Call::Poll, &succeeded).service;
    assert_eq!(told(&fetching), "Present/Unclear, fetch Bind +0");
    let got = taken(&wish(), &fetching, Call::Fetch, &http(200, json!({"credentials": {"a": "b"}})));
    assert_eq!((told(&got.service).as_str(), got.credentials.is_some()), ("Present/Present", true));
    for _ in 0..=ASKED {
        fetching = taken(&wish(), &fetching, Call::Fetch, &http(404, json!({}))).service;
    }
    assert_eq!(
        told(&fetching),
        "Present/Unclear, send Unbind +0, Refused",
        "what cannot be fetched is no use"
    );
}

#[test]
fn a_new_binding_has_a_new_id() {
    let id = uuid::Uuid::from_u128(7);
    let unbinding = begun(&absent(), &bound());
    let gone = taken(&absent(), &unbinding, Call::Send, &http(200, json!({}))).service;
    assert_ne!(gone.binding_id(id), unbinding.binding_id(id));
    assert_eq!(gone.instance_id(id), id);
}

#[test]
fn brokers_say_when_credentials_are_to_be_renewed() {
    let renewal = |metadata: Value| {
        let body = json!({"credentials": {"a": "b"}, "metadata": metadata});
        taken(&wish(), &binding(), Call::Send, &http(201, body)).service.renew_at
    };
    let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    assert_eq!(renewal(json!({"renew_before": "2026-08-01T00:00:00.0Z"})), time("2026-08-01T00:00:00Z"));
    assert_eq!(renewal(json!({"expires_at": "2026-08-02T00:00:00.0Z"})), time("2026-08-01T00:00:00Z"));
    assert_eq!(renewal(json!({"renew_before": "2020-01-01T00:00:00.0Z"})), Some(at(3600)), "no storm");
    assert_eq!(renewal(json!({"renew_before": "bald"})), None);
    let Step::Note(renewing) = next(&wish(), &bound(), Some(Word::Rotate), at(0)) else {
        panic!("not noted")
    };
    let renewed =
        taken(&wish(), &renewing, Call::Send, &http(201, json!({"credentials": {"a": "c"}}))).service;
    assert_eq!((told(&renewed), renewed.retiring.unwrap().number), ("Present/Present".to_owned(), 0));
    let Step::Note(refused) = next(&wish(), &bound(), Some(Word::Rotate), at(0)) else { panic!("not noted") };
    let refused = taken(&wish(), &refused, Call::Send, &http(400, json!({}))).service;
    assert!(refused.is_usable(true), "the former ones go on");
    let Step::Note(retiring) = next(&wish(), &renewed, Some(Word::Rotate), at(0)) else {
        panic!("not noted")
    };
    let done = taken(&wish(), &retiring, Call::Send, &http(410, json!({}))).service;
    assert_eq!((done.retiring, done.binding), (None, Standing::Present), "only the former one went");
}

#[test]
fn answers_to_an_end() {
    let ending = begun(&absent(), &made());
    let cases = [
        (http(200, json!({})), "Absent/Absent"),
        (http(410, json!({})), "Absent/Absent"),
        (http(202, json!({})), "Present/Absent, poll Deprovision +2"),
        (http(200, json!(null)), "Present/Absent, send Deprovision +2"),
        (http(204, json!({})), "Present/Absent, send Deprovision +2"),
        (http(500, json!({})), "Present/Absent, send Deprovision +2"),
        (lost(), "Present/Absent, send Deprovision +2"),
        (http(400, json!({})), "Present/Absent, send Deprovision +300"),
        (http(404, json!({})), "Present/Absent, send Deprovision +300"),
        (http(422, json!({"error": "ConcurrencyError"})), "Present/Absent, send Deprovision +2"),
    ];
    for (answer, expected) in cases {
        assert_eq!(told(&taken(&absent(), &ending, Call::Send, &answer).service), expected, "{answer:?}");
    }
    let gone = taken(&absent(), &ending, Call::Send, &http(410, json!({}))).service;
    assert_eq!(gone.ended.as_deref(), Some("HTTP 410"), "the proof");
    assert!(!gone.is_left());
}

#[test]
fn polling() {
    let provision = taken(&wish(), &provisioning(), Call::Send, &http(202, json!({}))).service;
    let ending = taken(&absent(), &begun(&absent(), &made()), Call::Send, &http(202, json!({}))).service;
    let changed = Wish { attributes: attributes("gross", "Mittelfeld"), ..wish() };
    let update = taken(&changed, &begun(&changed, &bound()), Call::Send, &http(202, json!({}))).service;
    let slow = Answer::Http {
        status: 200,
        body: json!({"state": "in progress"}).as_object().cloned(),
        retry_after: Some(45),
    };
    let state = |state: &str| http(200, json!({"state": state, "description": "Schritt 2"}));
    let cases = [
        (&provision, state("in progress"), "Unclear/Absent, poll Provision +2"),
        (&provision, slow, "Unclear/Absent, poll Provision +45"),
        (&provision, state("succeeded"), "Present/Absent"),
        (&provision, state("failed"), "Unclear/Absent, send Deprovision +0, Failed"),
        (&provision, state("sleeping"), "Unclear/Absent, poll Provision +2"),
        (&provision, http(410, json!({})), "Unclear/Absent, poll Provision +2"),
        (&provision, http(404, json!({})), "Unclear/Absent, poll Provision +2"),
        (&provision, http(500, json!({})), "Unclear/Absent, poll Provision +2"),
        (&provision, lost(), "Unclear/Absent, poll Provision +2"),
        (&ending, state("succeeded"), "Absent/Absent"),
        (&ending, http(410, json!({})), "Absent/Absent"),
        (&ending, http(404, json!({})), "Present/Absent, poll Deprovision +2"),
        (&ending, state("failed"), "Present/Absent, send Deprovision +60"),
        (&update, state("succeeded"), "Present/Present"),
        (&update, state("failed"), "Present/Present, ChangeRefused"),
    ];
    for (service, answer, expected) in cases {
        assert_eq!(told(&taken(&wish(), service, Call::Poll, &answer).service), expected, "{answer:?}");
    }
    let succeeded = taken(&changed, &update, Call::Poll, &state("succeeded")).service;
    assert_eq!(succeeded.attributes, Some(changed.attributes));
    let failed = taken(&wish(), &update, Call::Poll, &state("failed")).service;
    assert_eq!(failed.attributes, Some(wish().attributes), "the old state goes on");
    let waits = taken(&wish(), &provision, Call::Poll, &state("in progress")).service.operation.unwrap();
    assert_eq!(waits.said.as_deref(), Some("Schritt 2"));
    assert_eq!(waits.deadline, Some(at(600)), "the plan's limit is shorter than ours");
}

#[test]
fn what_the_catalogue_says() {
    let catalogue = |plan: Value| {
        http(200, json!({"services": [{"id": "aufenthalt", "bindable": true, "plans": [plan]}]}))
    };
    let good = catalogue(json!({"id": "klein", "maximum_polling_duration": 90, "plan_updateable": true,
                                "maintenance_info": {"version": "1.2.0"}}));
    let known = taken(&wish(), &Service::default(), Call::Catalogue, &good).service;
    let offer = known.offer.unwrap();
    assert_eq!((offer.bindable, offer.updateable, offer.longest_seconds), (true, true, Some(90)));
    assert_eq!(offer.maintenance_version.as_deref(), Some("1.2.0"));
    let cases = [
        (catalogue(json!({"id": "gross"})), Ill::NotOffered),
        (catalogue(json!({"id": "klein", "bindable": false})), Ill::NotOffered),
        (http(200, json!({"services": []})), Ill::NotOffered),
        (http(401, json!({})), Ill::Silent),
        (http(200, json!({})), Ill::Silent),
        (lost(), Ill::Silent),
    ];
    for (answer, expected) in cases {
        let found = taken(&wish(), &Service::default(), Call::Catalogue, &answer).service;
        assert_eq!(found.trouble.map(|trouble| trouble.ill), Some(expected), "{answer:?}");
        assert_eq!(found.offer, None);
    }
}

#[test]
fn waits_grow_up_to_a_minute() {
    assert_eq!((0..8).map(pause).collect::<Vec<_>>(), [2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(pause(u32::MAX), 60);
}
