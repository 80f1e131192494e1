//! The booking of the demonstration that runs: ordered and approved by demo people, provisioned and measured by the real
//! operator of its location, so that whoever starts the product finds something alive.
//!
//! It is ordered once for the life of a database. Whoever ends it has ended it; no later start brings it back.

use super::catalogue::{actor, plan_id};
use super::history::approve;
use super::id;
use super::organisations::{budget_line_id, legal_basis_id};
use crate::app::App;
use crate::usecases::Error;
use crate::usecases::orders::{self, PlaceOrder};
use domain::ids::OrderId;
use domain::placement::Demand;
use domain::policy::{Action, authorize};
use domain::time::berlin_day;
use serde_json::json;
use std::collections::BTreeMap;

const KEY: &str = "demo-running";
const ORGANISATION: &str = "musterstadt";
const ORDERS: &str = "jana.probst@musterstadt.example";
const APPROVES: &str = "heike.sommer@musterstadt.example";
const PROVIDER: &str = "it-verbund";
const OFFERING: &str = "postgresql";
/// The smallest: a quarter of the node with two processors that `make run` starts.
const PLAN: &str = "s";

/// Orders and approves what is not ordered and approved yet; a start that was interrupted between the two is completed.
pub(super) async fn order(app: &App) -> anyhow::Result<()> {
    let orderer = actor(app, ORDERS).await?;
    let scope = authorize(&orderer, Action::PlaceOrder)?;
    let read = async |conn: &mut db::Conn| {
        let Some(row) = db::orders::find_by_key(conn, &scope, KEY).await? else { return Ok(None) };
        Ok::<_, Error>(Some(db::orders::get(conn, &scope, OrderId(row.id)).await?))
    };
    match app.db.read(&scope, read).await? {
        Some((_, Some(_decided))) => Ok(()),
        Some((row, None)) => approve(app, APPROVES, row.id).await,
        None => {
            let placed = orders::place(app, &orderer, KEY, &wish(app), None)
                .await
                .map_err(|error| anyhow::anyhow!("the running booking is not ordered: {error:?}"))?;
            approve(app, APPROVES, placed.id).await
        }
    }
}

fn wish(app: &App) -> PlaceOrder {
    let today = berlin_day(app.clock.now());
    PlaceOrder {
        offering: id(&format!("offering:{PROVIDER}:{OFFERING}")),
        plan: Some(plan_id(PROVIDER, OFFERING, PLAN)),
        name: "Spielplatzkontrolle, Datenbank".to_owned(),
        parameters: json!({"database": "spielplatz", "version": 15, "storage_gib": 2}),
        answers: json!({}),
        expected: BTreeMap::new(),
        cost_centre: "55110".to_owned(),
        account: "5431000".to_owned(),
        budget_line: Some(budget_line_id(ORGANISATION, today.year().into(), "55.1.10")),
        legal_basis: Some(legal_basis_id(ORGANISATION, PROVIDER)),
        wished_on: Some(today),
        ends_on: None,
        justification: "Nachweis der wöchentlichen Kontrollen der Spielplätze".to_owned(),
        demand: Demand::default(),
        location: None,
        takes_over: None,
    }
}
