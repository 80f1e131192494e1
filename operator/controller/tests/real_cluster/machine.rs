//! A virtual machine in the same story: entered from the customer's network by the customer's key, known by its own, stopped
//! and kept; and what the API server refuses the operator about machines.

use super::refusals::{feed, ours};
use super::{World, booking, kubectl, try_customer, variable};
use contract::kinds::{Kind, namespace};
use contract::{Desired, Meter, OrganisationRef, Power};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use uuid::Uuid;

/// Draws the customer's key pair and wishes a machine that it opens.
pub(crate) fn wish() -> Desired {
    let wish = booking(
        Kind::VirtualMachine,
        "01935d2e-7c1a-7e3b-8f00-0123456789af",
        json!({"vcpu_milli": 1000, "memory_mib": 256, "storage_gib_min": 1, "storage_gib_max": 5,
               "systems": [{"code": "linux-klein", "title": "Linux klein"}]}),
        json!({"hostname": "rechner", "system": "linux-klein", "storage_gib": 1, "ssh_keys": [draw("customer")]}),
    );
    let organisation = OrganisationRef { id: Uuid::from_u128(0xabce), slug: "beispielkreis".to_owned() };
    Desired { organisation, ..wish }
}

fn private_key(name: &str) -> String {
    format!("{}/key-{name}", variable("WOLKENAMT_TEST_LOGS"))
}

/// Draws a key pair; returns the public half.
fn draw(name: &str) -> String {
    let file = private_key(name);
    let drawn =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &file]).status();
    assert!(drawn.unwrap().success());
    std::fs::read_to_string(format!("{file}.pub")).unwrap().trim().to_owned()
}

impl World {
    /// By the address and the host key that were handed over, and by nothing else.
    pub(crate) async fn enters_its_machine(&self) {
        self.wait_for("the machine is reported ready", async || self.reported_ready(&self.machine)).await;
        let field = self.access(&self.machine).await;
        let known = PathBuf::from(variable("WOLKENAMT_TEST_LOGS")).join("known_hosts");
        std::fs::write(&known, field("known-hosts") + "\n").unwrap();
        let known_hosts = format!("UserKnownHostsFile={}", known.display());
        let target = format!("{}@{}", field("user"), field("host"));
        let ssh = |identity: &str, command: &str| {
            let words = ["ssh", "-i", identity, "-o", &known_hosts, "-o", "StrictHostKeyChecking=yes"];
            let more = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30"];
            try_customer(&[&words[..], &more, &[&target, command]].concat())
        };
        let entered = ssh(&private_key("customer"), "hostname; whoami");
        assert_eq!(entered, (true, "rechner\nverwaltung".to_owned()));
        draw("stranger");
        assert!(!ssh(&private_key("stranger"), "whoami").0, "a stranger's key opens nothing");
        std::fs::write(&known, format!("{} {}\n", field("host"), draw("another"))).unwrap();
        assert!(!ssh(&private_key("customer"), "whoami").0, "a machine with another key is not entered");
        self.say("ssh with the host key that was handed over; nobody else gets in");
    }

    /// Stopped, it holds nothing but its disk.
    pub(crate) async fn stops_its_machine(&mut self) {
        self.machine.generation += 1;
        self.machine.power = Power::Off;
        self.market.want(self.machine.clone());
        self.wait_for("the machine is stopped", async || {
            self.status(&self.machine).await["status"]["phase"] == "Stopped"
        })
        .await;
        let place = namespace::name(&self.machine);
        assert_eq!(kubectl(&["-n", &place, "get", "virtualmachineinstances", "-o", "name"]), "");
        let running = "--field-selector=status.phase=Running";
        assert_eq!(kubectl(&["-n", &place, "get", "pods", running, "-o", "name"]), "");
        assert!(kubectl(&["-n", &place, "get", "pvc", "-o", "name"]).contains("-root"), "the disk stays");
        let found = self.status(&self.machine).await;
        let log = found["status"]["log"].as_array().unwrap();
        let held = |entry: &Value, meter: Meter| entry["sizes"][meter.code()].as_i64().unwrap();
        assert!(
            log.iter().any(|entry| held(entry, Meter::Vcpu) == 1000 && held(entry, Meter::Memory) == 256),
            "{log:?}"
        );
        let last = log.last().unwrap();
        let now =
            [Meter::Vcpu, Meter::Memory, Meter::Instance, Meter::Storage].map(|meter| held(last, meter));
        assert_eq!(now, [0, 0, 0, 1024], "{log:?}");
    }
}

/// What is tried about machines as the operator, with a word of the refusal.
pub(crate) fn refusals(kubeconfig: &str, booked: &str) {
    let tame = json!({
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": {"name": "probe", "namespace": booked, "labels": ours()},
        "spec": {"runStrategy": "Halted", "template": {"spec": {
            "domain": {"devices": {"disks": [{"name": "root", "disk": {}}], "interfaces": [{"name": "default", "masquerade": {}}]}},
            "networks": [{"name": "default", "pod": {}}],
            "volumes": [{"name": "root", "persistentVolumeClaim": {"claimName": "probe"}}]
        }}}
    });
    let changed = |pointer: &str, value: Value| {
        let mut machine = tame.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        machine.pointer_mut(parent).unwrap()[key] = value;
        machine
    };
    let namespace = |name: &str, level: &str| {
        let mut labels = ours();
        labels["pod-security.kubernetes.io/enforce"] = json!(level);
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    };
    let inner = "/spec/template/spec";
    let cases = [
        ("elsewhere", changed("/metadata/namespace", json!("default")), "begin with"),
        ("without label", changed("/metadata/labels", json!({})), "carries its label"),
        (
            "with a disk of the node",
            changed(
                &format!("{inner}/volumes"),
                json!([{"name": "root", "hostDisk": {"path": "/etc/shadow", "type": "Disk"}}]),
            ),
            "disk of their own",
        ),
        (
            "with an account of the cluster",
            changed(
                &format!("{inner}/volumes"),
                json!([{"name": "root", "serviceAccount": {"serviceAccountName": "default"}}]),
            ),
            "disk of their own",
        ),
        (
            "with a device of the node",
            changed(
                &format!("{inner}/domain/devices/hostDevices"),
                json!([{"name": "a", "deviceName": "b"}]),
            ),
            "disk of their own",
        ),
        (
            "in another network",
            changed(
                &format!("{inner}/networks"),
                json!([{"name": "default", "multus": {"networkName": "provider"}}]),
            ),
            "network of pods",
        ),
        (
            "an instance without its machine",
            json!({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                   "metadata": {"name": "probe", "namespace": booked, "labels": ours()}, "spec": {}}),
            "forbidden",
        ),
        ("a namespace without any wall", namespace("wa-probe-vm", "privileged"), "Pod Security"),
        ("the level of machines for others", namespace("wa-probe-db", "baseline"), "Pod Security"),
    ];
    let dry = ["create", "--dry-run=server", "-f", "-"];
    let (done, said) = feed(kubeconfig, &dry, &tame.to_string());
    assert!(done, "what the operator itself makes is let through: {said}");
    for (what, manifest, word) in cases {
        let (done, said) = feed(kubeconfig, &dry, &manifest.to_string());
        assert!(!done && said.contains(word), "{what}: {said}");
    }
}
