//! Who calls: verifies the signed assertion of an operator. Extracting [`Operator`] is the proof.
//!
//! The header names a key and nothing else; `jku`, `x5u`, `jwk`, `x5c` and `crit` are refused by not being known. Whether
//! an assertion is fresh is told by the real clock, never by one that a demonstration moves.

use crate::app::App;
use crate::http::problem::Failure;
use crate::http::storable;
use crate::ports::clock::Clock;
use crate::usecases::{Error, agent, operator_keys};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::protocol::{ASSERTION_SECONDS, ASSERTION_TYPE, Claims, HEARTBEAT};
use contract::version::OPERATOR;
use contract::{PublicJwk, canonical};
use domain::ids::LocationId;
use domain::policy::OperatorIdentity;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// Longest assertion in bytes; checked before anything is decoded.
const TOKEN_BYTES_MAX: usize = 4096;
/// Clocks may differ by this many seconds.
const LEEWAY_SECONDS: i64 = 5;
/// Longest `jti` in bytes.
const JTI_BYTES_MAX: usize = 100;

/// An operator, verified, with the body that its assertion covers.
pub struct Operator {
    /// Who.
    pub who: OperatorIdentity,
    /// Name of the key that the assertion was signed with.
    pub key_id: String,
    body: Bytes,
}

impl Operator {
    /// The body as a message.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if !storable::json(&self.body) {
            return Err(Failure(Error::Conflict("malformed")));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            tracing::warn!(location = %self.who.location, error = %error, "unreadable message of an operator");
            Failure(Error::Conflict("malformed"))
        })
    }
}

impl FromRequest for Operator {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let body = bytes.await.map_err(|_too_long| Failure(Error::Conflict("too-large")))?;
            let app = request.app_data::<web::Data<App>>().ok_or(Failure(Error::Unauthenticated))?;
            let (who, key_id) = recognise(app, &request, &body).await.inspect_err(|error| {
                tracing::warn!(event = "operator_refused", reason = %error, path = request.path(), "assertion refused");
            })?;
            // A heartbeat names the version itself, and is taken down first.
            if request.path() != HEARTBEAT {
                agent::check_version(&version(&request))?;
            }
            Ok(Self { who, key_id, body })
        })
    }
}

/// Version of the caller as it names itself; empty if it does not.
fn version(request: &HttpRequest) -> String {
    let named = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    named.and_then(|named| named.strip_prefix(OPERATOR)).unwrap_or_default().to_owned()
}

/// The real time, for assertions alone.
pub fn real_now() -> Timestamp {
    Clock::default().now()
}

/// Chooses the cryptography of assertions; with two providers in the tree there is no default.
pub fn install_crypto() {
    if jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().is_err() {
        tracing::debug!("cryptography of assertions was installed before, which is what is wanted");
    }
}

async fn recognise(
    app: &App,
    request: &HttpRequest,
    body: &[u8],
) -> Result<(OperatorIdentity, String), Error> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Error::Unauthenticated)?;
    let (location, kid) = named_key(token).ok_or(Error::Unauthenticated)?;
    let trusted = operator_keys::find_trusted(app, location, &kid).await?;
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let covered = Covered {
        audience: &app.config.http.public_url,
        location,
        htm: &format!("{} {path}", request.method()),
        body_sha256: &canonical::sha256_hex(body),
    };
    let claims = verify(token, &trusted.key, &covered, real_now())?;
    let kept_until =
        Timestamp::from_second(claims.exp + LEEWAY_SECONDS).map_err(|error| Error::Internal(error.into()))?;
    operator_keys::use_assertion(app, &trusted.who, &claims.jti, kept_until).await?;
    Ok((trusted.who, kid))
}

/// What an assertion must be about.
struct Covered<'a> {
    audience: &'a str,
    location: LocationId,
    htm: &'a str,
    body_sha256: &'a str,
}

/// Everything that the header may contain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The key that the header names, before anything is verified.
fn named_key(token: &str) -> Option<(LocationId, String)> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Header = serde_json::from_slice(&header).ok()?;
    if header.alg != "EdDSA" || header.typ != ASSERTION_TYPE {
        return None;
    }
    let location = header.kid.split_once('.')?.0.parse().ok()?;
    Some((LocationId(location), header.kid))
}

fn verify(token: &str, key: &PublicJwk, covered: &Covered<'_>, now: Timestamp) -> Result<Claims, Error> {
    let key = DecodingKey::from_ed_components(&key.x).map_err(|error| Error::Internal(error.into()))?;
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation(covered))
        .map_err(|error| {
            tracing::debug!(error = %error, "assertion does not verify");
            Error::Unauthenticated
        })?
        .claims;
    let lifetime = claims.exp.checked_sub(claims.iat).ok_or(Error::Unauthenticated)?;
    let one_time = !claims.jti.is_empty() && claims.jti.len() <= JTI_BYTES_MAX;
    let fits = claims.htm == covered.htm && claims.body_sha256 == covered.body_sha256;
    if !(1..=ASSERTION_SECONDS).contains(&lifetime) || !one_time || !fits {
        return Err(Error::Unauthenticated);
    }
    let now = now.as_second();
    let latest_start = now + LEEWAY_SECONDS;
    if claims.exp <= now - LEEWAY_SECONDS || claims.nbf > latest_start || claims.iat > latest_start {
        return Err(Error::Conflict("clock-skew"));
    }
    Ok(claims)
}

/// What the library checks. Times are compared afterwards, against the clock that is passed in, so that only an authentic
/// assertion learns it.
fn validation(covered: &Covered<'_>) -> Validation {
    let operator = covered.location.to_string();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[covered.audience]);
    validation.set_issuer(&[&operator]);
    validation.sub = Some(operator);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}
