//! What people do by hand in the cluster, and who may write it again.

use super::{World, kubectl, variable};
use contract::Tampering;
use contract::kinds::namespace;
use std::path::PathBuf;
use std::process::Command;

impl World {
    fn of_chatbot(&self, arguments: &[&str]) -> String {
        let place = namespace::name(&self.chatbot);
        kubectl(&[&["-n", &place], arguments].concat())
    }

    /// Scaled, opened and deleted: all of it comes back, and the marketplace hears what it was.
    pub(crate) async fn repairs_what_was_changed_by_hand(&self) {
        let name = self.chatbot.kind.object_name(self.chatbot.booking);
        let rules = ["get", "networkpolicies", "-o", "jsonpath={.items[*].spec}"];
        let (open, wanted) = (r#"{"spec":{"ingress":[{}]}}"#, self.of_chatbot(&rules));
        self.of_chatbot(&["scale", "deployment", &name, "--replicas=3"]);
        self.of_chatbot(&["patch", "networkpolicy", &name, "--type=merge", "-p", open]);
        self.of_chatbot(&["delete", "service", &name]);
        self.wait_for("what was changed by hand is as before", async || {
            let replicas = self.of_chatbot(&["get", "deployment", &name, "-o", "jsonpath={.spec.replicas}"]);
            let service = self.of_chatbot(&["get", "service", &name, "--ignore-not-found", "-o", "name"]);
            replicas == "1" && !service.is_empty() && self.of_chatbot(&rules) == wanted
        })
        .await;
        self.wait_for("the marketplace hears what it was", async || {
            let told = self.market.with(|kept| kept.observations[&self.chatbot.booking].repairs.clone());
            let has = |kind: &str, what: Tampering| {
                told.iter()
                    .any(|it| it.object.starts_with(kind) && it.object.ends_with(&name) && it.what == what)
            };
            has("Deployment", Tampering::Changed)
                && has("NetworkPolicy", Tampering::Changed)
                && has("Service", Tampering::Deleted)
        })
        .await;
        self.wait_for("it runs as before", async || self.reported_ready(&self.chatbot)).await;
    }

    /// The old leader goes on where it was stopped, while its successor is stopped for a moment, and finds something to repair:
    /// it writes nothing. Its successor does.
    pub(crate) async fn old_leader_wakes(&self, old: &str) {
        let name = self.chatbot.kind.object_name(self.chatbot.booking);
        let leader = self.operator.as_ref().unwrap().id().to_string();
        let signal = |signal: &str, process: &str| {
            Command::new("kill").args([signal, process]).status().unwrap();
        };
        let log = PathBuf::from(variable("WOLKENAMT_TEST_LOGS")).join("operator-a.log");
        let told = || std::fs::read_to_string(&log).unwrap();
        let exists =
            || !self.of_chatbot(&["get", "service", &name, "--ignore-not-found", "-o", "name"]).is_empty();
        signal("-STOP", &leader);
        self.of_chatbot(&["delete", "service", &name]);
        let before = self.versions().await;
        signal("-CONT", old);
        self.wait_for("the old leader stands by", async || {
            told().rfind("another operator leads") > told().rfind("this operator leads")
        })
        .await;
        assert!(!exists(), "it repaired something");
        assert_eq!(before, self.versions().await, "it wrote nothing");
        signal("-CONT", &leader);
        self.wait_for("the successor repairs it", async || exists()).await;
    }
}
