//! Work that nobody waits for. A sweep starts from state and may run at any time, twice or late; its table is
//! [`SWEEPS`].

pub mod announce;
pub mod check_audit;
pub mod deliver;
pub mod end_due;
pub mod expire;
pub mod expire_reveals;
pub mod forget;
pub mod maintenance;
pub mod measure;
pub mod remind;
pub mod restores;
pub mod rotations;
pub mod settle;
pub mod stalled;
pub mod tasks;
pub mod transfer_due;
pub mod words;

use crate::app::App;
use crate::usecases::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;

type Pass<'a> = Pin<Box<dyn Future<Output = Result<usize, Error>> + 'a>>;

/// One recurring task.
pub struct Sweep {
    /// Name in log and metrics.
    pub name: &'static str,
    /// Time between two passes.
    pub every: Duration,
    /// One pass; returns how many things it moved.
    pub pass: for<'a> fn(&'a App) -> Pass<'a>,
}

/// All of them.
pub const SWEEPS: &[Sweep] = &[
    Sweep { name: "announce", every: Duration::from_secs(10), pass: |app| Box::pin(announce::pass(app)) },
    Sweep {
        name: "check_audit",
        every: Duration::from_secs(60),
        pass: |app| Box::pin(check_audit::pass(app)),
    },
    Sweep { name: "deliver", every: Duration::from_secs(2), pass: |app| Box::pin(deliver::pass(app)) },
    Sweep { name: "end_due", every: Duration::from_secs(10), pass: |app| Box::pin(end_due::pass(app)) },
    Sweep { name: "expire", every: Duration::from_secs(60), pass: |app| Box::pin(expire::pass(app)) },
    Sweep {
        name: "expire_reveals",
        every: Duration::from_secs(10),
        pass: |app| Box::pin(expire_reveals::pass(app)),
    },
    Sweep { name: "forget", every: Duration::from_secs(300), pass: |app| Box::pin(forget::pass(app)) },
    Sweep {
        name: "maintenance",
        every: Duration::from_secs(10),
        pass: |app| Box::pin(maintenance::pass(app)),
    },
    Sweep { name: "measure", every: Duration::from_secs(300), pass: |app| Box::pin(measure::pass(app)) },
    Sweep { name: "remind", every: Duration::from_secs(60), pass: |app| Box::pin(remind::pass(app)) },
    Sweep { name: "restores", every: Duration::from_secs(60), pass: |app| Box::pin(restores::pass(app)) },
    Sweep { name: "rotations", every: Duration::from_secs(60), pass: |app| Box::pin(rotations::pass(app)) },
    Sweep { name: "settle", every: Duration::from_secs(60), pass: |app| Box::pin(settle::pass(app)) },
    Sweep { name: "stalled", every: Duration::from_secs(300), pass: |app| Box::pin(stalled::pass(app)) },
    Sweep { name: "tasks", every: Duration::from_secs(10), pass: |app| Box::pin(tasks::pass(app)) },
    Sweep {
        name: "transfer_due",
        every: Duration::from_secs(10),
        pass: |app| Box::pin(transfer_due::pass(app)),
    },
    Sweep { name: "words", every: Duration::from_secs(60), pass: |app| Box::pin(words::pass(app)) },
];

/// Runs every sweep until `stop` turns true. Called inside a single-threaded runtime of its own.
pub async fn run(app: App, stop: watch::Receiver<bool>) {
    futures::future::join_all(SWEEPS.iter().map(|sweep| repeat(&app, sweep, stop.clone()))).await;
}

async fn repeat(app: &App, sweep: &Sweep, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match (sweep.pass)(app).await {
            Ok(0) => {}
            Ok(moved) => tracing::info!(sweep = sweep.name, moved, "sweep"),
            Err(error) => tracing::error!(sweep = sweep.name, error = format!("{error:#}"), "sweep failed"),
        }
        metrics::counter!("wolkenamt_sweeps_total", "sweep" => sweep.name).increment(1);
        tokio::select! {
            () = tokio::time::sleep(sweep.every) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}
