//! `wolkenamt-operator`: arguments, telemetry, wiring, clean shutdown.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use contract::Enrolment;
use controller::broker::Brokers;
use controller::cluster::Cluster;
use controller::config::{self, Config};
use controller::crd;
use controller::identity::{self, Identity, Stored};
use controller::lease::{Candidate, Guard};
use controller::marketplace::{self, Marketplace};
use controller::state::State;
use controller::status_server::Shown;
use controller::{catalogues, heartbeat, pull, push, reveal, rotation, status_server};
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

/// That of the C library keeps what a list of all objects took for a moment.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Longest time between the signal to stop and the end.
const LONGEST_END: Duration = Duration::from_secs(25);

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
    /// Prints the custom resource definitions as YAML.
    Crd,
    /// Prints every variable with its value and meaning.
    PrintConfig,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Crd => {
            let documents = crd::definitions()?.into_iter().map(|(_file, text)| text);
            print(&documents.collect::<String>())
        }
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
        Enrolment { code, key: stored.public()?, operator_version: contract::version::OURS.to_owned() };
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

/// Stands by until this process leads, and again whenever another took over; until told to stop.
async fn run(config: Config) -> Result<()> {
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let open = cluster(&config).await?;
    let listener =
        TcpListener::bind(config.status_listen).await.context("WOLKENAMT_OPERATOR_STATUS_LISTEN")?;
    let shown = Arc::new(Shown::default());
    tokio::spawn(status_server::run(listener, shown.clone(), metrics));
    let duration = Duration::from_secs(config.lease_seconds);
    let mut stop = std::pin::pin!(signal());
    loop {
        // Each term has a guard of its own: what is left of an earlier term can never write again.
        let mut candidate = Candidate::new(open.clone(), &config.namespace, &config.instance, duration);
        tokio::select! {
            () = candidate.acquire(&shown.standing_by) => {}
            result = &mut stop => return result,
        }
        if let Some(result) = term(&config, &open, &shown, &mut candidate, stop.as_mut()).await {
            return result;
        }
        shown.stands_by();
    }
}

/// Leads until told to stop, which is the answer, or until the Lease is lost.
async fn term(
    config: &Config,
    open: &Cluster,
    shown: &Arc<Shown>,
    candidate: &mut Candidate,
    stop: Pin<&mut impl Future<Output = Result<()>>>,
) -> Option<Result<()>> {
    let guard = candidate.guard();
    let ending = Arc::new(Notify::new());
    let cluster = open.guarded(guard.clone());
    let mut leading = tokio::spawn(lead(config.clone(), cluster, guard, shown.clone(), ending.clone()));
    // The Lease is renewed until the last pass has ended.
    let stopping = async {
        stop.await?;
        tracing::info!("stopping");
        ending.notify_one();
        tokio::time::sleep(LONGEST_END).await;
        bail!("the operator did not end in time")
    };
    let ended = tokio::select! {
        ended = &mut leading => Some(ended.context("the operator ended").and_then(|result| result)),
        () = candidate.keep() => None,
        result = stopping => Some(result),
    };
    leading.abort();
    candidate.release().await;
    ended
}

/// Everything that only the leader does, until told to stop.
async fn lead(
    config: Config,
    cluster: Cluster,
    guard: Guard,
    shown: Arc<Shown>,
    stop: Arc<Notify>,
) -> Result<()> {
    let (state, marketplace, watching) = tokio::select! {
        prepared = prepare(config, cluster, guard) => prepared?,
        () = stop.notified() => return Ok(()),
    };
    shown.leads(state.clone());
    let ending = Arc::new(Notify::new());
    let ended = ending.clone();
    // Whoever drops them ends them, also where the Lease was lost.
    let mut loops = JoinSet::new();
    loops.spawn(pull::run(state.clone(), marketplace.clone()));
    loops.spawn(push::run(state.clone(), marketplace.clone()));
    loops.spawn(heartbeat::run(state.clone(), marketplace.clone()));
    loops.spawn(catalogues::run(state.clone()));
    loops.spawn(rotation::run(state.clone(), marketplace.clone()));
    loops.spawn(reveal::run(state.clone(), marketplace));
    loops.spawn(controller::controller::read_counters(state.clone()));
    let mut reconciling = JoinSet::new();
    reconciling.spawn(controller::controller::run(state, async move { ended.notified().await }));
    stop.notified().await;
    ending.notify_one();
    // Passes that run are finished; whatever a loop was doing is done again after the next start.
    if tokio::time::timeout(Duration::from_secs(20), reconciling.join_next()).await.is_err() {
        tracing::warn!("a pass did not end in time");
    }
    drop(watching);
    Ok(())
}

/// Enrols, and learns what must be known before anything is decided.
async fn prepare(
    config: Config,
    cluster: Cluster,
    guard: Guard,
) -> Result<(Arc<State>, Arc<Marketplace>, JoinSet<()>)> {
    let identity = enrol_patiently(&config, &cluster).await?;
    let epoch = identity.enrolled.epoch;
    let ca = config.marketplace_ca_file.as_deref();
    let marketplace = Arc::new(Marketplace::new(&config.marketplace_url, ca, identity, guard)?);
    wait_for_definition(&cluster).await;
    let brokers = Brokers::new(&config)?;
    let state = Arc::new(State::new(config, cluster, brokers, epoch));
    let mut watching = JoinSet::new();
    watching.spawn(controller::controller::watch_bookings(state.clone()));
    heartbeat::complete_site(&state).await.context("the cluster cannot be described")?;
    state.bookings.wait_until_complete().await;
    // The enrolment is older than what the cluster obeys; no epoch before that is believed again.
    let obeyed = state.bookings.all().iter().map(|entry| entry.epoch).max();
    state.epoch.fetch_max(obeyed.unwrap_or(epoch), Ordering::Relaxed);
    catalogues::read_first(&state).await;
    tracing::info!(
        location = marketplace.identity().enrolled.location_name,
        bookings = state.bookings.len(),
        "operator runs"
    );
    Ok((state, marketplace, watching))
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
