//! How a refusal looks: status, problem+json (RFC 9457) for machines, a page for people. The only place that knows
//! status codes.

use super::actor::Visitor;
use super::respond;
use super::routes;
use super::templates::Templates;
use super::views::error::ErrorView;
use super::views::form::FieldError;
use super::views::page::Lang;
use super::views::text::Text;
use crate::app::App;
use crate::usecases::{Error, Refusal};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use domain::order::Finding;
use serde::Serialize;
use std::fmt;

/// A use-case's error on its way out.
#[derive(Debug)]
pub struct Failure(pub Error);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// What the middleware turns into a body, once it knows for whom.
#[derive(Debug, Clone)]
struct Shown {
    code: String,
    refusal: Option<Refusal>,
    roles: Vec<&'static str>,
    retry_after_seconds: Option<u64>,
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            Error::Unauthenticated => StatusCode::UNAUTHORIZED,
            Error::Denied(_) => StatusCode::FORBIDDEN,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict("foreign-origin" | "csrf" | "token-reads-only") => StatusCode::FORBIDDEN,
            Error::Conflict("replayed" | "clock-skew") => StatusCode::UNAUTHORIZED,
            Error::Conflict("malformed") => StatusCode::BAD_REQUEST,
            Error::Conflict("too-large") => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Conflict("gone") => StatusCode::GONE,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut shown =
            Shown { code: String::new(), refusal: None, roles: Vec::new(), retry_after_seconds: None };
        shown.code = match &self.0 {
            Error::Unauthenticated => "unauthenticated".into(),
            Error::Denied(denied) => {
                shown.roles = denied.action.roles().iter().map(|role| role.code()).collect();
                "forbidden".into()
            }
            Error::NotFound => "not-found".into(),
            Error::Refused(refusal) => {
                shown.refusal = Some(refusal.clone());
                refusal.code.clone()
            }
            Error::Conflict(code) => (*code).into(),
            Error::TooMany { retry_after_seconds } => {
                shown.retry_after_seconds = Some(*retry_after_seconds);
                "too-many".into()
            }
            Error::Unavailable(error) => {
                tracing::error!(error = format!("{error:#}"), "a neighbour does not answer");
                "unavailable".into()
            }
            Error::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "internal failure");
                "internal".into()
            }
        };
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(shown);
        response
    }
}

/// Middleware: gives every error its body. Errors of the framework (no such route, oversized or malformed bodies) get
/// one too.
pub async fn explain(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // The router needs the request for itself alone, so it is taken from the answer. Nothing inside ends in an error of
    // the service: the framework, or the middleware itself, has made an answer of it before.
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let finished =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind != "text/plain; charset=utf-8");
    let shown = response.response().extensions().get::<Shown>().cloned();
    if finished && shown.is_none() {
        return Ok(response);
    }
    let shown = shown.unwrap_or_else(|| of_framework(status));
    let body = body(response.request(), status, &shown);
    let mut answer = response.into_response(body);
    if let Some(seconds) = shown.retry_after_seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(answer)
}

fn of_framework(status: StatusCode) -> Shown {
    let code = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "not-found",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        status if status.is_client_error() => "malformed",
        _ => "internal",
    };
    Shown { code: code.into(), refusal: None, roles: Vec::new(), retry_after_seconds: None }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Address of the explanation.
    pub r#type: String,
    /// What kind of problem it is, in German.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened and what would be right.
    pub detail: String,
    /// Stable code for programs.
    pub code: String,
    /// Wrong fields, each with a JSON pointer.
    pub errors: Vec<FieldError>,
    /// Number of the request, also in the log.
    pub request_id: String,
    /// Real time of the marketplace; only where a clock was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

fn body(request: &HttpRequest, status: StatusCode, shown: &Shown) -> HttpResponse {
    let visitor = request.extensions().get::<Visitor>().cloned();
    let request_id = visitor.as_ref().map(|visitor| visitor.request_id.to_string()).unwrap_or_default();
    let Some(app) = request.app_data::<web::Data<App>>() else { return HttpResponse::new(status) };
    let machine = request.path().starts_with("/api/") || request.path().starts_with("/agent/");
    let lang = if machine { Lang::De } else { respond::language(request) };
    let args = shown.refusal.as_ref().map(|refusal| refusal.args.clone()).unwrap_or_default();
    let text = Text { code: shown.code.clone(), args };
    let detail = shown.refusal.as_ref().and_then(|_| app.templates.say(lang, "refused", &text));
    if machine {
        let title = app.templates.say(lang, "error", &text).unwrap_or_else(|| shown.code.clone());
        let findings = shown.refusal.as_ref().map(|refusal| refusal.findings.as_slice()).unwrap_or_default();
        return HttpResponse::build(status).content_type("application/problem+json").json(Problem {
            r#type: format!("{}/api#{}", app.config.http.public_url, shown.code),
            detail: detail.unwrap_or_else(|| title.clone()),
            title,
            status: status.as_u16(),
            code: shown.code.clone(),
            errors: field_errors(&app.templates, lang, findings),
            request_id,
            now: (shown.code == "clock-skew").then(|| super::agent::operator::real_now().to_string()),
        });
    }
    if status == StatusCode::UNAUTHORIZED {
        return respond::to_sign_in(request);
    }
    let known = app.templates.say(lang, "error", &text).is_some();
    let view = ErrorView {
        status: status.as_u16(),
        text: if known { text } else { Text::new("refused") },
        detail,
        helper: (!shown.roles.is_empty()).then(|| shown.roles.join(", ")),
        incident: request_id,
        at: app.clock.now().into(),
        back: back(request, status),
    };
    respond::page_with_status(request, "error.html", &view, &Default::default(), status)
        .unwrap_or_else(|_broken| HttpResponse::new(status))
}

/// From something that the reader may not do, the page above leads on: it says why, and who can help.
fn back(request: &HttpRequest, status: StatusCode) -> Option<String> {
    let (pattern, path) = (request.match_pattern()?, request.path());
    let above = pattern.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())?;
    routes::guard("get", above)?;
    let above = path.rsplit_once('/').map(|(above, _)| above.to_owned());
    above.filter(|_| status == StatusCode::FORBIDDEN)
}

/// A refusal in the words of the reader: its fields, or one sentence about the whole.
#[must_use]
pub fn refusal_errors(templates: &Templates, lang: Lang, refusal: &Refusal) -> Vec<FieldError> {
    if !refusal.findings.is_empty() {
        return field_errors(templates, lang, &refusal.findings);
    }
    let text = Text { code: refusal.code.clone(), args: refusal.args.clone() };
    let message = templates.say(lang, "refused", &text).unwrap_or_else(|| refusal.code.clone());
    vec![FieldError { field: String::new(), pointer: String::new(), code: refusal.code.clone(), message }]
}

/// Findings of the rules in the words of the reader.
#[must_use]
pub fn field_errors(templates: &Templates, lang: Lang, findings: &[Finding]) -> Vec<FieldError> {
    findings
        .iter()
        .map(|finding| {
            let text = Text { code: finding.code.clone(), args: finding.args.clone() };
            let said = templates.say(lang, "field", &text);
            FieldError {
                field: finding.pointer.trim_start_matches('/').replace('/', "."),
                pointer: finding.pointer.clone(),
                code: finding.code.clone(),
                message: finding.args.get("text").cloned().or(said).unwrap_or_else(|| finding.code.clone()),
            }
        })
        .collect()
}
