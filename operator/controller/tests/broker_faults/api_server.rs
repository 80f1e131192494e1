//! As much of an API server as a pass needs: objects by path, resource versions, apply, merge, create, delete, and a clock that
//! the test moves. What it does not know it refuses.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it holds.
#[derive(Default)]
pub(crate) struct Held {
    objects: BTreeMap<String, Value>,
    version: u64,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// The next write of a status finds that somebody else was faster.
    pub(crate) conflict: bool,
    /// Its definition of Booking is older than the words of the provider's people.
    pub(crate) outdated: bool,
}

#[derive(Clone)]
pub(crate) struct ApiServer {
    held: Arc<Mutex<Held>>,
    pub(crate) url: String,
}

impl ApiServer {
    pub(crate) async fn start() -> ApiServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let held = Held { now: 1_780_000_000, ..Held::default() };
        let server = ApiServer { held: Arc::new(Mutex::new(held)), url };
        let serving = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _peer) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, serving.held.clone()));
            }
        });
        server
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Held) -> T) -> T {
        look(&mut self.held.lock().unwrap())
    }

    pub(crate) fn put(&self, path: &str, object: Value) {
        self.with(|held| held.store(path, object));
    }

    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        self.with(|held| held.objects.get(path).cloned())
    }
}

impl Held {
    fn store(&mut self, path: &str, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.insert(path.to_owned(), object.clone());
        object
    }

    fn answer(&mut self, method: &str, path: &str, content_type: &str, body: &Value) -> (u16, Value) {
        let known = self.objects.get(path).cloned();
        match (method, known) {
            ("GET", None) if path == "/version" => (200, json!({"gitVersion": "v1.36.3"})),
            ("GET", Some(object)) => (200, object),
            ("GET", None) if is_collection(path) => {
                let within = format!("{path}/");
                let items: Vec<&Value> = self
                    .objects
                    .iter()
                    .filter(|(path, _)| path.strip_prefix(&within).is_some_and(|rest| !rest.contains('/')))
                    .map(|(_, object)| object)
                    .collect();
                (200, json!({"items": items}))
            }
            ("POST", _) => {
                let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
                if self.objects.contains_key(&path) {
                    return (409, json!({"reason": "AlreadyExists", "message": "it is there"}));
                }
                (201, self.store(&path, body.clone()))
            }
            ("PATCH", None) if content_type.contains("apply") => (201, self.store(path, body.clone())),
            ("PATCH", Some(mut object)) => {
                merge(&mut object, body);
                (200, self.store(path, object))
            }
            ("PUT", None) => self.replace_status(path, body),
            ("DELETE", Some(object)) => {
                self.objects.remove(path);
                (200, object)
            }
            _ => (404, json!({"reason": "NotFound", "message": format!("{method} {path}")})),
        }
    }

    fn replace_status(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let stale = (409, json!({"reason": "Conflict", "message": "somebody else was faster"}));
        let Some(path) = path.strip_suffix("/status") else { return (404, json!({"reason": "NotFound"})) };
        let Some(mut object) = self.objects.get(path).cloned() else {
            return (404, json!({"reason": "NotFound"}));
        };
        let versions = [&object, body].map(|it| it["metadata"]["resourceVersion"].clone());
        if std::mem::take(&mut self.conflict) || versions[0] != versions[1] {
            return stale;
        }
        // What an API server refuses in a custom resource.
        assert!(!body["status"].to_string().contains(":null"), "{}", body["status"]);
        object["status"] = body["status"].clone();
        if let Some(status) = object["status"].as_object_mut().filter(|_| self.outdated) {
            status.remove("word");
        }
        (200, self.store(path, object))
    }
}

/// A path that ends with a plural: an even number of parts below the version, or one.
fn is_collection(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let below = parts.len() - if parts[0] == "api" { 2 } else { 3 };
    below % 2 == 1
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

async fn serve(mut stream: TcpStream, held: Arc<Mutex<Held>>) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16384];
    loop {
        let Some(length) = stream.read(&mut chunk).await.ok().filter(|length| *length > 0) else { return };
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
            line.map(|line| line[name.len() + 1..].trim().to_owned()).unwrap_or_default()
        };
        let wanted: usize = header("content-length").parse().unwrap_or(0);
        if body.len() < wanted {
            continue;
        }
        let mut first = head.lines().next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let path = target.split('?').next().unwrap();
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        let (status, answer, now) = {
            let mut held = held.lock().unwrap();
            let (status, answer) = held.answer(method, path, &header("content-type"), &body);
            (status, answer.to_string(), held.now)
        };
        let date = jiff::Timestamp::from_second(now).unwrap();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
        let reply = format!(
            "HTTP/1.1 {status} X\r\ndate: {date}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        drop(stream.write_all(reply.as_bytes()).await);
        return;
    }
}
