//! Allow-lists: the CIDRs from which a booking may be reached. Form, checks and manifests are the same for every kind
//! whose order has a field `allowed_networks`.

use super::Finding;
use super::context::{NAME_ANNOTATION, Site};
use super::namespace::put;
use crate::Desired;
use schemars::Schema;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Networks in one list.
const MOST: usize = 32;

/// How the form asks for them; a `transform` of the field.
pub fn describe(schema: &mut Schema) {
    schema.insert("title".to_owned(), json!("Zugelassene Netze"));
    schema.insert(
        "description".to_owned(),
        json!(
            "In CIDR-Schreibweise, zum Beispiel 192.0.2.0/24. Ohne Angabe ist jedes Netz zugelassen, aus dem die Buchung erreichbar ist"
        ),
    );
    schema.insert("x-widget".to_owned(), json!("lines"));
    schema.insert("maxItems".to_owned(), json!(MOST));
}

/// Peers of a NetworkPolicy: the allowed networks; an empty list stands for all.
pub fn peers(desired: &Desired) -> Vec<Value> {
    let block = |cidr: &str| json!({"ipBlock": {"cidr": cidr}});
    let networks = &desired.exposure.allowed_networks;
    if networks.is_empty() {
        vec![block("0.0.0.0/0"), block("::/0")]
    } else {
        networks.iter().map(|network| block(network)).collect()
    }
}

/// Makes a Service reachable from outside, under a name if there is one, and obedient to the list. `Local` keeps the client's
/// address, without which no allow-list can work.
pub fn publish(site: &Site, desired: &Desired, host: Option<&str>, meta: &mut Value, spec: &mut Value) {
    put(spec, "type", json!("LoadBalancer"));
    put(spec, "externalTrafficPolicy", json!("Local"));
    if !desired.exposure.allowed_networks.is_empty() {
        put(spec, "loadBalancerSourceRanges", json!(desired.exposure.allowed_networks));
    }
    if let Some(class) = &site.load_balancer_class {
        put(spec, "loadBalancerClass", json!(class));
    }
    let named = host.map(|host| (NAME_ANNOTATION.to_owned(), json!(host)));
    let told = site.service_annotations.iter().map(|(name, value)| (name.clone(), json!(value)));
    let annotations: Map<String, Value> = named.into_iter().chain(told).collect();
    if !annotations.is_empty() {
        put(meta, "annotations", Value::Object(annotations));
    }
}

/// Findings for each network that is not a CIDR with cleared host bits, and for a list that is too long.
pub fn check_networks(networks: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if networks.len() > MOST {
        findings.push(Finding::new(
            "/allowed_networks",
            "too-many",
            format!("Höchstens {MOST} Netze. Fassen Sie benachbarte Netze zu größeren zusammen."),
        ));
    }
    for (position, network) in networks.iter().enumerate() {
        if let Err((code, message)) = check_network(network) {
            findings.push(Finding::new(format!("/allowed_networks/{position}"), code, message));
        }
    }
    findings
}

fn check_network(network: &str) -> Result<(), (&'static str, String)> {
    let shape = || {
        (
            "not-a-network",
            format!(
                "„{network}“ ist kein Netz in CIDR-Schreibweise. Richtig wäre zum Beispiel 192.0.2.0/24."
            ),
        )
    };
    let (address, prefix) = network.split_once('/').ok_or_else(shape)?;
    let address: IpAddr = address.parse().map_err(|_unreadable| shape())?;
    let written = prefix;
    let prefix: u32 = written.parse().map_err(|_unreadable| shape())?;
    // Spellings such as `/+8`, `/08` and `::ffff:…` are read here, and refused by the API server after the approval.
    let mapped = matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some());
    if written != prefix.to_string() || mapped {
        return Err(shape());
    }
    let (bits, width): (u128, u32) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    if prefix > width {
        return Err(shape());
    }
    let host_mask = 1_u128.checked_shl(width - prefix).map_or(u128::MAX, |top| top - 1);
    if bits & host_mask != 0 {
        return Err((
            "host-bits",
            format!(
                "„{network}“ benennt einen Rechner statt eines Netzes. Ein einzelner Rechner endet auf /{width}."
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_as_table() {
        let cases = [
            ("10.0.0.0/8", None),
            ("192.0.2.7/32", None),
            ("0.0.0.0/0", None),
            ("2001:db8::/32", None),
            ("::/0", None),
            ("192.0.2.7/24", Some("host-bits")),
            ("192.0.2.7", Some("not-a-network")),
            ("192.0.2.0/33", Some("not-a-network")),
            ("münchen/8", Some("not-a-network")),
            ("10.0.0.0/+8", Some("not-a-network")),
            ("10.0.0.0/08", Some("not-a-network")),
            ("::ffff:10.0.0.0/104", Some("not-a-network")),
        ];
        for (network, expected) in cases {
            let findings = check_networks(&[network.to_owned()]);
            assert_eq!(findings.first().map(|finding| finding.code.as_str()), expected, "{network}");
        }
    }
}
