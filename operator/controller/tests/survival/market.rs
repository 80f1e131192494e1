//! A marketplace in this process: it keeps what operators report, and finds what comes twice or differently.

use crate::fate::{Fate, Side, Verdict};
use contract::protocol::{BOOKINGS, HEARTBEAT, OBSERVATIONS, USAGE};
use contract::{
    Answer, Desired, Heartbeat, HeartbeatAnswer, Held, Meter, Observation, ObservationBatch, UsageAnswers,
    UsageBatch, UsageRecord, Wanted, raw_list_hash,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

#[derive(Clone, Default)]
pub(crate) struct Kept {
    wanted: BTreeMap<Uuid, Desired>,
    revision: i64,
    /// Last observation of each booking.
    pub(crate) observations: BTreeMap<Uuid, Observation>,
    /// Usage by identity.
    pub(crate) usage: BTreeMap<(Uuid, Meter, Timestamp), UsageRecord>,
    /// Records that came again with another content, and promises that were broken.
    pub(crate) wrong: Vec<String>,
    pub(crate) watermark: Option<Timestamp>,
    /// What a marketplace of another version wants besides, as it is sent.
    pub(crate) strange: Vec<Value>,
    /// What such a marketplace says to usage, instead of an answer that is known.
    pub(crate) word: Option<Value>,
    /// What it says to hold; nothing from a marketplace that does not compare.
    pub(crate) held: Option<Vec<Held>>,
    /// How many times it was restored.
    pub(crate) restored: i64,
}

#[derive(Clone)]
pub(crate) struct Market {
    kept: Arc<Mutex<Kept>>,
    fate: Arc<Mutex<Fate>>,
    pub(crate) url: String,
}

impl Market {
    pub(crate) async fn start() -> Market {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let market = Market { kept: Arc::default(), fate: Arc::default(), url };
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

    /// Goes on from another state, under another fate.
    pub(crate) fn become_like(&self, kept: Kept, fate: &Fate) {
        *self.kept.lock().unwrap() = kept;
        *self.fate.lock().unwrap() = fate.clone();
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().unwrap())
    }

    /// Wants something else, or something for the first time.
    pub(crate) fn want(&self, desired: &Desired) {
        self.with(|kept| {
            kept.revision += 1;
            kept.wanted.insert(desired.booking, desired.clone());
        });
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((method, path, body)) = read(&mut stream).await else { return };
        let fate = self.fate.lock().unwrap().clone();
        fate.only_to_the_living().await;
        let plain = path.split('?').next().unwrap_or_default();
        let verdict = if method == "GET" { Verdict::Done } else { fate.count(format!("{method} {plain}")) };
        if verdict == Verdict::Dies(Side::Before) {
            fate.die().await;
        }
        let (status, answer) = self.with(|kept| kept.answer(plain, &path, &body));
        if verdict != Verdict::Done {
            fate.die().await;
        }
        let text = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
        drop(stream.write_all(text.as_bytes()).await);
    }
}

impl Kept {
    fn answer(&mut self, plain: &str, path: &str, body: &[u8]) -> (u16, String) {
        match plain {
            BOOKINGS => {
                let mut all: Vec<Value> = self.wanted.values().map(|wish| json!(wish)).collect();
                if !self.strange.is_empty() {
                    all.iter_mut().for_each(|wish| wish["colour"] = json!("blue"));
                    all.extend(self.strange.clone());
                }
                let list = json!({
                    "epoch": 1 + self.restored, "held": self.held, "revision": self.revision, "full": !path.contains("after="),
                    "hash": raw_list_hash(all.iter()), "bookings": all
                });
                (200, list.to_string())
            }
            OBSERVATIONS => {
                let batch: ObservationBatch = serde_json::from_slice(body).unwrap();
                batch.observations.into_iter().for_each(|said| self.observe(said));
                (204, String::new())
            }
            USAGE => {
                let batch: UsageBatch = serde_json::from_slice(body).unwrap();
                match &self.word {
                    Some(word) => {
                        let answers = vec![word; batch.records.len()];
                        (200, json!({"records": answers, "readings": []}).to_string())
                    }
                    None => (200, json!(self.take(batch)).to_string()),
                }
            }
            HEARTBEAT => {
                let beat: Heartbeat = serde_json::from_slice(body).unwrap();
                self.watermark = self.watermark.max(beat.watermark);
                let answer =
                    HeartbeatAnswer { epoch: 1, watermark: self.watermark, now: beat.at, version: None };
                (200, json!(answer).to_string())
            }
            other => (404, json!({"path": other}).to_string()),
        }
    }

    /// What is gone leaves the list.
    fn observe(&mut self, said: Observation) {
        let absent = self.wanted.get(&said.booking).is_some_and(|wish| wish.wanted == Wanted::Absent);
        if said.gone.is_some() && absent {
            self.wanted.remove(&said.booking);
            self.revision += 1;
        }
        self.observations.insert(said.booking, said);
    }

    fn take(&mut self, batch: UsageBatch) -> UsageAnswers {
        let mut answers = UsageAnswers::default();
        for record in batch.records {
            if self.watermark.is_some_and(|promised| record.to <= promised)
                && !self.usage.contains_key(&(record.booking, record.meter, record.from))
            {
                self.wrong.push(format!("promised to be complete up to {:?}: {record:?}", self.watermark));
            }
            let known = self.usage.get(&(record.booking, record.meter, record.from));
            answers.records.push(match known.map(UsageRecord::content_hash) {
                None => {
                    self.usage.insert((record.booking, record.meter, record.from), record);
                    Answer::Accepted
                }
                Some(hash) if hash == record.content_hash() => Answer::Duplicate,
                Some(_) => {
                    self.wrong.push(format!("conflict: {known:?} and {record:?}"));
                    Answer::Conflict
                }
            });
        }
        answers.readings = batch.readings.iter().map(|_| Answer::Accepted).collect();
        answers
    }

    /// Usage as it would be billed, without what tells sendings apart.
    pub(crate) fn billed(&self) -> Value {
        let lines = self.usage.values().map(|record| {
            format!("{} {} {}..{} {}", record.meter.code(), record.seq, record.from, record.to, record.amount)
        });
        json!(lines.collect::<Vec<_>>())
    }

    /// Whether the intervals of each meter follow each other without a gap or an overlap, all from the same first second to the
    /// same last one.
    pub(crate) fn tiles(&self) -> Result<(), String> {
        let mut ends: BTreeMap<(Uuid, Meter), (Timestamp, Timestamp)> = BTreeMap::new();
        for record in self.usage.values() {
            let (_, end) = ends.entry((record.booking, record.meter)).or_insert((record.from, record.from));
            if *end != record.from {
                return Err(format!("between {end} and {record:?}"));
            }
            *end = record.to;
        }
        let whole: Vec<_> = ends.iter().map(|((booking, _meter), ends)| (booking, ends)).collect();
        if whole.windows(2).any(|two| two[0].0 == two[1].0 && two[0].1 != two[1].1) {
            Err(format!("{ends:?}"))
        } else {
            Ok(())
        }
    }
}

/// Method, path with query, and body of one request.
async fn read(stream: &mut TcpStream) -> Option<(String, String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let wanted = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .map_or(0, |length| length.parse().unwrap());
        if bytes.len() >= end + 4 + wanted {
            let mut first = head.lines().next()?.split(' ').map(str::to_owned);
            return Some((first.next()?, first.next()?, bytes[end + 4..].to_vec()));
        }
    }
}
