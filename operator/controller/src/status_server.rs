//! Health, readiness and metrics over plain HTTP, meant for loopback and the kubelet. Three fixed pages, nothing else.

use crate::state::State;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that is not complete by then is dropped.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// A request line is shorter than this.
const LONGEST_REQUEST: usize = 4096;

/// Serves for ever.
pub async fn run(listener: TcpListener, state: Arc<State>, metrics: PrometheusHandle) {
    loop {
        match listener.accept().await {
            Ok((stream, _peer)) => {
                let (state, metrics) = (state.clone(), metrics.clone());
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, &state, &metrics).await {
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

async fn answer(mut stream: TcpStream, state: &State, metrics: &PrometheusHandle) -> std::io::Result<()> {
    let mut request = vec![0; LONGEST_REQUEST];
    let length = tokio::time::timeout(READ_TIMEOUT, stream.read(&mut request)).await??;
    let head = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let (status, body) = page(path, state, metrics);
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

fn page(path: &str, state: &State, metrics: &PrometheusHandle) -> (&'static str, String) {
    match path {
        "/healthz" => ("200 OK", "ok\n".to_owned()),
        "/readyz" if state.pulled.load(Ordering::Relaxed) => ("200 OK", "ready\n".to_owned()),
        "/readyz" => ("503 Service Unavailable", "no list was pulled yet\n".to_owned()),
        "/metrics" => {
            gauges(state);
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
    let bookings = state.bookings.state();
    metrics::gauge!("wolkenamt_operator_bookings").set(u32::try_from(bookings.len()).unwrap_or(u32::MAX));
    let oldest = bookings
        .iter()
        .filter_map(|booking| {
            let status = booking.status.as_ref()?;
            crate::allocation::unacknowledged(&booking.spec.desired, status, 0)
                .first()
                .map(|record| record.to.as_second())
        })
        .min()
        .unwrap_or(0);
    metrics::gauge!("wolkenamt_operator_oldest_unacknowledged_timestamp_seconds").set(seconds(oldest));
}
