//! A person with a browser that knows no JavaScript: follows forms, keeps cookies, sends the hidden fields back.

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use std::collections::BTreeMap;

/// What came back.
#[derive(Debug, Clone)]
pub struct PageAnswer {
    /// HTTP status.
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The page.
    pub html: String,
    /// Headers in lower case.
    pub headers: BTreeMap<String, String>,
}

impl PageAnswer {
    /// The value of a hidden input.
    #[must_use]
    pub fn hidden(&self, name: &str) -> Option<String> {
        let tag = self
            .html
            .split("<input")
            .find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(&format!("name=\"{name}\""))))?;
        let value = tag.split('>').next()?.split("value=\"").nth(1)?;
        Some(value.split('"').next()?.to_owned())
    }
}

/// The browser; clones share nothing.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    url: String,
    /// By name.
    pub cookies: BTreeMap<String, String>,
    last: Option<PageAnswer>,
}

impl Browser {
    pub(crate) fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, url: url.to_owned(), cookies: BTreeMap::new(), last: None }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> PageAnswer {
        let request = self.client.get(format!("{}{path}", self.url)).header(COOKIE, self.cookie_header());
        self.finish(request).await
    }

    /// Sends a form with the hidden fields of the page that was opened last.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> PageAnswer {
        let mut all: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some(last) = &self.last {
            for name in ["csrf", "idempotency_key"] {
                if let Some(value) =
                    last.hidden(name).filter(|_| !fields.iter().any(|(given, _)| *given == name))
                {
                    all.push((name.to_owned(), value));
                }
            }
        }
        self.post_raw(path, &all).await
    }

    /// Sends exactly these fields and a file (input, name, text), as a form with a file does.
    pub async fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &str, &str),
    ) -> PageAnswer {
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!(
                "--form\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        let (input, name, text) = file;
        body.push_str(&format!(
            "--form\r\nContent-Disposition: form-data; name=\"{input}\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n\
             {text}\r\n--form--\r\n"
        ));
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header(COOKIE, self.cookie_header())
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=form")
            .body(body);
        self.finish(request).await
    }

    /// Sends exactly these fields.
    pub async fn post_raw(&mut self, path: &str, fields: &[(String, String)]) -> PageAnswer {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .header(COOKIE, self.cookie_header())
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        self.finish(request).await
    }

    /// Sends any request with the cookies of this browser.
    pub async fn send(
        &mut self,
        change: impl FnOnce(&reqwest::Client, &str) -> reqwest::RequestBuilder,
    ) -> PageAnswer {
        let request = change(&self.client, &self.url).header(COOKIE, self.cookie_header());
        self.finish(request).await
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn finish(&mut self, request: reqwest::RequestBuilder) -> PageAnswer {
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let location = response.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let answer = PageAnswer { status, location, headers, html: response.text().await.unwrap() };
        self.last = Some(answer.clone());
        answer
    }
}
