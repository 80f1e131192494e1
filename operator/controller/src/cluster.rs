//! IO: the API server of the cluster, as JSON. Every call has a time-out, and every answer carries the server's time.
//!
//! Kinds are data here (`apiVersion` and `kind` of a manifest); the table below knows the path of each. A kind that
//! is not in the table cannot be touched.

use crate::lease::Guard;
use crate::trimmed::Trimmed;
use contract::kinds::context::MANAGER;
use http::{Method, Request};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use kube::client::Body;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// Longest wait for one answer; kube itself has no read time-out.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Objects in one page of a long list.
const PAGE: usize = 200;

/// Group/version, kind, plural, whether it lives in a namespace.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("v1", "Namespace", "namespaces", false),
    ("v1", "Node", "nodes", false),
    ("v1", "PersistentVolume", "persistentvolumes", false),
    ("v1", "ResourceQuota", "resourcequotas", true),
    ("v1", "Secret", "secrets", true),
    ("v1", "ConfigMap", "configmaps", true),
    ("v1", "Service", "services", true),
    ("v1", "Pod", "pods", true),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("v1", "Event", "events", true),
    ("apps/v1", "Deployment", "deployments", true),
    ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true),
    ("networking.k8s.io/v1", "Ingress", "ingresses", true),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true),
    ("storage.k8s.io/v1", "StorageClass", "storageclasses", false),
    ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true),
    ("postgresql.cnpg.io/v1", "Cluster", "clusters", true),
    ("postgresql.cnpg.io/v1", "Database", "databases", true),
    ("postgresql.cnpg.io/v1", "ScheduledBackup", "scheduledbackups", true),
    ("barmancloud.cnpg.io/v1", "ObjectStore", "objectstores", true),
    ("kubevirt.io/v1", "VirtualMachine", "virtualmachines", true),
    ("kubevirt.io/v1", "VirtualMachineInstance", "virtualmachineinstances", true),
    ("cdi.kubevirt.io/v1beta1", "VolumeImportSource", "volumeimportsources", true),
    ("coordination.k8s.io/v1", "Lease", "leases", true),
    ("wolkenamt.de/v1alpha1", "Booking", "bookings", false),
];

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The API server answered with a status.
    #[error("HTTP {code} {reason}: {message}")]
    Status {
        /// HTTP status.
        code: u16,
        /// Reason word, may be empty.
        reason: String,
        /// In the words of the server.
        message: String,
    },
    /// No answer.
    #[error("API server not reachable: {0}")]
    Unreachable(#[source] kube::Error),
    /// No answer in time.
    #[error("API server did not answer within {} s", CALL_TIMEOUT.as_secs())]
    TimedOut,
    /// An answer that cannot be read.
    #[error("unreadable answer: {0}")]
    Unreadable(String),
    /// A kind without an entry in the table.
    #[error("unknown kind {0}")]
    UnknownKind(String),
    /// Another operator may lead by now; nothing was sent.
    #[error("this operator does not lead any more")]
    NotLeading,
}

impl ClusterError {
    /// The HTTP status, if there was one.
    pub fn code(&self) -> Option<u16> {
        match self {
            ClusterError::Status { code, .. } => Some(*code),
            ClusterError::Unreachable(_)
            | ClusterError::TimedOut
            | ClusterError::Unreadable(_)
            | ClusterError::UnknownKind(_)
            | ClusterError::NotLeading => None,
        }
    }

    /// Whether an object of that name is there already. A quota that many change at the same time is answered with the same status,
    /// and then nothing was made.
    pub fn already_exists(&self) -> bool {
        matches!(self, ClusterError::Status { code: 409, reason, .. } if reason == "AlreadyExists")
    }

    /// Whether it is about one object, so that others may still succeed.
    pub fn is_about_one(&self) -> bool {
        match self {
            // Who is not known, too slow or too fast is refused everything.
            ClusterError::Status { code, .. } => {
                (400..500).contains(code) && !matches!(code, 401 | 408 | 429)
            }
            ClusterError::Unreadable(_) | ClusterError::UnknownKind(_) => true,
            ClusterError::Unreachable(_) | ClusterError::TimedOut | ClusterError::NotLeading => false,
        }
    }
}

/// An answer and the time of the server that gave it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Body.
    pub value: Value,
    /// `Date` of the answer: whole seconds, by the API server's clock.
    pub at: Timestamp,
}

/// Connection to one cluster.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    guard: Option<Guard>,
}

impl Cluster {
    /// Uses this client.
    pub fn new(client: kube::Client) -> Cluster {
        Cluster { client, guard: None }
    }

    /// The same cluster, to which nothing is written any more once the guard does not hold.
    pub fn guarded(&self, guard: Guard) -> Cluster {
        Cluster { client: self.client.clone(), guard: Some(guard) }
    }

    /// The client, for watches.
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// One object, `None` if it does not exist.
    pub async fn get(&self, path: &str) -> Result<Option<Answer>, ClusterError> {
        match self.call(Method::GET, path, "application/json", None).await {
            Ok(answer) => Ok(Some(answer)),
            Err(ClusterError::Status { code: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The API server's time.
    pub async fn time(&self) -> Result<Timestamp, ClusterError> {
        self.call(Method::GET, "/version", "application/json", None).await.map(|answer| answer.at)
    }

    /// Objects of a kind by label, each with `apiVersion` and `kind`. A kind that is not installed has none.
    pub async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        query: &str,
    ) -> Result<Vec<Value>, ClusterError> {
        let path = collection(api_version, kind, namespace)?;
        let separator = if query.is_empty() { "" } else { "?" };
        let Some(answer) = self.get(&format!("{path}{separator}{query}")).await? else {
            return Ok(Vec::new());
        };
        Ok(items(answer.value, api_version, kind))
    }

    /// The same for what there may be much of: page by page, of which only what is wanted is kept.
    pub async fn list_where(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        query: &str,
        mut wanted: impl FnMut(&Value) -> bool,
    ) -> Result<Vec<Value>, ClusterError> {
        let mut kept = Vec::new();
        let mut next = None;
        loop {
            let path = collection(api_version, kind, namespace)?;
            let (items, more) =
                self.page_of(&path, (api_version, kind), query, PAGE, next.as_deref()).await?;
            kept.extend(items.into_iter().filter(|item| wanted(item)));
            next = more;
            if next.is_none() {
                return Ok(kept);
            }
        }
    }

    /// One page of the objects of a kind in all namespaces. A kind that is not installed has none.
    pub async fn page(
        &self,
        api_version: &str,
        kind: &str,
        query: &str,
        limit: usize,
        next: Option<&str>,
    ) -> Result<Page, ClusterError> {
        let path = page_path(&collection(api_version, kind, None)?, query, limit, next);
        match self.raw(Method::GET, &path, "application/json", None).await {
            Ok((body, _at)) => {
                serde_json::from_slice(&body).map_err(|error| ClusterError::Unreadable(error.to_string()))
            }
            Err(ClusterError::Status { code: 404, .. }) => Ok(Page::default()),
            Err(error) => Err(error),
        }
    }

    async fn page_of(
        &self,
        path: &str,
        (api_version, kind): (&str, &str),
        query: &str,
        limit: usize,
        next: Option<&str>,
    ) -> Result<(Vec<Value>, Option<String>), ClusterError> {
        let path = page_path(path, query, limit, next);
        let Some(answer) = self.get(&path).await? else { return Ok((Vec::new(), None)) };
        let more = answer.value.pointer("/metadata/continue").and_then(Value::as_str);
        let more = more.filter(|more| !more.is_empty()).map(str::to_owned);
        Ok((items(answer.value, api_version, kind), more))
    }

    /// Server-side apply with the operator's field manager; what others changed of our fields is taken back.
    pub async fn apply(&self, manifest: &Value) -> Result<Answer, ClusterError> {
        let path = format!("{}?fieldManager={MANAGER}&force=true", path_of(manifest)?);
        self.call(Method::PATCH, &path, "application/apply-patch+yaml", Some(manifest)).await
    }

    /// Creates; an existing object is a conflict.
    pub async fn create(&self, manifest: &Value) -> Result<Answer, ClusterError> {
        let path = path_of(manifest)?;
        let parent = path.rsplit_once('/').map(|(parent, _name)| parent.to_owned()).unwrap_or(path);
        let path = format!("{parent}?fieldManager={MANAGER}");
        self.call(Method::POST, &path, "application/json", Some(manifest)).await
    }

    /// Replaces an object or a subresource; a stale `resourceVersion` is a conflict.
    pub async fn replace(&self, path: &str, body: &Value) -> Result<Answer, ClusterError> {
        let path = format!("{path}?fieldManager={MANAGER}");
        self.call(Method::PUT, &path, "application/json", Some(body)).await
    }

    /// Changes some fields.
    pub async fn merge(&self, path: &str, body: &Value) -> Result<Answer, ClusterError> {
        let path = format!("{path}?fieldManager={MANAGER}");
        self.call(Method::PATCH, &path, "application/merge-patch+json", Some(body)).await
    }

    /// Deletes in the background; what does not exist is fine. With `uid` only this very object.
    pub async fn delete(&self, path: &str, uid: Option<&str>) -> Result<(), ClusterError> {
        let mut body =
            json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
        if let (Some(uid), Some(options)) = (uid, body.as_object_mut()) {
            options.insert("preconditions".to_owned(), json!({"uid": uid}));
        }
        match self.call(Method::DELETE, path, "application/json", Some(&body)).await {
            Ok(_) | Err(ClusterError::Status { code: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes a namespace for the operator's own objects if it is missing.
    pub async fn ensure_namespace(&self, name: &str) -> Result<(), ClusterError> {
        let path = object("v1", "Namespace", None, name)?;
        if self.get(&path).await?.is_none() {
            let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            match self.create(&manifest).await {
                Err(error) if !error.already_exists() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Plain text of a page, such as metrics behind the API server's proxy.
    pub async fn text(&self, path: &str) -> Result<String, ClusterError> {
        let (body, _at) = self.raw(Method::GET, path, "text/plain", None).await?;
        String::from_utf8(body).map_err(|error| ClusterError::Unreadable(error.to_string()))
    }

    /// Whether this operator leads, so that it may write here and elsewhere.
    pub fn may_write(&self) -> bool {
        self.guard.as_ref().is_none_or(Guard::holds)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ClusterError> {
        let (body, at) = self.raw(method, path, content_type, body).await?;
        let Trimmed(value) =
            serde_json::from_slice(&body).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
        Ok(Answer { value, at })
    }

    async fn raw(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Result<(Vec<u8>, Timestamp), ClusterError> {
        if method != Method::GET && !self.may_write() {
            return Err(ClusterError::NotLeading);
        }
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .body(Body::from(bytes))
            .map_err(|error| ClusterError::Unreadable(error.to_string()))?;
        tokio::time::timeout(CALL_TIMEOUT, self.exchange(request))
            .await
            .map_err(|_elapsed| ClusterError::TimedOut)?
    }

    async fn exchange(&self, request: Request<Body>) -> Result<(Vec<u8>, Timestamp), ClusterError> {
        let response = self.client.send(request).await.map_err(ClusterError::Unreachable)?;
        let code = response.status();
        let at = response
            .headers()
            .get("date")
            .and_then(|date| date.to_str().ok())
            .and_then(|date| rfc2822::parse(date).ok())
            .map(|zoned| zoned.timestamp());
        let body = response.into_body().collect_bytes().await.map_err(ClusterError::Unreachable)?;
        if !code.is_success() {
            let status: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let plain = String::from_utf8_lossy(&body).chars().take(300).collect();
            let message = if status.is_object() { text("message") } else { plain };
            return Err(ClusterError::Status { code: code.as_u16(), reason: text("reason"), message });
        }
        let at = at.ok_or_else(|| ClusterError::Unreadable("answer without Date".to_owned()))?;
        Ok((body.into(), at))
    }
}

fn page_path(collection: &str, query: &str, limit: usize, next: Option<&str>) -> String {
    let separator = if query.is_empty() { "" } else { "&" };
    let from = next.map_or_else(String::new, |next| format!("&continue={next}"));
    format!("{collection}?limit={limit}{from}{separator}{query}")
}

/// A part of a long list. Its objects stay text until they are needed: read, they take many times the room.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    #[serde(default)]
    metadata: Meta,
    /// The objects, without the type that a list does not repeat. Go writes an empty list in either way.
    #[serde(default, deserialize_with = "or_none")]
    pub items: VecDeque<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(rename = "continue", default)]
    more: String,
    #[serde(default)]
    namespace: String,
}

fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

impl Page {
    /// Where the next page begins.
    pub fn next(&self) -> Option<&str> {
        Some(self.metadata.more.as_str()).filter(|more| !more.is_empty())
    }
}

/// The namespace of an object that is not read yet.
pub(crate) fn namespace_of(item: &RawValue) -> Result<String, ClusterError> {
    #[derive(Deserialize)]
    struct Object {
        metadata: Meta,
    }
    let object = serde_json::from_str::<Object>(item.get());
    object
        .map(|object| object.metadata.namespace)
        .map_err(|error| ClusterError::Unreadable(error.to_string()))
}

/// An object of a list, with its type.
pub(crate) fn read_item(item: &RawValue, api_version: &str, kind: &str) -> Result<Value, ClusterError> {
    let Trimmed(mut value) =
        serde_json::from_str(item.get()).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    typed(&mut value, api_version, kind);
    Ok(value)
}

fn typed(value: &mut Value, api_version: &str, kind: &str) {
    if let Some(object) = value.as_object_mut() {
        object.insert("apiVersion".to_owned(), json!(api_version));
        object.insert("kind".to_owned(), json!(kind));
    }
}

/// The items of a list, which do not say themselves what they are.
fn items(mut list: Value, api_version: &str, kind: &str) -> Vec<Value> {
    let Some(Value::Array(mut items)) = list.get_mut("items").map(Value::take) else { return Vec::new() };
    items.iter_mut().for_each(|item| typed(item, api_version, kind));
    items
}

/// Path of a collection.
pub fn collection(api_version: &str, kind: &str, namespace: Option<&str>) -> Result<String, ClusterError> {
    let (_, _, plural, namespaced) = KINDS
        .iter()
        .find(|(known, name, _, _)| *known == api_version && *name == kind)
        .ok_or_else(|| ClusterError::UnknownKind(format!("{api_version} {kind}")))?;
    let root = if api_version.contains('/') { "/apis" } else { "/api" };
    Ok(match (namespaced, namespace) {
        (true, Some(namespace)) => format!("{root}/{api_version}/namespaces/{namespace}/{plural}"),
        (true, None) | (false, _) => format!("{root}/{api_version}/{plural}"),
    })
}

/// Path of an object.
pub fn object(
    api_version: &str,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
) -> Result<String, ClusterError> {
    Ok(format!("{}/{name}", collection(api_version, kind, namespace)?))
}

/// Path of a Booking.
pub fn booking_path(name: &str) -> String {
    format!("/apis/wolkenamt.de/v1alpha1/bookings/{name}")
}

/// Path of the object that a manifest describes.
pub fn path_of(manifest: &Value) -> Result<String, ClusterError> {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
    object(
        text("/apiVersion").unwrap_or_default(),
        text("/kind").unwrap_or_default(),
        text("/metadata/namespace"),
        text("/metadata/name").unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_text_until_they_are_read() {
        let page = |text: &str| serde_json::from_str::<Page>(text).unwrap();
        for empty in ["{}", r#"{"metadata":{},"items":null}"#, r#"{"metadata":{"continue":""},"items":[]}"#] {
            assert_eq!((page(empty).items.len(), page(empty).next()), (0, None), "{empty}");
        }
        let text = r#"{"metadata":{"continue":"x"},"items":[
            {"metadata":{"namespace":"n","name":"a","managedFields":[{"manager":"m","fieldsV1":{"f:a":{}}}]}},
            {"metadata":{"name":"b"}}]}"#;
        let found = page(text);
        assert_eq!(found.next(), Some("x"));
        let namespaces: Vec<String> = found.items.iter().map(|item| namespace_of(item).unwrap()).collect();
        assert_eq!(namespaces, ["n", ""]);
        let read = read_item(&found.items[0], "v1", "Pod").unwrap();
        let expected = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "n", "name": "a", "managedFields": [{"manager": "m"}]}});
        assert_eq!(read, expected);
    }

    #[test]
    fn paths_as_table() {
        let path = |value: Value| path_of(&value).unwrap();
        assert_eq!(
            path(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})),
            "/api/v1/namespaces/a"
        );
        assert_eq!(
            path(
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "n"}})
            ),
            "/apis/apps/v1/namespaces/n/deployments/a"
        );
        assert!(path_of(&json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}})).is_err());
    }
}
