//! The audit of the own organisation, with the state of its chain.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::audit::{AuditEntry, AuditView, ChainState};
use crate::http::views::text::Text;
use crate::usecases::audit::{self, ChainLook, Listed, named};
use crate::usecases::usage::hash_text;
use actix_web::{HttpRequest, HttpResponse, web};
use db::audit::AuditRow;
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;

const ROWS: i64 = 50;

#[derive(Debug, Default, Deserialize)]
pub struct AuditQuery {
    /// Number of the entry after which (backwards in time) the page begins.
    pub(crate) after: Option<i64>,
}

/// Shows the youngest entries.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<AuditQuery>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, "audit/list.html", &view(&app, &who, query.after).await?)
}

/// The view of page and API.
pub(crate) async fn view(app: &App, who: &SignedIn, after: Option<i64>) -> Result<AuditView, Failure> {
    let Listed { mut rows, names } = audit::list(app, &who.actor, after, ROWS + 1).await?;
    let more = rows.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let chain = audit::look(app, &who.actor).await?;
    Ok(AuditView {
        next: rows.last().filter(|_| more).map(|row| row.sequence.to_string()),
        total: u64::try_from(chain.length).unwrap_or_default(),
        chain: state(app, &chain, rows.first()),
        entries: rows.into_iter().map(|row| entry(row, &names)).collect(),
    })
}

fn entry(row: AuditRow, names: &HashMap<Uuid, String>) -> AuditEntry {
    let (kind, id) = row.subject.split_once(':').unwrap_or((&row.subject, ""));
    let link = match kind {
        "order" => Some(format!("/orders/{id}")),
        "booking" => Some(format!("/bookings/{id}")),
        "invoice" => Some(format!("/invoices/{id}")),
        "location" => Some(format!("/locations/{id}")),
        _ => None,
    };
    AuditEntry {
        number: row.sequence,
        at: row.happened_at.to_jiff().into(),
        actor_name: named(&row.actor).and_then(|id| names.get(&id).cloned()),
        actor: row.actor,
        action: Text::new(row.action.replace(['.', '_'], "-")),
        subject_name: named(&row.subject).and_then(|id| names.get(&id).cloned()),
        subject: Some(row.subject),
        link,
        hash: hash_text(&row.hash),
        request_id: None,
    }
}

fn state(app: &App, chain: &ChainLook, youngest: Option<&AuditRow>) -> ChainState {
    ChainState {
        intact: chain.broken_entry.is_none(),
        checked_at: app.clock.now().into(),
        checked: chain.checked,
        begun_at: chain.begun_at.map(Into::into),
        length: chain.length,
        head: youngest.map(|row| hash_text(&row.hash)).unwrap_or_default(),
        broken_entry: chain.broken_entry,
    }
}
