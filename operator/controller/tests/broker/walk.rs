//! One booking of a shared service and the broker that it goes to, pass by pass, with a clock of its own. What the operator keeps
//! in the cluster, status and Secret, lies in two fields here.

use contract::kinds::shared_service::next::Word;
use contract::kinds::shared_service::{Service, Standing};
use contract::kinds::{Kind, Site, readiness::Readiness};
use contract::{Desired, Exposure, ExposureClass, OrganisationRef, Power, Wanted};
use controller::broker::Brokers;
use controller::config::Config;
use controller::service::turn;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::time::Duration;
use uuid::Uuid;

/// Name and password at the broker.
pub(crate) const USER: &str = "wolkenamt";
pub(crate) const PASSWORD: &str = "broker-kanarienvogel";

/// Longest way that a test may take.
const PASSES: usize = 200;

pub(crate) struct Walk {
    pub(crate) brokers: Brokers,
    pub(crate) desired: Desired,
    pub(crate) service: Service,
    pub(crate) secret: Option<Map<String, Value>>,
    pub(crate) now: Timestamp,
}

/// The brokers of a location that knows one, by the operator's own configuration.
pub(crate) fn brokers(url: &str, timeout_seconds: u64) -> Brokers {
    controller::identity::install_crypto();
    let file = std::env::temp_dir().join(format!("wolkenamt-brokers-{}.yaml", Uuid::now_v7()));
    let text =
        json!({"efa": {"url": url, "user": USER, "password": PASSWORD, "timeoutSeconds": timeout_seconds}});
    std::fs::write(&file, text.to_string()).unwrap();
    let config = Config::from_lookup(|name| match name {
        "MARKETPLACE_URL" => Some("http://127.0.0.1:1".to_owned()),
        "BROKERS_FILE" => Some(file.display().to_string()),
        _ => None,
    });
    std::fs::remove_file(&file).unwrap();
    Brokers::new(&config.unwrap()).unwrap()
}

impl Walk {
    pub(crate) fn new(url: &str, plan: &str) -> Walk {
        Walk {
            brokers: brokers(url, 2),
            desired: Desired {
                booking: Uuid::now_v7(),
                generation: 1,
                wanted: Wanted::Present,
                power: Power::On,
                kind: Kind::SharedService,
                plan: json!({"broker": "efa", "service_id": "aufenthalt", "plan_id": plan,
                             "parameters": {"stage": "probe"}}),
                order: json!({"tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example"}),
                organisation: OrganisationRef { id: Uuid::from_u128(0xabcd), slug: "mittelfeld".to_owned() },
                cost_centre: "4711".to_owned(),
                title: "Probe".to_owned(),
                wished_start: None,
                exposure: Exposure {
                    class: ExposureClass::ProviderNetwork,
                    host: None,
                    allowed_networks: Vec::new(),
                },
                restore: None,
            },
            service: Service::default(),
            secret: None,
            now: "2026-07-01T10:00:00Z".parse().unwrap(),
        }
    }

    /// One pass, as the operator does it. Says how long it would wait.
    pub(crate) async fn pass(&mut self, word: Option<Word>) -> Option<Duration> {
        let turn = turn(&self.brokers, &self.desired, &self.service, word, "nord.example", self.now).await;
        if turn.credentials.is_some() {
            self.secret = turn.credentials;
        }
        if turn.forget {
            self.secret = None;
        }
        self.service = turn.service;
        let text = serde_json::to_string(&self.service).unwrap();
        if let Some(password) = self.secret.as_ref().and_then(|secret| secret.get("password")?.as_str()) {
            assert!(!text.contains(password), "the status holds no credential");
        }
        // A restart of the operator at any point changes nothing.
        self.service = serde_json::from_str(&text).unwrap();
        turn.again_in
    }

    /// Passes until nothing is left to do or only time would help, up to `patience` seconds. Returns the seconds that went by.
    pub(crate) async fn rest(&mut self, patience: i64) -> i64 {
        let start = self.now;
        for _ in 0..PASSES {
            let Some(again) = self.pass(None).await else { break };
            let wait = i64::try_from(again.as_secs()).unwrap();
            if self.now.duration_since(start).as_secs() + wait > patience {
                break;
            }
            self.pass_time(wait);
        }
        self.now.duration_since(start).as_secs()
    }

    pub(crate) fn pass_time(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    pub(crate) fn end(&mut self) {
        self.desired.wanted = Wanted::Absent;
        self.desired.generation += 1;
    }

    pub(crate) fn readiness(&self) -> Readiness {
        let seen = [self.service.as_seen(&self.desired)];
        self.desired.kind.readiness(&Site::default(), &self.desired, &seen).unwrap()
    }

    pub(crate) fn sentence(&self) -> String {
        let readiness = self.readiness();
        readiness.message.text_de(&readiness.args)
    }

    pub(crate) fn is_bound(&self) -> bool {
        self.service.instance == Standing::Present
            && self.service.binding == Standing::Present
            && self.secret.is_some()
    }
}
