//! Whether an application serves: rolled out as wanted, and reachable at an address.

use super::{Order, PREFIX, Plan, manifests};
use crate::kinds::context::{Site, object_name};
use crate::kinds::readiness::{Readiness, State, condition, number, of_kind, text, time};
use crate::kinds::workload::{address, known_cause, pod_ready, pod_sizes, volume_size};
use crate::{Desired, Endpoint, ExposureClass, MessageKey, Power};
use serde_json::Value;

pub(super) fn readiness(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    observed: &[Value],
) -> Readiness {
    let name = object_name(PREFIX, desired.booking);
    let pods: Vec<&Value> = of_kind(observed, "Pod").collect();
    let volumes: Vec<&Value> = of_kind(observed, "PersistentVolumeClaim").collect();
    let deployment =
        of_kind(observed, "Deployment").find(|object| text(object, "/metadata/name") == Some(&name));
    let mut readiness = state(desired, observed, deployment, &pods);
    readiness.allocated = pod_sizes(&pods, manifests::CONTAINER);
    if plan.volumes_gib() > 0 {
        readiness.allocated.push(volume_size(&volumes));
    }
    readiness.endpoints = endpoints(site, desired, (plan, order), observed).unwrap_or_default();
    if readiness.state == State::Running
        && readiness.endpoints.is_empty()
        && desired.exposure.class != ExposureClass::Cluster
    {
        readiness.state = State::Starting;
        readiness.message = MessageKey::WaitingForAddress;
        readiness.since = None;
    }
    readiness
}

fn state(desired: &Desired, observed: &[Value], deployment: Option<&Value>, pods: &[&Value]) -> Readiness {
    let Some(deployment) = deployment else {
        return Readiness::new(State::Starting, MessageKey::Applying);
    };
    if desired.power == Power::Off {
        return if pods.is_empty() && rolled_out(deployment, 0) {
            Readiness::new(State::Stopped, MessageKey::Stopped)
        } else {
            Readiness::new(State::Stopping, MessageKey::Stopping)
        };
    }
    if rolled_out(deployment, 1) && pods.iter().any(|pod| pod_ready(pod)) {
        let mut running = Readiness::new(State::Running, MessageKey::Ready);
        running.since = condition(deployment, "Available")
            .filter(|available| text(available, "/status") == Some("True"))
            .and_then(|available| time(available, "/lastTransitionTime"));
        return running;
    }
    if let Some(cause) = known_cause(observed) {
        return cause;
    }
    if let Some(progress) = condition(deployment, "Progressing")
        && text(progress, "/reason") == Some("ProgressDeadlineExceeded")
    {
        let note = text(progress, "/message").unwrap_or_default();
        return Readiness::new(State::Failed, MessageKey::TookTooLong).detail(note);
    }
    if pods.iter().any(|pod| text(pod, "/status/phase") == Some("Running")) {
        Readiness::new(State::Starting, MessageKey::Starting)
    } else if pods.is_empty() {
        Readiness::new(State::Starting, MessageKey::Applied)
    } else {
        Readiness::new(State::Starting, MessageKey::StartingImage)
    }
}

/// Counters are left out by Kubernetes when they are zero.
fn rolled_out(deployment: &Value, wanted: i64) -> bool {
    let count = |name: &str| number(deployment, &format!("/status/{name}")).unwrap_or(0);
    number(deployment, "/status/observedGeneration") >= number(deployment, "/metadata/generation")
        && number(deployment, "/spec/replicas") == Some(wanted)
        && count("replicas") == wanted
        && count("updatedReplicas") == wanted
        && count("availableReplicas") == wanted
        && count("unavailableReplicas") == 0
}

/// The address for a browser, and those of further ports, which only a Service of the booking's own has.
fn endpoints(
    site: &Site,
    desired: &Desired,
    (plan, order): (&Plan, &Order),
    observed: &[Value],
) -> Option<Vec<Endpoint>> {
    if desired.exposure.class == ExposureClass::Cluster {
        return None;
    }
    let name = object_name(PREFIX, desired.booking);
    let kind = if manifests::ingress_class(site, desired).is_some() { "Ingress" } else { "Service" };
    let address = of_kind(observed, kind)
        .find(|object| text(object, "/metadata/name") == Some(&name))
        .and_then(address)?
        .to_owned();
    let host = manifests::host(site, desired, order).unwrap_or_else(|| address.clone());
    let url = manifests::url(site, desired, &host);
    let port = if url.starts_with("https://") { 443 } else { 80 };
    let further = plan.ports.iter().map(|port| Endpoint {
        name: port.name.clone(),
        host: host.clone(),
        port: port.number,
        address: Some(address.clone()),
        url: None,
    });
    let mut endpoints: Vec<Endpoint> = further.filter(|_| kind == "Service").collect();
    let web = Endpoint { name: "web".to_owned(), host, port, address: Some(address), url: Some(url) };
    endpoints.insert(0, web);
    Some(endpoints)
}
