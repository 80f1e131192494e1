//! A cluster in this process, as exact as the operator can tell: objects by path, resource versions, generations, finalizers,
//! server-side apply that takes back what is not applied any more, label selectors, and a clock that the test moves.

use crate::fate::{Fate, Verdict};
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
pub(crate) struct Held {
    pub(crate) objects: BTreeMap<String, Value>,
    /// What was applied last, by path.
    applied: BTreeMap<String, Value>,
    /// Rises with every change.
    pub(crate) version: u64,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// Whatever changes an object whose path contains this is refused.
    pub(crate) refuses: Option<String>,
    /// Member of a status that the definition of Booking does not know.
    pub(crate) drops: Option<&'static str>,
}

#[derive(Clone)]
pub(crate) struct FakeCluster {
    held: Arc<Mutex<Held>>,
    fate: Fate,
}

impl FakeCluster {
    pub(crate) fn new(held: Held, fate: Fate) -> FakeCluster {
        FakeCluster { held: Arc::new(Mutex::new(held)), fate }
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Held) -> T) -> T {
        look(&mut self.held.lock().unwrap())
    }

    /// A client of its API server.
    pub(crate) fn client(&self) -> kube::Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request| {
            let cluster = cluster.clone();
            async move { Ok::<_, Infallible>(cluster.serve(request).await) }
        });
        kube::Client::new(service, "default")
    }

    async fn serve(&self, request: Request<Body>) -> Response<Body> {
        self.fate.only_to_the_living().await;
        let (head, body) = request.into_parts();
        let body = body.collect_bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let content_type =
            head.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default();
        let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
        let verdict = if head.method == http::Method::GET {
            Verdict::Done
        } else {
            self.fate.count(format!("{} {path}", head.method))
        };
        if verdict == Verdict::Dies(crate::fate::Side::Before) {
            self.fate.die().await;
        }
        let (status, answer, now) = self.with(|held| {
            let (status, answer) = held.answer(head.method.as_str(), path, query, content_type, &body);
            (status, answer, held.now)
        });
        if verdict != Verdict::Done {
            self.fate.die().await;
        }
        let date = jiff::Timestamp::from_second(now).unwrap();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
        let answer = answer.to_string().into_bytes();
        Response::builder().status(status).header("date", date).body(Body::from(answer)).unwrap()
    }
}

impl Held {
    /// A cluster in which nothing is booked.
    pub(crate) fn empty(now: i64) -> Held {
        let mut held = Held { now, ..Held::default() };
        let class = json!({
            "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "allowVolumeExpansion": true
        });
        held.store("/apis/storage.k8s.io/v1/storageclasses/standard", class);
        held
    }

    pub(crate) fn store(&mut self, path: &str, mut object: Value) -> Value {
        self.version += 1;
        let known = self.objects.get(path);
        let meta = |name: &str| known.map(|known| known["metadata"][name].clone());
        let changed = known.is_none_or(|known| known["spec"] != object["spec"]);
        let generation = known.and_then(|known| known["metadata"]["generation"].as_i64()).unwrap_or(0);
        object["metadata"]["generation"] = json!(generation + i64::from(changed));
        object["metadata"]["uid"] = meta("uid").unwrap_or_else(|| json!(format!("uid-{}", self.version)));
        let born = meta("creationTimestamp").unwrap_or_else(|| json!(time(self.now)));
        object["metadata"]["creationTimestamp"] = born;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.insert(path.to_owned(), object.clone());
        object
    }

    /// The same, unless nothing changes.
    pub(crate) fn store_changed(&mut self, path: &str, object: Value) -> Value {
        match self.objects.get(path) {
            Some(known) if *known == object => object,
            _ => self.store(path, object),
        }
    }

    fn answer(&mut self, method: &str, path: &str, query: &str, kind: &str, body: &Value) -> (u16, Value) {
        let refused = |code: u16, reason: &str| {
            (code, json!({"reason": reason, "message": format!("{method} {path}")}))
        };
        let known = self.objects.get(path).cloned();
        let name = if method == "POST" { body["metadata"]["name"].as_str().unwrap_or_default() } else { "" };
        let target = format!("{path}/{name}");
        if method != "GET" && self.refuses.as_ref().is_some_and(|refused| target.contains(refused)) {
            return refused(422, "Invalid");
        }
        match (method, known) {
            ("GET", _) if path == "/version" => {
                (200, json!({"gitVersion": "v1.36.3", "major": "1", "minor": "36"}))
            }
            ("GET", _) if path == "/apis/postgresql.cnpg.io/v1" => {
                (200, json!({"resources": [{"kind": "Cluster"}]}))
            }
            ("GET", _) if path == "/apis/barmancloud.cnpg.io/v1" => {
                (200, json!({"resources": [{"kind": "ObjectStore"}]}))
            }
            ("GET", _) if path == "/apis/kubevirt.io/v1" => {
                (200, json!({"resources": [{"kind": "VirtualMachine"}]}))
            }
            ("GET", Some(object)) => (200, object),
            ("GET", None) if is_collection(path) => (200, json!({"items": self.list(path, query)})),
            ("POST", _) => {
                let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
                if self.objects.contains_key(&path) {
                    return refused(409, "AlreadyExists");
                }
                (201, self.store(&path, body.clone()))
            }
            ("PATCH", known) if kind.contains("apply") => (200, self.apply(path, known, body)),
            ("PATCH", Some(object)) => {
                let version = &body["metadata"]["resourceVersion"];
                if !version.is_null() && *version != object["metadata"]["resourceVersion"] {
                    return refused(409, "Conflict");
                }
                let mut changed = object;
                merge(&mut changed, body);
                (200, self.settle(path, changed))
            }
            ("PUT", Some(object)) => {
                if object["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"] {
                    return refused(409, "Conflict");
                }
                let mut changed = body.clone();
                changed["status"] = object["status"].clone();
                for kept in ["uid", "generation", "creationTimestamp"] {
                    changed["metadata"][kept] = object["metadata"][kept].clone();
                }
                (200, self.store_changed(path, changed))
            }
            ("PUT", None) => self.replace_status(path, body).unwrap_or_else(|code| refused(code, "Conflict")),
            ("DELETE", Some(object)) => {
                let uid = &body["preconditions"]["uid"];
                if !uid.is_null() && *uid != object["metadata"]["uid"] {
                    return refused(409, "Conflict");
                }
                let mut ending = object;
                if ending["metadata"]["deletionTimestamp"].is_null() {
                    ending["metadata"]["deletionTimestamp"] = json!(time(self.now));
                }
                (200, self.settle(path, ending))
            }
            _ => refused(404, "NotFound"),
        }
    }

    /// An object whose deletion was asked for goes when nobody holds it any more.
    pub(crate) fn settle(&mut self, path: &str, object: Value) -> Value {
        let held = object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
        if !object["metadata"]["deletionTimestamp"].is_null() && !held {
            self.version += 1;
            self.objects.remove(path);
            self.applied.remove(path);
            return object;
        }
        self.store_changed(path, object)
    }

    fn apply(&mut self, path: &str, known: Option<Value>, body: &Value) -> Value {
        let mut object = known.unwrap_or_else(|| json!({"metadata": {}}));
        if let Some(before) = self.applied.insert(path.to_owned(), body.clone()) {
            take_back(&mut object, &before, body);
        }
        merge(&mut object, body);
        self.store_changed(path, object)
    }

    fn replace_status(&mut self, path: &str, body: &Value) -> Result<(u16, Value), u16> {
        let path = path.strip_suffix("/status").ok_or(404_u16)?;
        let mut object = self.objects.get(path).cloned().ok_or(404_u16)?;
        if object["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"] {
            return Err(409);
        }
        // What an API server refuses in a custom resource.
        assert!(!body["status"].to_string().contains(":null"), "{}", body["status"]);
        object["status"] = body["status"].clone();
        if let (Some(dropped), Some(status)) = (self.drops, object["status"].as_object_mut()) {
            status.shift_remove(dropped);
        }
        Ok((200, self.store_changed(path, object)))
    }

    /// Objects of a collection, of one namespace or of all.
    fn list(&self, path: &str, query: &str) -> Vec<&Value> {
        let (root, plural) = path.rsplit_once('/').unwrap();
        let within = |object: &str| {
            let Some((parent, _name)) = object.rsplit_once('/') else { return false };
            let everywhere = parent.starts_with(&format!("{root}/namespaces/"))
                && parent.rsplit_once('/').is_some_and(|(_, found)| found == plural)
                && parent.split('/').count() == root.split('/').count() + 3;
            parent == path || everywhere
        };
        let selector = query.split('&').find_map(|pair| pair.strip_prefix("labelSelector=")).map(decode);
        let wanted = |object: &Value| selector.as_deref().is_none_or(|selector| selects(selector, object));
        self.objects
            .iter()
            .filter(|(path, object)| within(path) && wanted(object))
            .map(|(_, object)| object)
            .collect()
    }
}

/// `a`, `a=b` or `a in (b,c)`.
fn selects(selector: &str, object: &Value) -> bool {
    let value = |label: &str| object["metadata"]["labels"][label].as_str();
    if let Some((label, values)) = selector.split_once(" in ") {
        let mut values = values.trim_matches(['(', ')']).split(',');
        return values.any(|wanted| value(label) == Some(wanted));
    }
    match selector.split_once('=') {
        Some((label, wanted)) => value(label) == Some(wanted),
        None => value(selector).is_some(),
    }
}

fn decode(text: &str) -> String {
    let codes =
        [("%3D", "="), ("%2F", "/"), ("%2C", ","), ("%20", " "), ("%28", "("), ("%29", ")"), ("%25", "%")];
    codes.iter().fold(text.to_owned(), |text, (code, sign)| text.replace(code, sign))
}

/// A path that ends with a plural: an even number of parts below the version, or one.
fn is_collection(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let below = parts.len() - if parts[0] == "api" { 2 } else { 3 };
    below % 2 == 1
}

/// Members that were applied before and are not any more.
fn take_back(object: &mut Value, before: &Value, now: &Value) {
    let (Some(object), Some(before)) = (object.as_object_mut(), before.as_object()) else { return };
    for (name, inner) in before {
        match now.get(name) {
            None => drop(object.remove(name)),
            Some(now) => {
                if let Some(object) = object.get_mut(name) {
                    take_back(object, inner, now);
                }
            }
        }
    }
}

fn merge(object: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    for (name, value) in patch {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut object[name], value);
        }
    }
}

/// As the API server writes it.
pub(crate) fn time(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().to_string()
}
