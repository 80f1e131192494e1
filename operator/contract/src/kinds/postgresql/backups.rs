//! Backups: base backups by schedule and a continuous archive of the write-ahead log, by the Barman Cloud plug-in of
//! CloudNativePG, into the object storage of the location.
//!
//! Where that storage is and with which key it is written, only the operator's own configuration says; the key goes into
//! a Secret beside the database and nowhere else.

use super::{PREFIX, Plan, restore};
use crate::kinds::Finding;
use crate::kinds::context::{GeneratedSecret, Site, labels, object_name};
use crate::kinds::namespace::{self, put};
use crate::kinds::readiness::{condition, of_kind, text, time};
use crate::{Abilities, Desired, Recoverable, Restore};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Name by which CloudNativePG knows the plug-in.
pub const PLUGIN: &str = "barman-cloud.cloudnative-pg.io";
/// Group and version of the plug-in's own resource, and its kind.
pub const STORE: (&str, &str) = ("barmancloud.cnpg.io/v1", "ObjectStore");
/// Keys of the Secret; the values come from the operator's configuration.
pub const KEYS: [&str; 2] = ["ACCESS_KEY_ID", "ACCESS_SECRET_KEY"];
/// What the plug-in's container beside each instance may use: thousandths of a processor and MiB.
pub const SIDECAR: (i64, i64) = (50, 192);
/// Longest retention that a plan may promise.
const DAYS_MAX: i64 = 365;

/// Where backups go; without any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupStore {
    /// Bucket and folder, such as `s3://sicherungen/datenbanken`.
    pub destination: String,
    /// Address of the storage; that of the big provider of `s3://` if absent.
    pub endpoint: Option<String>,
    /// Networks (CIDR) in which the storage is; databases may reach them on [`BackupStore::port`].
    pub networks: Vec<String>,
    /// Its port.
    pub port: u16,
}

/// Name of the backup's objects of a booking.
pub fn name(desired: &Desired) -> String {
    format!("{}-backup", object_name(PREFIX, desired.booking))
}

/// What is wrong with the retention that a plan promises.
pub fn check_plan(plan: &Plan) -> Option<Finding> {
    let days = plan.backup_days?;
    (!(1..=DAYS_MAX).contains(&days)).then(|| {
        Finding::new("/backup_days", "out-of-range", format!("Sicherungen bleiben 1 bis {DAYS_MAX} Tage."))
    })
}

/// What such a plan needs and a location may lack.
pub fn check_location(plan: &Plan, abilities: &Abilities) -> Option<Finding> {
    (plan.backup_days.is_some() && !abilities.postgresql_backups).then(missing)
}

/// The same, said by the operator itself.
pub fn check_site(site: &Site, plan: &Plan) -> Option<Finding> {
    (plan.backup_days.is_some() && site.backup_store.is_none()).then(missing)
}

fn missing() -> Finding {
    Finding::new(
        "",
        "backup-unavailable",
        "Zu diesem Tarif gehören Sicherungen; der Standort hat dafür keinen Objektspeicher.",
    )
}

/// Plug-in entry of a `Cluster`: each database has an archive of its own.
pub fn plugin(desired: &Desired, number: u32) -> Value {
    json!([{"name": PLUGIN, "enabled": true, "isWALArchiver": true, "parameters": archive(desired, number)}])
}

fn archive(desired: &Desired, number: u32) -> Value {
    json!({"barmanObjectName": name(desired), "serverName": restore::name(desired, number)})
}

/// How a restored database begins, and where what it is made of lies.
pub fn recovery(desired: &Desired, wish: &Restore, database: &str) -> (Value, Value) {
    const SOURCE: &str = "before";
    let bootstrap = json!({"recovery": {
        "source": SOURCE, "database": database, "owner": database,
        "recoveryTarget": {"targetTime": wish.at.to_string()}
    }});
    let source =
        json!([{"name": SOURCE, "plugin": {"name": PLUGIN, "parameters": archive(desired, wish.from)}}]);
    (bootstrap, source)
}

/// Object store of the booking and schedule of the database that serves, in the order in which they are applied around the
/// `Cluster`.
pub fn manifests(desired: &Desired, store: &BackupStore, days: i64, serving: u32) -> [Value; 2] {
    let name = name(desired);
    let key = |key: &str| json!({"name": name, "key": key});
    let mut configuration = json!({
        "destinationPath": store.destination,
        "s3Credentials": {"accessKeyId": key(KEYS[0]), "secretAccessKey": key(KEYS[1])},
        "wal": {"compression": "gzip"}, "data": {"compression": "gzip"}
    });
    if let Some(endpoint) = &store.endpoint {
        put(&mut configuration, "endpointURL", json!(endpoint));
    }
    let (cpu, memory) = (format!("{}m", SIDECAR.0), format!("{}Mi", SIDECAR.1));
    let size = json!({"cpu": cpu, "memory": memory});
    let meta =
        |name: &str| json!({"name": name, "namespace": namespace::name(desired), "labels": labels(desired)});
    let nightly = format!("{}-backup", restore::name(desired, serving));
    [
        json!({
            "apiVersion": STORE.0, "kind": STORE.1, "metadata": meta(&name),
            "spec": {
                "configuration": configuration,
                "retentionPolicy": format!("{days}d"),
                "instanceSidecarConfiguration": {"resources": {"requests": size, "limits": size}}
            }
        }),
        json!({
            "apiVersion": "postgresql.cnpg.io/v1", "kind": "ScheduledBackup", "metadata": meta(&nightly),
            "spec": {
                "cluster": {"name": restore::name(desired, serving)},
                "schedule": schedule(desired), "immediate": true, "backupOwnerReference": "self",
                "method": "plugin", "pluginConfiguration": {"name": PLUGIN}
            }
        }),
    ]
}

/// Once a night (seconds come first here), at a minute between 0 and 4 o'clock UTC that follows from the booking, so that
/// the databases of a location do not all begin at once.
fn schedule(desired: &Desired) -> String {
    let minute = desired.booking.as_u128() % 240;
    format!("0 {} {} * * *", minute % 60, minute / 60)
}

/// The Secret with the key of the object storage.
pub fn secret(desired: &Desired) -> GeneratedSecret {
    let labels = labels(desired)
        .into_iter()
        .filter_map(|(key, value)| value.as_str().map(|text| (key, text.to_owned())))
        .collect();
    GeneratedSecret {
        name: name(desired),
        labels,
        fixed: BTreeMap::new(),
        random: Vec::new(),
        config: None,
        of_location: KEYS.iter().map(|key| (*key).to_owned()).collect(),
    }
}

/// What the databases of a namespace may reach beyond the engine.
pub fn egress(store: &BackupStore) -> Option<Value> {
    let to: Vec<Value> = store.networks.iter().map(|cidr| json!({"ipBlock": {"cidr": cidr}})).collect();
    (!to.is_empty()).then(|| json!({"to": to, "ports": [{"port": store.port}]}))
}

/// What the plug-in says about the archive of the database that serves. The engine calls archiving fine also where nothing is
/// archived, so it counts only together with a complete backup.
pub fn recoverable(
    site: &Site,
    desired: &Desired,
    cluster: Option<&Value>,
    observed: &[Value],
) -> Option<Recoverable> {
    let store = name(desired);
    let found = of_kind(observed, STORE.1).find(|it| text(it, "/metadata/name") == Some(store.as_str()))?;
    let window = found.pointer("/status/serverRecoveryWindow")?.get(restore::name(desired, site.serving))?;
    let archiving = cluster.and_then(|cluster| condition(cluster, "ContinuousArchiving"));
    Some(Recoverable {
        database: site.serving,
        since: time(window, "/firstRecoverabilityPoint")?,
        last_backup: time(window, "/lastSuccessfulBackupTime")?,
        archiving: archiving.is_some_and(|it| text(it, "/status") == Some("True")),
    })
}
