//! The database of the same story beyond its first table: extensions, its limit, backups, and the way back to a moment before
//! a table was dropped.

use super::{World, kubectl, try_customer};
use contract::kinds::namespace;
use contract::kinds::postgresql::restore;
use contract::{Restore, RotationOutcome};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// What the plan sells beside the sizes.
pub(crate) fn plan() -> Value {
    json!({"vcpu_milli": 250, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 5, "versions": [15],
           "extensions": ["pgcrypto", "postgis"], "connections": 20, "backup_days": 7})
}

impl World {
    /// The pod of the database that serves.
    pub(crate) fn instance(&self) -> String {
        let serving = self.database.restore.map_or(0, |restore| restore.number);
        format!("{}-1", restore::name(&self.database, serving))
    }

    /// As the superuser inside the pod, for what a customer may not do.
    fn inside(&self, sql: &str) -> String {
        let pod = self.instance();
        let place = namespace::name(&self.database);
        let psql = ["psql", "-h", "/controller/run", "-U", "postgres", "-qAtc", sql];
        kubectl(&[&["-n", &place, "exec", &pod, "-c", "postgres", "--"], &psql[..]].concat())
    }

    fn in_namespace(&self, arguments: &[&str]) -> String {
        let place = namespace::name(&self.database);
        kubectl(&[&["-n", &place], arguments].concat())
    }

    pub(crate) async fn has_what_was_ordered_inside(&self) {
        let extensions =
            self.use_database("select extname from pg_extension where extname = 'pgcrypto'").await;
        assert_eq!(extensions, "pgcrypto");
        let limit = "select datconnlimit from pg_database where datname = current_database()";
        assert_eq!(self.use_database(limit).await, "20");
        self.say("the extension is there and the limit holds");
    }

    /// Name and address stay, what is measured is one database, and the one before is kept until somebody says otherwise.
    pub(crate) async fn goes_back_to_a_moment(&mut self) {
        let window = "jsonpath={.items[0].status.serverRecoveryWindow}";
        self.wait_for("a base backup is complete", async || {
            !self.in_namespace(&["get", "objectstores", "-o", window]).is_empty()
        })
        .await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.use_database("insert into kept values (43)").await;
        let now = r#"select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#;
        let moment: Timestamp = self.use_database(now).await.parse().unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.use_database("drop table kept; create table later (answer int)").await;
        self.inside("select pg_switch_wal()");
        let host = self.access(&self.database).await("host");
        let address = self.access(&self.database).await("address");

        self.database.generation += 1;
        self.database.restore = Some(Restore { number: 1, from: 0, at: moment, keep_before: true });
        self.market.want(self.database.clone());
        self.wait_for("the earlier state serves", async || self.took_over(1)).await;
        assert_eq!(self.use_database("select count(*) from kept").await, "2");
        assert_eq!(self.use_database("select to_regclass('later') is null").await, "t");
        assert_eq!(self.use_database("select 1 from pg_extension where extname = 'pgcrypto'").await, "1");
        let field = self.access(&self.database).await;
        assert_eq!((field("host"), field("address")), (host, address));
        let clusters = ["get", "clusters", "-o", "name"];
        assert_eq!(self.in_namespace(&clusters).lines().count(), 2, "what was replaced is kept");
        let log = self.status(&self.database).await["status"]["log"].clone();
        let most = log.as_array().unwrap().iter().filter_map(|entry| entry["sizes"]["vcpu"].as_i64()).max();
        assert_eq!(most, Some(250), "never more than one database is measured: {log}");

        self.database.generation += 1;
        self.database.restore = self.database.restore.map(|wish| Restore { keep_before: false, ..wish });
        self.market.want(self.database.clone());
        self.wait_for("what was replaced is gone", async || {
            self.in_namespace(&clusters).lines().count() == 1
                && self.in_namespace(&["get", "pvc", "-o", "name"]).lines().count() == 1
        })
        .await;
        assert_eq!(self.use_database("select count(*) from kept where answer = 42").await, "1");
        self.use_database("delete from kept where answer = 43").await;
    }

    /// The customer orders another password: the operator takes the engine's Secret away, which it may with its own rights only
    /// because the Secret carries its label, and the engine draws another.
    pub(crate) async fn changes_its_password(&self) {
        let former = self.connection().await;
        assert!(try_customer(&["psql", &former, "-qAtc", "select 1"]).0);
        let order = self.market.rotate(self.database.booking);
        self.wait_for("another password is ordered and made", async || {
            self.market.with(|kept| kept.rotated.contains_key(&order))
        })
        .await;
        self.market.with(|kept| assert_eq!(kept.rotated[&order], RotationOutcome::Done));
        self.wait_for("the former password opens nothing", async || {
            !try_customer(&["psql", &former, "-qAtc", "select 1"]).0
        })
        .await;
        let present = self.connection().await;
        assert_ne!(former, present);
        assert_eq!(
            self.use_database("select count(*) from kept").await,
            "1",
            "the new one opens the same data"
        );
        // Asked once more, because its answer may have been lost: nothing changes a second time.
        let again = self.market.rotate(self.database.booking);
        self.wait_for("and once more", async || self.market.with(|kept| kept.rotated.contains_key(&again)))
            .await;
        assert_ne!(present, self.connection().await, "another order is another password");
    }

    fn took_over(&self, number: u32) -> bool {
        self.market.with(|kept| {
            let seen = kept.observations.get(&self.database.booking);
            seen.and_then(|seen| seen.restored).is_some_and(|restored| restored.number == number)
        })
    }
}
