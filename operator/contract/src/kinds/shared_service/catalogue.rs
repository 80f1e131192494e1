//! What a broker's catalogue says: of one plan, and which plans there are.

use super::answers::{Answer, REFUSED_SECONDS, shorten, words};
use super::next::later;
use super::state::{Ill, Offer, Service, Trouble, Wish};
use crate::BrokerPlan;
use crate::kinds::readiness::text;
use jiff::Timestamp;
use serde_json::Value;

/// After an answer that cannot be used, in seconds.
const SILENT_SECONDS: i64 = 30;

/// More plans of one broker are not reported; a catalogue is the broker's word, and a heartbeat has to fit.
const PLANS_MAX: usize = 200;

/// The plans of a catalogue, under the name that the location has for its broker; nothing of an answer that is none.
pub fn plans(broker: &str, answer: &Answer) -> Option<Vec<BrokerPlan>> {
    let services = services(answer)?;
    let of = |service: &Value| -> Vec<BrokerPlan> {
        let plans = service.get("plans").and_then(Value::as_array).into_iter().flatten();
        let known = plans.filter_map(|plan| {
            Some(BrokerPlan {
                broker: broker.to_owned(),
                service_id: text(service, "/id")?.to_owned(),
                plan_id: text(plan, "/id")?.to_owned(),
            })
        });
        known.collect()
    };
    let mut plans: Vec<BrokerPlan> = services.iter().flat_map(of).take(PLANS_MAX).collect();
    plans.sort();
    Some(plans)
}

fn services(answer: &Answer) -> Option<&Vec<Value>> {
    match answer {
        Answer::Http { status: 200, body: Some(body), .. } => body.get("services").and_then(Value::as_array),
        Answer::Http { .. } | Answer::NotSent(_) | Answer::Lost(_) => None,
    }
}

pub(super) fn catalogue(wish: &Wish, service: &Service, answer: &Answer, now: Timestamp) -> Service {
    let wanted = &wish.attributes;
    let trouble = |ill, detail: String| Service {
        trouble: Some(Trouble {
            ill,
            detail: shorten(&detail),
            again: Some(later(now, if ill == Ill::Silent { SILENT_SECONDS } else { REFUSED_SECONDS })),
            about: Some(wanted.clone()),
        }),
        ..service.clone()
    };
    let Some(services) = services(answer) else { return trouble(Ill::Silent, words(answer)) };
    let with_id = |list: &[Value], id: &str| list.iter().find(|one| text(one, "/id") == Some(id)).cloned();
    let Some(found) = with_id(services, &wanted.service_id) else {
        return trouble(Ill::NotOffered, format!("Dienst {} fehlt im Katalog", wanted.service_id));
    };
    let plans = found.get("plans").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(plan) = with_id(&plans, &wanted.plan_id) else {
        return trouble(Ill::NotOffered, format!("Tarif {} fehlt im Katalog", wanted.plan_id));
    };
    let yes = |name: &str| {
        let said = plan.get(name).or_else(|| found.get(name)).and_then(Value::as_bool);
        said.unwrap_or(false)
    };
    let offer = Offer {
        service_id: wanted.service_id.clone(),
        plan_id: wanted.plan_id.clone(),
        bindable: yes("bindable"),
        updateable: yes("plan_updateable"),
        rotatable: plan.get("binding_rotatable").and_then(Value::as_bool).unwrap_or(false),
        longest_seconds: plan.get("maximum_polling_duration").and_then(Value::as_i64),
        maintenance_version: plan
            .pointer("/maintenance_info/version")
            .and_then(Value::as_str)
            .map(str::to_owned),
    };
    if wish.credentials && !offer.bindable {
        return trouble(Ill::NotOffered, "der Tarif gibt keine Zugangsdaten aus".to_owned());
    }
    Service { broker: wish.broker.clone(), offer: Some(offer), trouble: None, ..service.clone() }
}
