//! `wolkenamt-operator`: arguments, telemetry, wiring, clean shutdown.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use contract::{Abilities, Enrolment};
use controller::cluster::Cluster;
use controller::config::{self, Config};
use controller::crd::Booking;
use controller::identity::{self, Identity, Stored};
use controller::marketplace::{self, Marketplace};
use controller::state::State;
use controller::{heartbeat, pull, push, reveal, status_server};
use futures::StreamExt;
use kube::CustomResourceExt;
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tracing_subscriber::EnvFilter;

/// Provisions and meters what was booked at this location.
#[derive(Parser)]
#[command(name = "wolkenamt-operator", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enrols if a code is given and it was not done yet, then works until told to stop.
    Run,
    /// Draws a key, registers it with the one-time code, and ends.
    Enrol,
    /// Prints the custom resource definition as YAML.
    Crd,
    /// Prints every variable with its value and meaning.
    PrintConfig,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Crd => print(&serde_yaml_ng::to_string(&Booking::crd())?),
        Command::PrintConfig => print(&config::describe(config::environment)),
        Command::Enrol => {
            let config = start()?;
            let cluster = cluster(&config).await?;
            enrol(&config, &cluster).await.map(drop)
        }
        Command::Run => {
            let config = start()?;
            run(config).await
        }
    }
}

fn print(text: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// Reads the configuration, and only then starts to log.
fn start() -> Result<Config> {
    let config = Config::from_env()?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(EnvFilter::try_new(&config.log).context("WOLKENAMT_OPERATOR_LOG")?)
        .init();
    identity::install_crypto();
    Ok(config)
}

/// Own retries with own waits are shorter than the three minutes of kube's.
async fn cluster(config: &Config) -> Result<Cluster> {
    let mut found = match &config.kubeconfig {
        Some(path) => {
            let kubeconfig = kube::config::Kubeconfig::read_from(path)?;
            kube::Config::from_custom_kubeconfig(kubeconfig, &kube::config::KubeConfigOptions::default())
                .await?
        }
        None => {
            kube::Config::incluster().context("outside a cluster WOLKENAMT_OPERATOR_KUBECONFIG is needed")?
        }
    };
    found.default_retry = false;
    Ok(Cluster::new(kube::Client::try_from(found)?))
}

/// Returns an identity, enrolling with the one-time code if there is none yet.
async fn enrol(config: &Config, cluster: &Cluster) -> Result<Identity> {
    let stored = identity::load(config, cluster).await?;
    if let Some(identity) = stored.as_ref().map(Stored::identity).transpose()?.flatten() {
        return Ok(identity);
    }
    let Some(code) = config.enrolment_code.clone() else {
        bail!("this operator is not enrolled, and WOLKENAMT_OPERATOR_ENROLMENT_CODE is missing");
    };
    // The key is kept before it is registered: an answer that gets lost must not leave a registered key without owner.
    let stored = match stored {
        Some(stored) => stored,
        None => Stored::generate()?,
    };
    identity::save(config, cluster, &stored).await?;
    let enrolment =
        Enrolment { code, key: stored.public()?, operator_version: env!("CARGO_PKG_VERSION").to_owned() };
    let ca = config.marketplace_ca_file.as_deref();
    let enrolled = marketplace::enrol(&config.marketplace_url, ca, &enrolment).await?;
    tracing::info!(operator = %enrolled.operator, location = enrolled.location_name, "enrolled");
    let stored = stored.with(enrolled);
    identity::save(config, cluster, &stored).await?;
    stored.identity()?.context("enrolled without an answer")
}

/// The same for a process that is started together with the marketplace: it waits until that answers.
async fn enrol_patiently(config: &Config, cluster: &Cluster) -> Result<Identity> {
    loop {
        match enrol(config, cluster).await {
            Err(error) if error.downcast_ref::<marketplace::NotReachable>().is_some() => {
                tracing::warn!(error = %error, "the marketplace does not answer yet; waiting");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            result => return result,
        }
    }
}

async fn run(config: Config) -> Result<()> {
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let cluster = cluster(&config).await?;
    let identity = enrol_patiently(&config, &cluster).await?;
    let listener =
        TcpListener::bind(config.status_listen).await.context("WOLKENAMT_OPERATOR_STATUS_LISTEN")?;
    let epoch = identity.enrolled.epoch;
    let marketplace =
        Arc::new(Marketplace::new(&config.marketplace_url, config.marketplace_ca_file.as_deref(), identity)?);
    wait_for_definition(&cluster).await;
    let (bookings, watch) = controller::controller::watch_bookings(cluster.client());
    let state = Arc::new(State {
        site: RwLock::new(config.site.clone()),
        config,
        cluster,
        bookings,
        abilities: RwLock::new(Abilities::default()),
        epoch: AtomicI64::new(epoch),
        revision: AtomicI64::new(0),
        hash: Mutex::new(String::new()),
        pulled: AtomicBool::new(false),
        pulled_at: AtomicI64::new(0),
        pushed_at: AtomicI64::new(0),
        observed: Mutex::new(HashMap::new()),
        promised: Mutex::new(None),
        changed: Notify::new(),
    });
    let watching = tokio::spawn(watch.for_each(|()| async {}));
    heartbeat::complete_site(&state).await.context("the cluster cannot be described")?;
    state.bookings.wait_until_ready().await.context("Bookings cannot be watched")?;
    tracing::info!(
        location = marketplace.identity().enrolled.location_name,
        bookings = state.bookings.len(),
        "operator runs"
    );
    let stop = Arc::new(Notify::new());
    let stopped = stop.clone();
    // Also where the engine is not there yet: the watch waits for it, with a growing pause.
    let engines = !state.config.site.postgresql_images.is_empty();
    let reconciling = tokio::spawn(controller::controller::run(state.clone(), engines, async move {
        stopped.notified().await;
    }));
    let loops = [
        watching,
        tokio::spawn(pull::run(state.clone(), marketplace.clone())),
        tokio::spawn(push::run(state.clone(), marketplace.clone())),
        tokio::spawn(heartbeat::run(state.clone(), marketplace.clone())),
        tokio::spawn(reveal::run(state.clone(), marketplace)),
        tokio::spawn(controller::controller::read_counters(state.clone())),
        tokio::spawn(status_server::run(listener, state, metrics)),
    ];
    signal().await?;
    tracing::info!("stopping");
    stop.notify_one();
    // Passes that run are finished; whatever a loop was doing is done again after the next start.
    if tokio::time::timeout(Duration::from_secs(20), reconciling).await.is_err() {
        tracing::warn!("a pass did not end in time");
    }
    for task in loops {
        task.abort();
    }
    Ok(())
}

/// The administrator installs the definition. Without it there is nothing to do but to say so.
async fn wait_for_definition(cluster: &Cluster) {
    loop {
        match cluster.get("/apis/wolkenamt.de/v1alpha1/bookings?limit=1").await {
            Ok(Some(_)) => return,
            Ok(None) => tracing::error!("the definition of Booking is not installed; waiting"),
            Err(error) => tracing::error!(error = %error, "the cluster is not usable; waiting"),
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn signal() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}
