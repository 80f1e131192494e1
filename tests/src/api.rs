//! A program with an access token.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub struct ApiAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body; null if there is none.
    pub body: Value,
    /// Media type.
    pub content_type: String,
    /// Version of what was read.
    pub etag: Option<String>,
}

/// The program.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Api {
    /// A client for a marketplace.
    #[must_use]
    pub fn new(url: &str, token: &str) -> Self {
        Self { client: reqwest::Client::new(), url: url.to_owned(), token: token.to_owned() }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> ApiAnswer {
        self.finish(self.request(Method::GET, path)).await
    }

    /// Sends a body, with a key that makes a repetition harmless.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> ApiAnswer {
        self.finish(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// A request that a test changes further.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// Sends it.
    pub async fn finish(&self, request: RequestBuilder) -> ApiAnswer {
        let response = request.send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (etag, content_type) = (header("etag"), header("content-type").unwrap_or_default());
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        ApiAnswer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), content_type, etag }
    }
}
