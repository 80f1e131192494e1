//! Health, readiness and metrics over plain HTTP, meant for loopback and the kubelet. Three fixed pages, nothing else.

use crate::state::{State, lock};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that is not complete by then is dropped.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two times that measured values are put together.
const UPKEEP: Duration = Duration::from_secs(60);
/// A request line is shorter than this.
const LONGEST_REQUEST: usize = 4096;

/// What the pages are about.
#[derive(Default)]
pub struct Shown {
    /// Whether another process leads.
    pub standing_by: AtomicBool,
    state: Mutex<Option<Arc<State>>>,
}

impl Shown {
    /// Another process leads.
    pub fn stands_by(&self) {
        *lock(&self.state) = None;
        self.standing_by.store(true, Ordering::Relaxed);
    }

    /// From now on this process leads.
    pub fn leads(&self, state: Arc<State>) {
        *lock(&self.state) = Some(state);
    }
}

/// Serves for ever.
pub async fn run(listener: TcpListener, shown: Arc<Shown>, metrics: PrometheusHandle) {
    let mut upkeep = tokio::time::interval(UPKEEP);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // What was measured is kept one by one until then, also where nobody fetches it.
            _ = upkeep.tick() => {
                metrics.run_upkeep();
                continue;
            }
        };
        match accepted {
            Ok((stream, _peer)) => {
                let (shown, metrics) = (shown.clone(), metrics.clone());
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, &shown, &metrics).await {
                        tracing::debug!(error = %error, "status page");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(error = %error, "status pages");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(mut stream: TcpStream, shown: &Shown, metrics: &PrometheusHandle) -> std::io::Result<()> {
    let mut request = vec![0; LONGEST_REQUEST];
    let length = tokio::time::timeout(READ_TIMEOUT, stream.read(&mut request)).await??;
    let head = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let (status, body) = page(path, shown, metrics);
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

fn page(path: &str, shown: &Shown, metrics: &PrometheusHandle) -> (&'static str, String) {
    let state = lock(&shown.state).clone();
    match path {
        "/healthz" => ("200 OK", "ok\n".to_owned()),
        "/readyz" => match state {
            Some(state) if state.pulled.load(Ordering::Relaxed) => ("200 OK", "ready\n".to_owned()),
            None if shown.standing_by.load(Ordering::Relaxed) => ("200 OK", "standing by\n".to_owned()),
            Some(_) | None => ("503 Service Unavailable", "no list was pulled yet\n".to_owned()),
        },
        "/metrics" => {
            metrics::gauge!("wolkenamt_operator_leads").set(u32::from(state.is_some()));
            if let Some(state) = state {
                gauges(&state);
            }
            ("200 OK", metrics.render())
        }
        _ => ("404 Not Found", "not found\n".to_owned()),
    }
}

fn gauges(state: &State) {
    let seconds = |value: i64| u32::try_from(value).unwrap_or(0);
    metrics::gauge!("wolkenamt_operator_last_pull_timestamp_seconds")
        .set(seconds(state.pulled_at.load(Ordering::Relaxed)));
    metrics::gauge!("wolkenamt_operator_last_push_timestamp_seconds")
        .set(seconds(state.pushed_at.load(Ordering::Relaxed)));
    let bookings = state.bookings.all();
    metrics::gauge!("wolkenamt_operator_bookings").set(u32::try_from(bookings.len()).unwrap_or(u32::MAX));
    let oldest = bookings.iter().filter_map(|entry| entry.oldest).min();
    metrics::gauge!("wolkenamt_operator_oldest_unacknowledged_timestamp_seconds")
        .set(seconds(oldest.map_or(0, Timestamp::as_second)));
}
