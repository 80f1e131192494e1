//! The tasks of the own side of all bookings.

use super::title;
use crate::app::App;
use crate::http::views::tasks::{self, TaskListView, TaskState};
use crate::usecases::Error;
use db::tasks::{ListedTask, Tab, TaskRow};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::task::{Known, State};
use domain::time::berlin_day;
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// So many are shown; what is due later can wait.
const SHOWN: i64 = 100;

/// Which part of the list.
#[derive(Debug, Clone, Default)]
pub struct TaskQuery {
    /// `open` (default), `overdue` or `closed`.
    pub tab: String,
}

/// The list.
pub async fn list(app: &App, actor: &Actor, query: &TaskQuery) -> Result<TaskListView, Error> {
    let scope = authorize(actor, Action::ViewTasks)?;
    let (tab, code) = match query.tab.as_str() {
        "overdue" => (Tab::Overdue, "overdue"),
        "closed" => (Tab::Closed, "closed"),
        _ => (Tab::Open, "open"),
    };
    Ok(TaskListView { tab: code.to_owned(), rows: rows(app, actor, &scope, tab, SHOWN).await? })
}

/// What this person's side can do now, the first deadline first.
pub async fn open_tasks(app: &App, actor: &Actor, limit: i64) -> Result<Vec<tasks::TaskRow>, Error> {
    let Ok(scope) = authorize(actor, Action::ViewTasks) else { return Ok(Vec::new()) };
    rows(app, actor, &scope, Tab::Open, limit).await
}

async fn rows(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    tab: Tab,
    limit: i64,
) -> Result<Vec<tasks::TaskRow>, Error> {
    let now = app.clock.now();
    let (found, names) = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            let found = db::tasks::list(conn, scope, tab, now, limit).await?;
            let owners: Vec<Uuid> = found.iter().filter_map(|it| who(&it.task)).collect();
            let names = db::people::list_names(conn, scope, &owners).await?;
            Ok::<_, Error>((found, names.into_iter().collect::<BTreeMap<_, _>>()))
        })
        .await?;
    found.iter().map(|it| row(actor, it, &names, now)).collect()
}

fn row(
    actor: &Actor,
    it: &ListedTask,
    names: &BTreeMap<Uuid, String>,
    now: Timestamp,
) -> Result<tasks::TaskRow, Error> {
    let mine = it.task.organisation_id == actor.organisation.0;
    Ok(tasks::TaskRow {
        id: it.task.id,
        booking: it.task.booking_id,
        number: it.number.clone(),
        name: it.name.clone(),
        partner: if mine { it.provider.clone() } else { it.customer.clone() },
        title: title(&it.task),
        due: it.task.due_at.map(|at| berlin_day(at.to_jiff()).into()),
        state: state(&it.task.to_known()?, now),
        owner: who(&it.task).and_then(|owner| names.get(&owner).cloned()),
    })
}

/// Who did it, else who looks after it.
fn who(task: &TaskRow) -> Option<Uuid> {
    task.closed_by.or(task.owner_id)
}

/// How a task stands now.
pub(super) fn state(known: &Known, now: Timestamp) -> TaskState {
    match known.state {
        State::Done => TaskState::Done,
        State::NotNeeded => TaskState::NotNeeded,
        State::Declined => TaskState::Declined,
        State::Open if known.due.is_none() => TaskState::Waiting,
        State::Open if known.overdue(now) => TaskState::Overdue,
        State::Open => TaskState::Open,
    }
}
