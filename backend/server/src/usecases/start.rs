//! The first page: what this person can do now, what waits for others, what runs, what money is left.

use crate::app::App;
use crate::http::views::start::{StartView, Task, TaskKind};
use crate::http::views::orders::OrderState;
use crate::usecases::bookings::{self, BookingQuery};
use crate::usecases::orders::{self, OrderQuery};
use crate::usecases::{Error, approvals, budgets};
use domain::policy::{Action, Actor, Role, authorize};
use domain::time::berlin_day;

/// Rows of each list on the first page.
const ROWS: usize = 5;

/// Everything for the first page of a person; what a role may not see stays empty.
pub async fn show(app: &App, actor: &Actor) -> Result<StartView, Error> {
    let today = berlin_day(app.clock.now());
    let mut tasks = Vec::new();
    if actor.holds(Role::Approves) {
        for row in approvals::list(app, actor).await?.open {
            tasks.push(Task {
                kind: TaskKind::Approve,
                id: row.order,
                title: row.name,
                number: Some(row.number),
                note: None,
                amount: Some(row.total_gross),
                due: row.due,
                late: row.due.is_some_and(|due| due.0 < today),
            });
        }
    }
    let mut waiting = Vec::new();
    if actor.holds(Role::Orders) {
        let drafts = orders::list(app, actor, &OrderQuery { tab: "drafts".into(), after: None }).await?;
        for row in drafts.rows.into_iter().take(ROWS) {
            tasks.push(Task {
                kind: TaskKind::FinishDraft,
                id: row.id,
                title: if row.name.is_empty() { row.offering } else { row.name },
                number: None,
                note: None,
                amount: None,
                due: None,
                late: false,
            });
        }
        let mine = orders::list(app, actor, &OrderQuery { tab: "mine".into(), after: None }).await?;
        waiting.extend(mine.rows.into_iter().filter(|row| row.state == OrderState::Requested).take(ROWS));
    }
    let budgets = if authorize(actor, Action::ViewBudgets).is_ok() {
        budgets::list(app, actor, None).await?.lines
    } else {
        Vec::new()
    };
    let ordered = match authorize(actor, Action::ViewOrders) {
        Ok(scope) => {
            app.db
                .read(&scope, async |conn: &mut db::Conn| {
                    Ok::<_, Error>(db::orders::count(conn, &scope, db::orders::Which::All).await?)
                })
                .await?
        }
        Err(_denied) => 0,
    };
    let (mut bookings, bookings_total) = if authorize(actor, Action::ViewBookings).is_ok() {
        let running = bookings::list(app, actor, &BookingQuery::default()).await?;
        (running.rows, running.total)
    } else {
        (Vec::new(), 0)
    };
    bookings.truncate(ROWS);
    let helper = helper(app, actor).await?;
    Ok(StartView {
        first_day: tasks.is_empty() && waiting.is_empty() && ordered == 0 && bookings_total == 0,
        tasks,
        waiting,
        bookings,
        bookings_total,
        budgets,
        helper,
    })
}

/// Who keeps the budget answers questions about money and roles.
async fn helper(app: &App, actor: &Actor) -> Result<Option<String>, Error> {
    let scope = authorize(actor, Action::OwnAccount)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let holders = db::people::list_holders(conn, &scope, Role::Budget, now).await?;
            Ok(holders.into_iter().map(|(person, _)| person).find(|person| person.id != actor.person.0).map(|it| it.name))
        })
        .await
}
