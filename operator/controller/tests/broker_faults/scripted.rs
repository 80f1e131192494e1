//! A service broker that misbehaves as a test says: one fate per call, in their order.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one call.
#[derive(Clone)]
pub(crate) enum Fate {
    /// This answer.
    Says(u16, String, &'static str),
    /// The call arrives, the connection is cut.
    Lost,
    /// Half of an answer arrives.
    Half,
    /// No answer within the time-out.
    Late,
}

/// One call as it arrived.
#[derive(Clone)]
pub(crate) struct Arrived {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Broker {
    pub(crate) url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
}

pub(crate) fn says(status: u16, body: Value) -> Fate {
    Fate::Says(status, body.to_string(), "")
}

pub(crate) fn catalogue() -> Fate {
    says(200, json!({"services": [{"id": "aufenthalt", "bindable": true, "plans": [{"id": "p"}]}]}))
}

pub(crate) fn credentials() -> Value {
    json!({"credentials": {"password": "geheim-geheim"}})
}

impl Broker {
    pub(crate) async fn start(fates: Vec<Fate>) -> Broker {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let broker =
            Broker { url, arrived: Arc::default(), fates: Arc::new(Mutex::new(VecDeque::from(fates))) };
        let (arrived, fates) = (broker.arrived.clone(), broker.fates.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _peer) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, arrived.clone(), fates.clone()));
            }
        });
        broker
    }

    pub(crate) fn then(&self, fates: Vec<Fate>) {
        self.fates.lock().unwrap().extend(fates);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.arrived.lock().unwrap().iter().map(|call| call.line.clone()).collect()
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        self.lines().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }

    pub(crate) fn arrived(&self, position: usize) -> Arrived {
        self.arrived.lock().unwrap()[position].clone()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.fates.lock().unwrap().is_empty()
    }
}

async fn serve(mut stream: TcpStream, arrived: Arc<Mutex<Vec<Arrived>>>, fates: Arc<Mutex<VecDeque<Fate>>>) {
    let Some(call) = read(&mut stream).await else { return };
    arrived.lock().unwrap().push(call);
    let fate = fates.lock().unwrap().pop_front().unwrap_or(Fate::Lost);
    match fate {
        Fate::Lost => {}
        Fate::Half => {
            drop(stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"a\":").await)
        }
        Fate::Late => tokio::time::sleep(std::time::Duration::from_secs(4)).await,
        Fate::Says(status, body, header) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n"
            );
            drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8(bytes.clone()).ok()?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let wanted = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= wanted {
            let line = head.lines().next()?.to_owned();
            return Some(Arrived { line, head: head.to_owned(), body: body.to_owned() });
        }
    }
}
