//! What a machine reads at its first start: a configuration for cloud-init, with a host key that the cluster draws, so that
//! its fingerprint is known before anybody connects.
//!
//! The configuration is JSON behind the marker of cloud-init. JSON is YAML, and its writer escapes every text, so nothing
//! that somebody typed can become a key of the configuration.

use super::keys::PublicKey;
use super::{Order, Plan};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// First line by which cloud-init knows its own format.
const MARKER: &str = "#cloud-config\n";
/// The one algorithm of host keys.
const ALGORITHM: &str = "ssh-ed25519";
/// Letters in one line of an armoured key.
const ARMOUR: usize = 70;

/// A first configuration that still lacks its host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudConfig {
    without_key: Value,
}

/// An Ed25519 key pair for a machine. No `Debug`: it contains the private half.
pub struct HostKey {
    /// 32 random bytes.
    pub seed: [u8; 32],
    /// The public half of that seed.
    pub public: [u8; 32],
    /// Any number; OpenSSH writes it twice to see whether a key was decrypted rightly.
    pub check: u32,
}

/// Configuration for an order whose keys were checked.
pub(super) fn configuration(
    plan: &Plan,
    order: &Order,
    keys: &[PublicKey],
    host: Option<&str>,
) -> CloudConfig {
    let lines: Vec<String> = keys.iter().map(PublicKey::line).collect();
    let mut without_key = json!({
        "hostname": order.hostname,
        "users": [{
            "name": plan.user,
            "gecos": "Wolkenamt",
            "groups": "adm, sudo",
            "sudo": "ALL=(ALL) NOPASSWD:ALL",
            "shell": "/bin/bash",
            "lock_passwd": true,
            "ssh_authorized_keys": lines,
        }],
        "ssh_pwauth": false,
        "disable_root": true,
        "ssh_deletekeys": true,
        "timezone": "Europe/Berlin",
    });
    if let (Some(host), Some(config)) = (host, without_key.as_object_mut()) {
        config.insert("fqdn".to_owned(), json!(host));
    }
    CloudConfig { without_key }
}

impl CloudConfig {
    /// The text for cloud-init, with this host key.
    pub fn render(&self, key: &HostKey) -> String {
        let mut config = self.without_key.clone();
        if let Some(config) = config.as_object_mut() {
            config.insert(
                "ssh_keys".to_owned(),
                json!({"ed25519_private": key.private_text(), "ed25519_public": key.public_line()}),
            );
        }
        format!("{MARKER}{config:#}\n")
    }
}

impl HostKey {
    /// The public half as `known_hosts` writes it, without a host.
    pub fn public_line(&self) -> String {
        format!("{ALGORITHM} {}", STANDARD.encode(self.public_blob()))
    }

    /// The private half in OpenSSH's own form, unencrypted. Source: OpenSSH, PROTOCOL.key.
    pub fn private_text(&self) -> String {
        let mut inner = Vec::new();
        inner.extend(self.check.to_be_bytes());
        inner.extend(self.check.to_be_bytes());
        part(&mut inner, ALGORITHM.as_bytes());
        part(&mut inner, &self.public);
        part(&mut inner, &[self.seed, self.public].concat());
        part(&mut inner, b"");
        let mut padding = 1_u8;
        while inner.len() % 8 != 0 {
            inner.push(padding);
            padding += 1;
        }
        let mut whole = b"openssh-key-v1\0".to_vec();
        part(&mut whole, b"none");
        part(&mut whole, b"none");
        part(&mut whole, b"");
        whole.extend(1_u32.to_be_bytes());
        part(&mut whole, &self.public_blob());
        part(&mut whole, &inner);
        let encoded = STANDARD.encode(whole);
        let mut text = "-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned();
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(ARMOUR));
            text.push_str(line);
            text.push('\n');
            rest = more;
        }
        text.push_str("-----END OPENSSH PRIVATE KEY-----\n");
        text
    }

    fn public_blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        part(&mut blob, ALGORITHM.as_bytes());
        part(&mut blob, &self.public);
        blob
    }
}

/// Fingerprint of a public line, as `ssh` shows it at the first connection; `None` for what is no such line.
pub(super) fn fingerprint(public_line: &str) -> Option<String> {
    let blob = STANDARD.decode(public_line.split(' ').nth(1)?).ok()?;
    Some(format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob))))
}

/// A text with its length before it. No part of a key comes near the largest length.
fn part(into: &mut Vec<u8>, bytes: &[u8]) {
    into.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    into.extend(bytes);
}

#[cfg(test)]
#[path = "start_test.rs"]
mod tests;
