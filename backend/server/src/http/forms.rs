//! Bodies of forms: URL-encoded or with a file, limited in size, with the token of the session inside (the second wall against forged
//! requests). Repeated names are joined by line breaks, so that nothing typed is lost.

use super::actor::Visitor;
use super::problem::Failure;
use super::views::form::Form;
use super::{form_token, multipart};
use crate::usecases::Error;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// Largest form in bytes; the longest justification fits many times.
pub const FORM_BYTES_MAX: usize = 64 * 1024;

/// What was typed, by name of the input. Extracting it proves that the form came from this visitor's page.
#[derive(Debug, Clone, Default)]
pub struct Typed(pub BTreeMap<String, String>);

impl Typed {
    /// The value of an input, without white space around it; empty if it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(|value| value.trim()).unwrap_or_default()
    }

    /// Everything that was typed, to show the form again.
    #[must_use]
    pub fn into_form(self) -> Form {
        let key = self.get("idempotency_key").to_owned();
        let mut form = Form::fresh(key);
        form.values = self.0;
        form.values.remove("csrf");
        form.secret = form.values.remove("password").is_some();
        form
    }
}

/// The fields of a body; with a file where the form has one.
fn fields(kind: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    if multipart::is(kind) {
        return multipart::read(kind, body);
    }
    let pairs = web::Query::<Vec<(String, String)>>::from_query(std::str::from_utf8(body).ok()?).ok()?;
    Some(pairs.into_inner())
}

impl FromRequest for Typed {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload).into_inner();
        let bytes = Bytes::from_request(request, payload);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        Box::pin(async move {
            let visitor = visitor?;
            let bytes = bytes.await.map_err(|_too_long| Failure(Error::Conflict("too-large")))?;
            if bytes.len() > FORM_BYTES_MAX {
                return Err(Failure(Error::Conflict("too-large")));
            }
            let pairs = fields(&kind, &bytes).ok_or(Failure(Error::Conflict("malformed")))?;
            let mut typed = BTreeMap::<String, String>::new();
            for (name, value) in pairs {
                let value = value.replace("\r\n", "\n").replace('\0', "");
                typed
                    .entry(name)
                    .and_modify(|before| *before = format!("{before}\n{value}"))
                    .or_insert(value);
            }
            let typed = Self(typed);
            if !form_token::matches(typed.get("csrf"), &visitor.csrf) {
                return Err(Failure(Error::Conflict("csrf")));
            }
            Ok(typed)
        })
    }
}
