use super::*;
use crate::kinds::fields::Input;

pub(super) fn plan() -> Plan {
    let field = |name: &str, input, optional| Field {
        name: name.to_owned(),
        title: format!("Feld {name}"),
        description: "So gehört es.".to_owned(),
        input,
        optional,
        default: None,
    };
    Plan {
        broker: "efa".to_owned(),
        service_id: "aufenthalt".to_owned(),
        plan_id: "klein".to_owned(),
        parameters: BTreeMap::from([("stage".to_owned(), json!("produktion"))]),
        credentials: true,
        tenant_parameter: tenant(),
        email_parameter: email(),
        fields: vec![
            field("ags", Input::Text { max_length: 8 }, false),
            field("offices", Input::Number { minimum: 1, maximum: 9 }, true),
            field("channel", Input::Choice { values: vec!["online".to_owned(), "both".to_owned()] }, true),
        ],
    }
}

pub(super) fn order() -> Order {
    Order {
        tenant: "Stadt Mittelfeld".to_owned(),
        admin_email: "a@mittelfeld.example".to_owned(),
        further: BTreeMap::from([("ags".to_owned(), json!("01234567"))]),
    }
}

#[test]
fn orders_as_table() {
    type Change = fn(&mut Order);
    let cases: [(Change, Option<&str>); 9] = [
        (|_| {}, None),
        (|o| o.tenant = " ".to_owned(), Some("/tenant")),
        (|o| o.tenant = "x".repeat(81), Some("/tenant")),
        (|o| o.admin_email = "niemand".to_owned(), Some("/admin_email")),
        (|o| o.further.clear(), Some("/ags")),
        (|o| drop(o.further.insert("ags".to_owned(), json!("012345678"))), Some("/ags")),
        (|o| drop(o.further.insert("offices".to_owned(), json!(10))), Some("/offices")),
        (|o| drop(o.further.insert("channel".to_owned(), json!("post"))), Some("/channel")),
        (|o| drop(o.further.insert("stage".to_owned(), json!("test"))), Some("/stage")),
    ];
    for (change, expected) in cases {
        let mut order = order();
        change(&mut order);
        let findings = check(&plan(), &order);
        assert_eq!(findings.first().map(|finding| finding.pointer.as_str()), expected, "{order:?}");
    }
}

#[test]
fn a_location_offers_what_its_brokers_offer() {
    let answer = |body: Value| answers::Answer::Http {
        status: 200,
        body: body.as_object().cloned(),
        retry_after: None,
    };
    let services = json!({"services": [
        {"id": "zulassung", "plans": [{"id": "klein"}]},
        {"id": "aufenthalt", "plans": [{"id": "klein"}, {"id": "gross"}, {"name": "ohne"}]},
        {"name": "ohne", "plans": [{"id": "klein"}]},
    ]});
    let known = catalogue::plans("efa", &answer(services)).unwrap();
    let told: Vec<String> = known.iter().map(|it| format!("{}/{}", it.service_id, it.plan_id)).collect();
    assert_eq!(told, ["aufenthalt/gross", "aufenthalt/klein", "zulassung/klein"]);
    assert_eq!(catalogue::plans("efa", &answer(json!({"error": "voll"}))), None);
    assert_eq!(catalogue::plans("efa", &answers::Answer::NotSent("keine Verbindung".to_owned())), None);

    assert!(offered(&plan(), Some(&known)));
    assert!(offered(&plan(), None), "an operator of the last release does not say it");
    for other in [
        Plan { broker: "anderer".to_owned(), ..plan() },
        Plan { service_id: "wohngeld".to_owned(), ..plan() },
        Plan { plan_id: "mittel".to_owned(), ..plan() },
    ] {
        assert!(!offered(&other, Some(&known)), "{other:?}");
    }
    let abilities = |kinds: &[crate::Kind]| crate::Abilities {
        kinds: kinds.to_vec(),
        broker_plans: Some(known.clone()),
        ..crate::Abilities::default()
    };
    let settings = serde_json::to_value(plan()).unwrap();
    let service = crate::Kind::SharedService;
    assert!(service.runs_at(&settings, &abilities(&[service])));
    assert!(!service.runs_at(&settings, &abilities(&[crate::Kind::Application])));
    assert!(
        !service.runs_at(&json!({"broker": "efa"}), &abilities(&[service])),
        "a plan that cannot be read"
    );
}

#[test]
fn plans_as_table() {
    assert_eq!(check_plan(&plan()), Vec::new());
    type Change = fn(&mut Plan);
    let cases: [(Change, &str); 6] = [
        (|p| p.broker.clear(), "/broker"),
        (|p| p.plan_id.clear(), "/plan_id"),
        (|p| p.fields[0].name = "ä".to_owned(), "/fields/0/name"),
        (|p| p.fields[1].name = "ags".to_owned(), "/fields/1/name"),
        (|p| p.fields[1].name = "stage".to_owned(), "/fields/1/name"),
        (|p| p.fields[2].input = Input::Choice { values: Vec::new() }, "/fields/2/input"),
    ];
    for (change, pointer) in cases {
        let mut plan = plan();
        change(&mut plan);
        assert_eq!(check_plan(&plan).first().map(|finding| finding.pointer.as_str()), Some(pointer));
    }
}

#[test]
fn a_plan_is_read_as_a_provider_writes_it() {
    let plan: Plan = serde_json::from_value(json!({
        "broker": "efa", "service_id": "s", "plan_id": "p",
        "fields": [{"name": "ags", "title": "AGS", "description": "Acht Ziffern", "input": "text", "max_length": 8}]
    }))
    .unwrap();
    assert!(plan.credentials);
    assert_eq!(plan.fields[0].input, Input::Text { max_length: 8 });
    let wrong = json!({"broker": "efa", "service_id": "s", "plan_id": "p", "url": "https://broker.example"});
    assert!(
        serde_json::from_value::<Plan>(wrong).is_err(),
        "an address is none of the marketplace's business"
    );
}

#[test]
fn parameters_come_from_plan_and_order() {
    let made = attributes(&plan(), &order());
    assert_eq!(
        made.parameters,
        json!({"stage": "produktion", "tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example",
               "ags": "01234567"})
    );
}

#[test]
fn what_may_be_a_secret_is_hidden() {
    let text = json!({"username": "u", "password": "geheim", "uri": "https://u:geheim@x", "nested": {"a": 1},
                      "url": "https://dienst.example:8443/m"});
    let secrets = BTreeMap::from([(CREDENTIALS.to_owned(), text.to_string())]);
    let service =
        Service { dashboard_url: Some("https://dienst.example:8443/m".to_owned()), ..Service::default() };
    let endpoints = service.endpoints();
    assert_eq!((endpoints[0].host.as_str(), endpoints[0].port), ("dienst.example", 8443));
    let access = access(&endpoints, &secrets);
    let shown: Vec<&str> =
        access.fields.iter().filter(|field| !field.secret).map(|field| field.name.as_str()).collect();
    assert_eq!(shown, ["url", "user"]);
    assert_eq!(access.fields.len(), 5, "the address once");
    let none = Service { dashboard_url: Some("javascript:alert(1)".to_owned()), ..Service::default() };
    assert_eq!(none.endpoints(), Vec::new());
}
