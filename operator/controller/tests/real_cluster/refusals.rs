//! What the API server refuses the operator, with the rights and policies of the chart: tried as the operator, one by one.

use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs kubectl with an input; whether it succeeded, and all that it said.
pub(crate) fn feed(kubeconfig: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new("kubectl")
        .args(["--kubeconfig", kubeconfig])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever does not read its input has closed it.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said.into_owned())
}

fn object(kind: &str, namespace: Option<&str>, name: &str, labels: Value) -> Value {
    let mut meta = json!({"name": name, "labels": labels});
    if let Some(namespace) = namespace {
        meta["namespace"] = json!(namespace);
    }
    let api_version = match kind {
        "Deployment" => "apps/v1",
        "RoleBinding" | "ClusterRoleBinding" | "ClusterRole" => "rbac.authorization.k8s.io/v1",
        "NetworkPolicy" => "networking.k8s.io/v1",
        _ => "v1",
    };
    json!({"apiVersion": api_version, "kind": kind, "metadata": meta})
}

fn service(namespace: &str, labels: Value) -> Value {
    let mut service = object("Service", Some(namespace), "probe", labels);
    service["spec"] = json!({"ports": [{"port": 80}]});
    service
}

fn binding(namespace: &str, role: &str, account: &str) -> Value {
    let mut binding = object("RoleBinding", Some(namespace), "probe", ours());
    binding["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role});
    binding["subjects"] = json!([{"kind": "ServiceAccount", "name": account, "namespace": super::variable("WOLKENAMT_TEST_NAMESPACE")}]);
    binding
}

pub(crate) fn ours() -> Value {
    json!({"app.kubernetes.io/managed-by": "wolkenamt-operator"})
}

fn restricted(mut labels: Value) -> Value {
    labels["pod-security.kubernetes.io/enforce"] = json!("restricted");
    labels
}

/// Everything outside what the operator owns, as table: what is tried, and a word of the refusal.
pub(crate) fn the_api_server_refuses(kubeconfig: &str, booked: &str) {
    let account = super::variable("WOLKENAMT_TEST_ACCOUNT");
    let secrets = format!("{account}-secrets");
    let home = super::variable("WOLKENAMT_TEST_NAMESPACE");
    let created = [
        ("a namespace of another name", object("Namespace", None, "probe", restricted(ours())), "begin with"),
        ("a namespace without Pod Security", object("Namespace", None, "wa-probe", ours()), "Pod Security"),
        (
            "a namespace without label",
            object("Namespace", None, "wa-probe", restricted(json!({}))),
            "carries its label",
        ),
        ("a Service elsewhere", service("default", ours()), "begin with"),
        ("a Service at home", service(&home, ours()), "begin with"),
        ("a Service without label", service(booked, json!({})), "carries its label"),
        ("a Secret elsewhere", object("Secret", Some("default"), "probe", ours()), "forbidden"),
        ("another Secret at home", object("Secret", Some(&home), "probe", ours()), "begin with"),
        ("a ConfigMap where bookings are", object("ConfigMap", Some(booked), "probe", ours()), "forbidden"),
        ("a pod", object("Pod", Some(booked), "probe", ours()), "forbidden"),
        ("a binding of the administrator's role", binding(booked, "cluster-admin", &account), "forbidden"),
        ("a binding of somebody else", binding(booked, &secrets, "default"), "only to itself"),
        ("a binding elsewhere", binding("default", &secrets, &account), "begin with"),
        ("a role", object("ClusterRole", None, "probe", ours()), "forbidden"),
        ("a binding for the whole cluster", object("ClusterRoleBinding", None, "probe", ours()), "forbidden"),
    ];
    for (what, manifest, word) in created {
        let (done, said) = feed(kubeconfig, &["create", "-f", "-"], &manifest.to_string());
        assert!(!done && said.contains(word), "{what}: {said}");
    }
    let others_label = r#"{"metadata":{"labels":{"app.kubernetes.io/managed-by":"wolkenamt-operator"}}}"#;
    let commands: [&[&str]; 12] = [
        &["get", "secrets", "-A"],
        &["get", "secrets", "-n", "kube-system"],
        &["get", "secrets", "-n", booked],
        &["delete", "service", "kubernetes", "-n", "default"],
        &["patch", "service", "kubernetes", "-n", "default", "-p", others_label],
        &["patch", "namespace", "kube-system", "-p", others_label],
        &[
            "patch",
            "namespace",
            booked,
            "-p",
            r#"{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}"#,
        ],
        &["delete", "namespace", booked],
        &["delete", "crd", "bookings.wolkenamt.de"],
        &["create", "token", "default", "-n", booked],
        &["get", "nodes", "--as", "system:admin"],
        &["patch", "validatingadmissionpolicy", &account, "-p", others_label],
    ];
    for command in commands {
        let (done, said) = feed(kubeconfig, command, "");
        assert!(!done && said.to_lowercase().contains("forbidden"), "{command:?}: {said}");
    }
    pods_are_confined(booked);
}

/// Even the administrator gets no pod into a namespace of bookings that breaks out of it or is larger than what is booked.
fn pods_are_confined(booked: &str) {
    let administrator = super::variable("WOLKENAMT_TEST_KUBECONFIG");
    let tame = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": booked},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "probe", "image": "localhost/wolkenamt/pause:1",
                "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "1Mi"}},
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
            }]
        }
    });
    let changed = |pointer: &str, value: Value| {
        let mut pod = tame.clone();
        *pod.pointer_mut(pointer).unwrap() = value;
        pod
    };
    let cases = [
        (changed("/spec/securityContext/runAsNonRoot", json!(false)), "violates PodSecurity"),
        (changed("/spec/containers/0/securityContext", json!({"privileged": true})), "violates PodSecurity"),
        (changed("/spec/containers/0/securityContext/capabilities", json!({})), "violates PodSecurity"),
        (
            changed(
                "/spec/containers/0/resources",
                json!({"requests": {"cpu": "64", "memory": "64Gi"}, "limits": {"memory": "64Gi"}}),
            ),
            "exceeded quota",
        ),
        (changed("/spec/containers/0/resources", json!({})), "must specify"),
    ];
    for (pod, word) in cases {
        let (done, said) = feed(&administrator, &["create", "--dry-run=server", "-f", "-"], &pod.to_string());
        assert!(!done && said.contains(word), "{word}: {said}");
    }
    let policies =
        feed(&administrator, &["get", "networkpolicy", "default-deny", "-n", booked, "-o", "json"], "").1;
    let policy: Value = serde_json::from_str(&policies).unwrap();
    assert_eq!(policy["spec"]["podSelector"], json!({}));
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    let pods = feed(&administrator, &["get", "pods", "-n", booked, "-o", "json"], "").1;
    let pods: Value = serde_json::from_str(&pods).unwrap();
    for pod in pods["items"].as_array().unwrap() {
        assert_eq!(
            pod["spec"]["automountServiceAccountToken"],
            json!(false),
            "a pod of a booking got a token"
        );
    }
}

/// The API server itself lets only the pod write that holds the Lease.
pub(crate) fn only_the_leader_writes(former: &str, leader: &str, booked: &str) {
    let patch = [
        "patch",
        "resourcequota",
        "booked",
        "-n",
        booked,
        "--dry-run=server",
        "-p",
        r#"{"metadata":{"annotations":{"probe":"1"}}}"#,
    ];
    let (done, said) = feed(former, &patch, "");
    assert!(!done && said.contains("another operator of Wolkenamt leads"), "{said}");
    let (done, said) = feed(leader, &patch, "");
    assert!(done, "{said}");
}
