//! The first page: what this person can do now, what waits for others, what runs, what money is left.

use crate::app::App;
use crate::http::views::approvals::ApprovalRow;
use crate::http::views::orders::{OrderRow, OrderState};
use crate::http::views::provider::LocationState;
use crate::http::views::start::{StartView, Task, TaskKind};
use crate::usecases::bookings::{self, BookingQuery};
use crate::usecases::orders::{self, OrderQuery};
use crate::usecases::{Error, approvals, budgets, locations};
use domain::policy::{Action, Actor, Role, authorize};
use domain::time::berlin_day;
use uuid::Uuid;

/// Rows of each list on the first page.
const ROWS: usize = 5;

/// Everything for the first page of a person; what a role may not see stays empty.
pub async fn show(app: &App, actor: &Actor) -> Result<StartView, Error> {
    let mut tasks = to_decide(app, actor).await?;
    tasks.extend(to_enrol(app, actor).await?);
    let mut waiting = Vec::new();
    if actor.holds(Role::Orders) {
        let drafts = orders::list(app, actor, &OrderQuery { tab: "drafts".into(), after: None }).await?;
        tasks.extend(drafts.rows.into_iter().take(ROWS).map(to_finish));
        let mine = orders::list(app, actor, &OrderQuery { tab: "mine".into(), after: None }).await?;
        waiting.extend(mine.rows.into_iter().filter(|row| row.state == OrderState::Requested).take(ROWS));
    }
    let budgets = if authorize(actor, Action::ViewBudgets).is_ok() {
        budgets::list(app, actor, None).await?.lines
    } else {
        Vec::new()
    };
    let (mut bookings, bookings_total) = if authorize(actor, Action::ViewBookings).is_ok() {
        let running = bookings::list(app, actor, &BookingQuery::default()).await?;
        (running.rows, running.total)
    } else {
        (Vec::new(), 0)
    };
    bookings.truncate(ROWS);
    let nothing = tasks.is_empty() && waiting.is_empty() && bookings_total == 0;
    Ok(StartView {
        first_day: nothing && ordered(app, actor).await? == 0,
        tasks,
        waiting,
        bookings,
        bookings_total,
        budgets,
        helper: helper(app, actor).await?,
    })
}

async fn to_decide(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    if !actor.holds(Role::Approves) {
        return Ok(Vec::new());
    }
    let today = berlin_day(app.clock.now());
    let open = approvals::list(app, actor).await?.open;
    let decide = |row: ApprovalRow| Task {
        number: Some(row.number),
        amount: Some(row.total_gross),
        due: row.due,
        late: row.due.is_some_and(|due| due.0 < today),
        ..task(TaskKind::Approve, row.order, row.name)
    };
    Ok(open.into_iter().map(decide).collect())
}

fn to_finish(row: OrderRow) -> Task {
    task(TaskKind::FinishDraft, row.id, if row.name.is_empty() { row.offering } else { row.name })
}

/// Locations of a provider that no operator serves.
async fn to_enrol(app: &App, actor: &Actor) -> Result<Vec<Task>, Error> {
    if !actor.holds(Role::Platform) {
        return Ok(Vec::new());
    }
    let rows = locations::list(app, actor).await?.rows;
    let idle = rows
        .into_iter()
        .filter(|row| matches!(row.state, LocationState::NotEnrolled | LocationState::Revoked));
    Ok(idle.map(|row| task(TaskKind::EnrolLocation, row.id, row.name)).collect())
}

fn task(kind: TaskKind, id: Uuid, title: String) -> Task {
    Task { kind, id, title, number: None, note: None, amount: None, due: None, late: false }
}

/// Orders of the organisation, whatever became of them.
async fn ordered(app: &App, actor: &Actor) -> Result<i64, Error> {
    let Ok(scope) = authorize(actor, Action::ViewOrders) else { return Ok(0) };
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::orders::count(conn, &scope, db::orders::Which::All).await?)
        })
        .await
}

/// Who keeps the budget answers questions about money and roles.
async fn helper(app: &App, actor: &Actor) -> Result<Option<String>, Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let holders = db::people::list_holders(conn, &scope, Role::Budget, now).await?;
            Ok(holders
                .into_iter()
                .map(|(person, _)| person)
                .find(|person| person.id != actor.person.0)
                .map(|it| it.name))
        })
        .await
}
