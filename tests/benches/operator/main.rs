//! The operator's program with many bookings of mixed kinds on a real API server with nodes that kwok plays. Run by
//! `tests/benches/operator.sh`, which makes the cluster: once for the limit, once for the operator.
//!
//! Measured: cold (everything is booked at once), restart (until every booking was looked at), the steady state (writes), single
//! changes, and memory; beside it the time that a client needs which only writes the same objects.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a bench prints and may fail at once"
)]

#[path = "../../../operator/controller/tests/real_cluster/fake_marketplace.rs"]
#[expect(dead_code, reason = "the bench reveals nothing and cuts nothing off")]
mod fake_marketplace;
mod limit;
mod player;
mod wishes;

use contract::{ConditionStatus, ConditionType, Desired, Power};
use controller::cluster::Cluster;
use fake_marketplace::FakeMarketplace;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(1800);
/// What operator, engines and controllers write without any booking being touched.
const HOUSEKEEPING: &[&str] =
    &["leases", "nodes", "events", "tokenreviews", "subjectaccessreviews", "serviceaccounts"];

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_absent| panic!("{name} is missing: run tests/benches/operator.sh"))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    controller::identity::install_crypto();
    let kubeconfig = kube::config::Kubeconfig::read_from(variable("WOLKENAMT_BENCH_KUBECONFIG")).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    let cluster = Cluster::new(kube::Client::try_from(config).unwrap());
    let count: usize = variable("WOLKENAMT_BENCH_BOOKINGS").parse().unwrap();
    let all = wishes::wishes(count);
    match variable("WOLKENAMT_BENCH_PART").as_str() {
        "limit" => {
            let (writes, took) = limit::write(&cluster, &all).await;
            let seconds = took.as_secs_f64();
            say("limit: a client that only writes the same", format!("{seconds:.1} s, {writes} writes"));
            std::fs::write(limit_file(), format!("{seconds} {writes}")).unwrap();
        }
        "operator" => Bench::new(cluster, all).await.run().await,
        other => panic!("no such part: {other}"),
    }
}

/// Where the first part leaves its seconds and writes for the second.
fn limit_file() -> String {
    format!("{}/limit-seconds", variable("WOLKENAMT_BENCH_LOGS"))
}

fn say(what: &str, value: impl Display) {
    println!("  {what:<46} {value}");
}

/// A figure with the goal of the design.
fn compare(what: &str, measured: f64, unit: &str, goal: f64) {
    let verdict = if measured <= goal { "met" } else { "MISSED" };
    say(what, format!("{measured:.2} {unit} (goal ≤ {goal} {unit}: {verdict})"));
}

struct Bench {
    cluster: Cluster,
    market: FakeMarketplace,
    all: Vec<Desired>,
    operator: Option<Child>,
}

impl Bench {
    async fn new(cluster: Cluster, all: Vec<Desired>) -> Bench {
        for number in 0..player::NODES {
            let node = json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": format!("bench-{number}"), "annotations": {"kwok.x-k8s.io/node": "fake"}},
                "status": {
                    "capacity": {"cpu": "4000", "memory": "8Ti", "pods": "2000"},
                    "allocatable": {"cpu": "4000", "memory": "8Ti", "pods": "2000"}
                }
            });
            drop(cluster.create(&node).await.unwrap());
        }
        player::start(&cluster);
        Bench { cluster, market: FakeMarketplace::start().await, all, operator: None }
    }

    async fn run(mut self) {
        for wish in &self.all {
            self.market.want(wish.clone());
        }
        let (cold, writes) = self.cold().await;
        compare("cold: everything booked at once, all ready", cold.as_secs_f64(), "s", 300.0);
        let limit = std::fs::read_to_string(limit_file()).unwrap();
        let (limit, limit_writes) = limit.split_once(' ').unwrap();
        let of = |all: &str| -> f64 { all.parse().unwrap() };
        let multiple = cold.as_secs_f64() / of(limit);
        say("cold, as a multiple of the limit", format!("{multiple:.2}"));
        let per_write = multiple * of(limit_writes) / f64::from(u32::try_from(writes).unwrap());
        say("the same per write, engines and nodes with them", format!("{per_write:.2}"));
        tokio::time::sleep(Duration::from_secs(30)).await;
        self.memory("memory after cold");
        self.steady().await;
        self.restart().await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        compare("memory, steady", self.mebibytes("VmRSS"), "MiB", 64.0);
        compare("memory, highest of a full list and look at all", self.mebibytes("VmHWM"), "MiB", 96.0);
        self.changes().await;
        self.memory("memory after the changes");
        self.market.with(|kept| assert_eq!(kept.wrong, Vec::<String>::new()));
        self.end();
    }

    fn start(&mut self) {
        let logs = variable("WOLKENAMT_BENCH_LOGS");
        let log =
            std::fs::File::options().create(true).append(true).open(format!("{logs}/operator.log")).unwrap();
        // It dies with this bench, however that ends.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_wolkenamt-operator"), "run"])
            .env("WOLKENAMT_OPERATOR_MARKETPLACE_URL", &self.market.url)
            .env("WOLKENAMT_OPERATOR_KUBECONFIG", variable("WOLKENAMT_BENCH_KUBECONFIG"))
            .env("WOLKENAMT_OPERATOR_INSTANCE", "bench")
            .env("WOLKENAMT_OPERATOR_KEY_FILE", format!("{logs}/key"))
            .env("WOLKENAMT_OPERATOR_ENROLMENT_CODE", "once")
            .env("WOLKENAMT_OPERATOR_POSTGRESQL_IMAGES", "15=localhost/wolkenamt/postgresql:15")
            .env("WOLKENAMT_OPERATOR_VM_IMAGES", "linux-klein=docker://localhost/wolkenamt/linux-klein:1")
            .env("WOLKENAMT_OPERATOR_DOMAIN", "bench.wolkenamt.test")
            .env("WOLKENAMT_OPERATOR_INGRESS_CLASS", "bench")
            .env("WOLKENAMT_OPERATOR_STATUS_LISTEN", "127.0.0.1:0")
            .env("WOLKENAMT_OPERATOR_HEARTBEAT_SECONDS", "1")
            .env("WOLKENAMT_OPERATOR_LOG", "warn")
            // As in the chart.
            .env("MIMALLOC_PURGE_DELAY", "0")
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.operator = Some(child);
    }

    fn end(&mut self) {
        let mut child = self.operator.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    async fn wait(&mut self, what: &str, mut done: impl FnMut(&FakeMarketplace) -> bool) -> Duration {
        let started = Instant::now();
        while !done(&self.market) {
            assert!(started.elapsed() < PATIENCE, "{what}: not within {} s", PATIENCE.as_secs());
            let ended = self.operator.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{what}: the operator ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        started.elapsed()
    }

    async fn cold(&mut self) -> (Duration, i64) {
        let count = self.all.len();
        let before = self.writes().await;
        self.start();
        let mut told = Instant::now();
        let cold = self
            .wait("cold", move |market| {
                let ready = market.with(|kept| {
                    let ready = kept.observations.values().filter(|seen| {
                        seen.condition(ConditionType::Ready)
                            .is_some_and(|ready| ready.status == ConditionStatus::True)
                    });
                    ready.count()
                });
                if told.elapsed() > Duration::from_secs(20) {
                    told = Instant::now();
                    eprintln!("    {ready} of {count} ready");
                }
                ready == count
            })
            .await;
        let (writes, list) = self.since(&before).await;
        say("cold: writes, engines and nodes with them", format!("{writes}: {list}"));
        (cold, writes)
    }

    /// Writes to the API server, by resource, without housekeeping.
    async fn writes(&self) -> BTreeMap<String, i64> {
        let page = self.cluster.text("/metrics").await.unwrap();
        let mut writes = BTreeMap::new();
        for line in page.lines().filter(|line| line.starts_with("apiserver_request_total{")) {
            let label = |name: &str| {
                let from = line.find(&format!("{name}=\""))? + name.len() + 2;
                line[from..].split('"').next()
            };
            let verb = label("verb").unwrap_or_default();
            let resource = label("resource").unwrap_or_default();
            let dry = label("dry_run").unwrap_or_default();
            if ["POST", "PUT", "PATCH", "APPLY", "DELETE"].contains(&verb)
                && !HOUSEKEEPING.contains(&resource)
                && dry.is_empty()
            {
                let value: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
                let whole: i64 = format!("{value:.0}").parse().unwrap();
                *writes.entry(resource.to_owned()).or_insert(0) += whole;
            }
        }
        writes
    }

    async fn since(&self, before: &BTreeMap<String, i64>) -> (i64, String) {
        let now = self.writes().await;
        let changed: Vec<(String, i64)> = now
            .into_iter()
            .map(|(resource, count)| {
                let known = before.get(&resource).copied().unwrap_or(0);
                (resource, count - known)
            })
            .filter(|(_, count)| *count != 0)
            .collect();
        let list: Vec<String> =
            changed.iter().map(|(resource, count)| format!("{count} {resource}")).collect();
        (changed.iter().map(|(_, count)| count).sum(), list.join(", "))
    }

    async fn steady(&self) {
        let before = self.writes().await;
        let seconds = self.all.len() / 50 + 60;
        tokio::time::sleep(Duration::from_secs(u64::try_from(seconds).unwrap())).await;
        let (writes, list) = self.since(&before).await;
        say(&format!("steady: writes in {seconds} s"), format!("{writes} (goal 0) {list}"));
    }

    async fn restart(&mut self) {
        let before = self.writes().await;
        self.end();
        self.market.with(|kept| kept.heartbeat = None);
        self.start();
        let count = i64::try_from(self.all.len()).unwrap();
        let verified = self
            .wait("restart", |market| {
                market.with(|kept| {
                    kept.heartbeat
                        .as_ref()
                        .is_some_and(|beat| beat.watermark.is_some() && beat.bookings == count)
                })
            })
            .await;
        compare("restart: every booking looked at", verified.as_secs_f64(), "s", 10.0);
        let (objects, limit) = limit::read(&self.cluster, &self.all).await;
        let seconds = limit.as_secs_f64();
        say("limit: a client that only reads everything", format!("{seconds:.1} s, {objects} objects"));
        say("restart, as a multiple of that", format!("{:.2}", verified.as_secs_f64() / seconds));
        let (writes, list) = self.since(&before).await;
        say("restart: writes", format!("{writes} (goal 0) {list}"));
    }

    /// Half of them open a database to other networks, half stop an application: of each five wishes the first four.
    async fn changes(&mut self) {
        let number = 200.min(self.all.len() / 5);
        let step = self.all.len() / number;
        let mut took = Vec::new();
        for change in 0..number {
            let mut wish = self.all[change * step / 5 * 5 + change % 4].clone();
            wish.generation += 1;
            match wish.kind {
                contract::Kind::Application => wish.power = Power::Off,
                _ => wish.exposure.allowed_networks.clear(),
            }
            self.market.want(wish.clone());
            let one = self
                .wait("change", |market| {
                    market.with(|kept| {
                        let effect = kept.observations.get(&wish.booking).and_then(|seen| seen.in_effect);
                        effect.is_some_and(|effect| effect.generation == wish.generation)
                    })
                })
                .await;
            took.push(one.as_secs_f64());
        }
        took.sort_by(f64::total_cmp);
        let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
        say("single change, median", format!("{:.2} s of {number}", at(50)));
        compare("single change, effective and reported, p99", at(99), "s", 1.0);
    }

    fn mebibytes(&self, name: &str) -> f64 {
        let process = self.operator.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    fn memory(&self, when: &str) {
        let (now, highest) = (self.mebibytes("VmRSS"), self.mebibytes("VmHWM"));
        say(when, format!("{now:.1} MiB, highest {highest:.1} MiB"));
    }
}
