//! A fake marketplace: keeps what operators send in memory, verifies every assertion, and can be cut off. It prices
//! nothing and forgets nothing, so a test can look at all of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::protocol::{self, Claims};
use contract::{
    Answer, CumulativeReading, Desired, DesiredList, Enrolled, Enrolment, Heartbeat, HeartbeatAnswer,
    KeyTaken, NextKey, Observation, ObservationBatch, PendingReveal, PendingReveals, PendingRotation,
    PublicJwk, RotationOutcome, SealedReveal, UsageAnswers, UsageBatch, UsageRecord, Wanted, canonical,
    key_id, lines_hash,
};
use crypto_box::SecretKey;
use crypto_box::aead::OsRng;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// The one operator that it knows.
pub(crate) const OPERATOR: Uuid = Uuid::from_u128(1);

/// What it keeps.
#[derive(Default)]
pub(crate) struct Kept {
    /// The good keys, the present one first.
    keys: Vec<PublicJwk>,
    /// Keys that came with the one-time code, in the order of their arrival.
    pub(crate) enrolled: Vec<PublicJwk>,
    /// Keys that were named as successors, likewise.
    pub(crate) successors: Vec<PublicJwk>,
    /// Name of the key that the last call was signed with.
    pub(crate) signed_by: Option<String>,
    /// Do what is asked about keys, but lose the answer.
    pub(crate) lose_key_answers: bool,
    used: HashSet<String>,
    revision: i64,
    wanted: BTreeMap<Uuid, (i64, Desired)>,
    /// The same in the spelling that the hash of the list is made of.
    lines: BTreeMap<Uuid, String>,
    reveals: HashMap<Uuid, (PendingReveal, SecretKey)>,
    rotations: HashMap<Uuid, PendingRotation>,
    /// What became of ordered access data, by order.
    pub(crate) rotated: HashMap<Uuid, RotationOutcome>,
    /// Opened access data by display.
    pub(crate) shown: HashMap<Uuid, Value>,
    /// Last observation of each booking.
    pub(crate) observations: HashMap<Uuid, Observation>,
    /// Usage by identity.
    pub(crate) usage: BTreeMap<(Uuid, contract::Meter, Timestamp), UsageRecord>,
    /// Readings in the order of their arrival.
    pub(crate) readings: Vec<CumulativeReading>,
    /// Last heartbeat.
    pub(crate) heartbeat: Option<Heartbeat>,
    /// How many records came again with the same content.
    pub(crate) duplicates: usize,
    /// What must not happen: records that came again with another content, assertions that do not verify.
    pub(crate) wrong: Vec<String>,
    /// Close every connection without an answer.
    pub(crate) cut: bool,
    /// Store usage, but lose the answer.
    pub(crate) lose_answers: bool,
}

/// Handle to it.
#[derive(Clone)]
pub(crate) struct FakeMarketplace {
    kept: Arc<Mutex<Kept>>,
    /// Its address.
    pub(crate) url: String,
}

impl FakeMarketplace {
    /// Starts it on a free port of loopback.
    pub(crate) async fn start() -> FakeMarketplace {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let market = FakeMarketplace { kept: Arc::default(), url };
        let serving = market.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _peer) = listener.accept().await.unwrap();
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        market
    }

    /// Looks at or changes what it keeps.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().unwrap())
    }

    /// Wants a booking.
    pub(crate) fn want(&self, desired: Desired) {
        self.with(|kept| {
            kept.revision += 1;
            kept.lines.insert(desired.booking, canonical::canonical_json(&json!(desired)));
            kept.wanted.insert(desired.booking, (kept.revision, desired));
        });
    }

    /// Asks for access data.
    pub(crate) fn reveal(&self, booking: Uuid) -> Uuid {
        let secret = SecretKey::generate(&mut OsRng);
        let id = Uuid::now_v7();
        let public_key = STANDARD.encode(secret.public_key().as_bytes());
        self.with(|kept| kept.reveals.insert(id, (PendingReveal { id, booking, public_key }, secret)));
        id
    }

    /// Orders other access data.
    pub(crate) fn rotate(&self, booking: Uuid) -> Uuid {
        let id = Uuid::now_v7();
        self.with(|kept| kept.rotations.insert(id, PendingRotation { id, booking }));
        id
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((method, path, token, body)) = read(&mut stream).await else { return };
        if self.with(|kept| kept.cut) {
            return;
        }
        let enrolling = path == protocol::ENROLMENT;
        if let Err(reason) = if enrolling { Ok(()) } else { self.verify(&token, &method, &path, &body) } {
            self.with(|kept| kept.wrong.push(format!("{method} {path}: {reason}")));
            return answer(&mut stream, 401, json!({"code": "unauthenticated"})).await;
        }
        let (plain, query) = path.split_once('?').unwrap_or((&path, ""));
        let query: HashMap<&str, u64> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k, v.parse().unwrap()))
            .collect();
        let until = Instant::now() + Duration::from_secs(query.get("wait").copied().unwrap_or(0));
        loop {
            let reply =
                self.with(|kept| kept.reply(plain, &query, &body, &self.url, Instant::now() >= until));
            match reply {
                Some((0, _)) => return,
                Some((status, value)) => return answer(&mut stream, status, value).await,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn verify(&self, token: &str, method: &str, path: &str, body: &[u8]) -> Result<(), String> {
        let kid = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?.kid;
        let key = self
            .with(|kept| kept.keys.iter().find(|key| Some(key_id(OPERATOR, key)) == kid).cloned())
            .ok_or("a key that is not good")?;
        let key = DecodingKey::from_ed_components(&key.x).map_err(|error| error.to_string())?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[&self.url]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "sub", "aud"]);
        validation.leeway = 5;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| error.to_string())?
            .claims;
        if claims.htm != format!("{method} {path}") || claims.body_sha256 != canonical::sha256_hex(body) {
            return Err("the assertion is about another request".to_owned());
        }
        if !self.with(|kept| kept.used.insert(claims.jti)) {
            return Err("the assertion was used before".to_owned());
        }
        self.with(|kept| kept.signed_by = kid);
        Ok(())
    }
}

impl Kept {
    /// An answer, `None` to wait, status 0 to close without an answer.
    fn reply(
        &mut self,
        path: &str,
        query: &HashMap<&str, u64>,
        body: &[u8],
        url: &str,
        late: bool,
    ) -> Option<(u16, Value)> {
        match path {
            protocol::ENROLMENT => Some(self.enrol(body, url)),
            protocol::KEYS => Some(self.replace_key(body)),
            protocol::BOOKINGS => self.bookings(query.get("after").copied(), late),
            protocol::OBSERVATIONS => {
                let batch: ObservationBatch = serde_json::from_slice(body).unwrap();
                for observation in batch.observations {
                    self.observe(observation);
                }
                Some((204, Value::Null))
            }
            protocol::USAGE => {
                let answers = self.take(serde_json::from_slice(body).unwrap());
                Some(if self.lose_answers { (0, Value::Null) } else { (200, json!(answers)) })
            }
            protocol::HEARTBEAT => {
                let beat: Heartbeat = serde_json::from_slice(body).unwrap();
                let answer = HeartbeatAnswer {
                    epoch: 1,
                    watermark: beat.watermark,
                    now: Timestamp::now(),
                    version: None,
                };
                self.heartbeat = Some(beat);
                Some((200, json!(answer)))
            }
            protocol::REVEALS if self.reveals.is_empty() && self.rotations.is_empty() && !late => None,
            protocol::REVEALS => {
                let reveals = self.reveals.values().map(|(pending, _)| pending.clone()).collect();
                let rotations = self.rotations.values().cloned().collect();
                Some((200, json!(PendingReveals { reveals, rotations, ..PendingReveals::default() })))
            }
            other => {
                let (place, id) = other.rsplit_once('/')?;
                let id = id.parse().unwrap();
                if place == protocol::ROTATIONS {
                    self.rotations.remove(&id);
                    self.rotated.insert(id, serde_json::from_slice(body).unwrap());
                } else {
                    self.open(id, serde_json::from_slice(body).unwrap());
                }
                Some((204, Value::Null))
            }
        }
    }

    /// The code works for one key, as often as it asks.
    fn enrol(&mut self, body: &[u8], url: &str) -> (u16, Value) {
        let enrolment: Enrolment = serde_json::from_slice(body).unwrap();
        self.enrolled.push(enrolment.key.clone());
        if self.keys.is_empty() {
            self.keys = vec![enrolment.key.clone()];
        } else if self.keys.first() != Some(&enrolment.key) {
            return (422, json!({"code": "code-invalid"}));
        }
        let enrolled = Enrolled {
            operator: OPERATOR,
            key_id: key_id(OPERATOR, &enrolment.key),
            audience: url.to_owned(),
            location: OPERATOR,
            location_name: "Probe".to_owned(),
            epoch: 1,
        };
        if self.lose_key_answers { (0, Value::Null) } else { (200, json!(enrolled)) }
    }

    fn replace_key(&mut self, body: &[u8]) -> (u16, Value) {
        let NextKey { key } = serde_json::from_slice(body).unwrap();
        self.successors.push(key.clone());
        if self.keys.first() != Some(&key) {
            self.keys.insert(0, key.clone());
            self.keys.truncate(2);
        }
        let taken = KeyTaken { key_id: key_id(OPERATOR, &key), former_until: None };
        if self.lose_key_answers { (0, Value::Null) } else { (200, json!(taken)) }
    }

    /// The time in which the key before the present one is good has passed.
    pub(crate) fn end_overlap(&mut self) {
        self.keys.truncate(1);
    }

    fn bookings(&self, after: Option<u64>, late: bool) -> Option<(u16, Value)> {
        let after = after.map(|after| i64::try_from(after).unwrap());
        if after.is_some_and(|after| self.revision <= after) && !late {
            return None;
        }
        let changed =
            self.wanted.values().filter(|(revision, _)| after.is_none_or(|after| *revision > after));
        let list = DesiredList {
            epoch: 1,
            revision: self.revision,
            full: after.is_none(),
            hash: lines_hash(self.lines.values().map(String::as_str)),
            bookings: changed.map(|(_, desired)| desired.clone()).collect(),
            held: None,
        };
        Some((200, json!(list)))
    }

    /// What is gone leaves the list.
    fn observe(&mut self, observation: Observation) {
        let id = observation.booking;
        let absent = self.wanted.get(&id).is_some_and(|(_, desired)| desired.wanted == Wanted::Absent);
        if observation.gone.is_some() && absent {
            self.wanted.remove(&id);
            self.lines.remove(&id);
            self.revision += 1;
        }
        self.observations.insert(id, observation);
    }

    fn take(&mut self, batch: UsageBatch) -> UsageAnswers {
        let mut answers = UsageAnswers::default();
        for record in batch.records {
            let identity = (record.booking, record.meter, record.from);
            answers.records.push(match self.usage.get(&identity) {
                None => {
                    self.usage.insert(identity, record);
                    Answer::Accepted
                }
                Some(known) if known.content_hash() == record.content_hash() => {
                    self.duplicates += 1;
                    Answer::Duplicate
                }
                Some(known) => {
                    self.wrong.push(format!("conflict: {known:?} and {record:?}"));
                    Answer::Conflict
                }
            });
        }
        for reading in batch.readings {
            self.readings.push(reading);
            answers.readings.push(Answer::Accepted);
        }
        answers
    }

    fn open(&mut self, id: Uuid, answer: SealedReveal) {
        let Some((_, secret)) = self.reveals.remove(&id) else { return };
        let shown = match answer {
            SealedReveal::Sealed { sealed } => {
                serde_json::from_slice(&secret.unseal(&STANDARD.decode(sealed).unwrap()).unwrap()).unwrap()
            }
            SealedReveal::Unavailable { code } => json!({"unavailable": code}),
        };
        self.shown.insert(id, shown);
    }
}

/// Method, path, token and body of one request.
async fn read(stream: &mut TcpStream) -> Option<(String, String, String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let length = stream.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..length]);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
            let header = |name: &str| {
                head.lines()
                    .filter_map(|line| line.split_once(": "))
                    .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.to_owned()))
            };
            let wanted: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + wanted {
                let mut first = head.lines().next()?.split(' ').map(str::to_owned);
                let token =
                    header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
                return Some((first.next()?, first.next()?, token, bytes[end + 4..].to_vec()));
            }
        }
        if length == 0 {
            return None;
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16, value: Value) {
    let body = if value.is_null() { String::new() } else { value.to_string() };
    let text = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whoever was killed does not read its answer.
    drop(stream.write_all(text.as_bytes()).await);
    drop(stream.shutdown().await);
}
