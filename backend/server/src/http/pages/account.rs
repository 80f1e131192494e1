//! Sign-in, sign-out, language, tokens and sessions.

use crate::app::App;
use crate::http::actor::{SignedIn, Visitor};
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::recognise::{DEVICE_COOKIE, LANGUAGE_COOKIE, SESSION_COOKIE, host_cookie};
use crate::http::respond;
use crate::http::source::source;
use crate::http::views::account::{MadeToken, SessionRow, TokenRow, TokensView};
use crate::http::views::start::SignInView;
use crate::usecases::Error;
use crate::usecases::account::{self, DEVICE_LIFETIME, MakeToken, SignIn, Started};
use actix_web::cookie::SameSite;
use actix_web::cookie::time::Duration;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::TokenId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

const TOKEN_DAYS: [u32; 3] = [30, 90, 365];

#[derive(Debug, Default, Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    next: String,
}

/// Shows the sign-in form.
pub async fn sign_in_form(
    request: HttpRequest,
    query: web::Query<SignInQuery>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, "account/sign-in.html", &sign_in_view(&request, &query.next, None)?)
}

/// Signs in and goes on to where the person wanted to be.
pub async fn sign_in(
    request: HttpRequest,
    app: web::Data<App>,
    before: Visitor,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let password = typed.0.get("password").cloned().unwrap_or_default();
    let cmd = SignIn { email: typed.get("email").to_owned(), password };
    let next = local_path(typed.get("next"));
    match account::sign_in(&app, cmd, from(&request, &app)).await {
        Ok(started) => {
            // The browser forgets the key of a session that it had; nobody could end that one any more.
            if let (Some(who), Some(session)) = (before.who, before.session) {
                account::end_session(&app, &who.actor, session).await?;
            }
            signed_in(&next, started)
        }
        Err(error) => not_signed_in(&request, &next, typed, error),
    }
}

fn signed_in(next: &str, started: Started) -> Result<HttpResponse, Failure> {
    let mut response = respond::redirect(next, None)?;
    response.add_cookie(&host_cookie(SESSION_COOKIE, started.key)).map_err(internal)?;
    let mut device = host_cookie(DEVICE_COOKIE, started.device);
    device.set_same_site(SameSite::Strict);
    device.set_max_age(Duration::seconds(DEVICE_LIFETIME.as_secs()));
    response.add_cookie(&device).map_err(internal)?;
    Ok(response)
}

fn from(request: &HttpRequest, app: &App) -> account::From {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    account::From {
        user_agent: agent.unwrap_or_default().to_owned(),
        source: source(request, app.config.http.trusted_proxies),
        device: request.cookie(DEVICE_COOKIE).map(|cookie| cookie.value().to_owned()),
    }
}

fn not_signed_in(
    request: &HttpRequest,
    next: &str,
    typed: Typed,
    error: Error,
) -> Result<HttpResponse, Failure> {
    const PAGE: &str = "account/sign-in.html";
    if let Error::TooMany { retry_after_seconds } = error {
        let view = sign_in_view(request, next, Some(retry_after_seconds))?;
        let status = actix_web::http::StatusCode::TOO_MANY_REQUESTS;
        return respond::page_with_status(request, PAGE, &view, &typed.into_form(), status);
    }
    let form = respond::refused(request, typed.into_form(), error)?;
    respond::form_page(request, PAGE, &sign_in_view(request, next, None)?, &form)
}

/// Ends the session and clears what the browser has cached or stored of it.
pub async fn sign_out(app: web::Data<App>, who: SignedIn, _typed: Typed) -> Result<HttpResponse, Failure> {
    if let Some(session) = who.visitor.session {
        account::sign_out(&app, &who.actor, session).await?;
    }
    let mut response = respond::redirect("/sign-in", None)?;
    let mut gone = host_cookie(SESSION_COOKIE, String::new());
    gone.set_max_age(Duration::ZERO);
    response.add_cookie(&gone).map_err(internal)?;
    response.headers_mut().insert(
        header::HeaderName::from_static("clear-site-data"),
        header::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}

/// Chooses the language of the pages.
pub async fn language(_visitor: Visitor, typed: Typed) -> Result<HttpResponse, Failure> {
    let lang = crate::http::views::page::Lang::from_tag(typed.get("lang"));
    let mut response = respond::redirect(&local_path(typed.get("next")), None)?;
    let mut cookie = host_cookie(LANGUAGE_COOKIE, lang.code().to_owned());
    cookie.set_max_age(Duration::days(365));
    response.add_cookie(&cookie).map_err(internal)?;
    Ok(response)
}

/// Shows tokens and sessions.
pub async fn tokens(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, "account/tokens.html", &tokens_view(&app, &who, None).await?)
}

/// Makes a token and shows its secret this once.
pub async fn make_token(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let password = typed.0.get("password").cloned().unwrap_or_default();
    match account::make_token(&app, &who.actor, wish(&typed), password)
        .await
        .map_err(respond::beside_the_password)
    {
        Ok(made) => {
            let shown = MadeToken {
                name: made.row.name,
                token: made.token,
                expires_at: made.row.expires_at.to_jiff().into(),
            };
            respond::page(&request, "account/tokens.html", &tokens_view(&app, &who, Some(shown)).await?)
        }
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), error)?;
            respond::form_page(&request, "account/tokens.html", &tokens_view(&app, &who, None).await?, &form)
        }
    }
}

fn wish(typed: &Typed) -> MakeToken {
    MakeToken {
        name: typed.get("name").to_owned(),
        days: typed.get("days").parse().unwrap_or_default(),
        roles: typed.get("roles").lines().map(ToOwned::to_owned).collect(),
        reads_only: typed.get("reads_only") == "true",
    }
}

/// Revokes a token.
pub async fn revoke_token(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    account::revoke_token(&app, &who.actor, TokenId(*id)).await?;
    respond::redirect("/account/tokens", Some("token-revoked"))
}

/// Ends another session of the same person.
pub async fn end_session(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    account::end_session(&app, &who.actor, *id).await?;
    respond::redirect("/account/tokens", Some("session-ended"))
}

async fn tokens_view(app: &App, who: &SignedIn, made: Option<MadeToken>) -> Result<TokensView, Failure> {
    let (tokens, sessions) = account::overview(app, &who.actor).await?;
    let now = app.clock.now();
    let tokens = tokens.into_iter().filter(|row| row.revoked_at.is_none()).map(|row| token_row(row, now));
    let sessions = sessions.into_iter().map(|row| SessionRow {
        id: row.id,
        created_at: row.created_at.to_jiff().into(),
        last_seen_at: row.last_seen_at.to_jiff().into(),
        device: device(&row.user_agent),
        current: Some(row.id) == who.visitor.session,
    });
    Ok(TokensView {
        tokens: tokens.collect(),
        sessions: sessions.collect(),
        made,
        days: TOKEN_DAYS.to_vec(),
        roles: who.actor.grants.iter().map(|grant| grant.role.code().to_owned()).collect(),
    })
}

fn token_row(row: db::sessions::TokenRow, now: Timestamp) -> TokenRow {
    let roles = row.roles.as_array().into_iter().flatten().filter_map(Value::as_str);
    TokenRow {
        roles: roles.map(ToOwned::to_owned).collect(),
        id: row.id,
        name: row.name,
        starts_with: format!("{}…", row.starts_with),
        reads_only: row.reads_only,
        created_at: row.created_at.to_jiff().into(),
        expires_at: row.expires_at.to_jiff().into(),
        last_used_at: row.last_used_at.map(|at| at.to_jiff().into()),
        expired: row.expires_at.to_jiff() <= now,
    }
}

fn sign_in_view(request: &HttpRequest, next: &str, retry: Option<u64>) -> Result<SignInView, Failure> {
    let app = respond::app(request)?;
    Ok(SignInView {
        next: local_path(next),
        demo_accounts: if app.config.demo { crate::demo::accounts() } else { Vec::new() },
        retry_after_seconds: retry,
    })
}

/// Only paths of this marketplace: `//host` and `/\host` lead elsewhere.
fn local_path(next: &str) -> String {
    // Browsers drop tabs and line breaks from an address before they read it.
    let clean = !next.contains(|letter: char| letter.is_control() || letter == '\\');
    let local = next.starts_with('/') && !next.starts_with("//") && clean;
    if local { next.to_owned() } else { "/".to_owned() }
}

/// Browser and system in words, as far as the header tells.
fn device(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("unbekannt", |(_, name)| name)
    };
    let browser =
        find(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chromium"), ("Safari/", "Safari")]);
    let system = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    format!("{browser}, {system}")
}

fn internal(error: impl Into<anyhow::Error>) -> Failure {
    Failure(Error::Internal(error.into()))
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn nobody_is_led_to_another_host() {
        for (given, expected) in [
            ("/orders?tab=mine", "/orders?tab=mine"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("https://evil.example", "/"),
            ("", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(local_path(given), expected, "{given:?}");
        }
    }
}
