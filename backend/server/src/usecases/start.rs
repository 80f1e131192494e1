//! The first page: what this person can do now (`tasks`), what waits for others, what runs, what money is left.

mod tasks;

use crate::app::App;
use crate::http::views::orders::OrderState;
use crate::http::views::start::StartView;
use crate::usecases::bookings::{self, BookingQuery};
use crate::usecases::orders;
use crate::usecases::{Error, budgets};
use domain::policy::{Action, Actor, Role, authorize};

/// Rows of each list on the first page.
const ROWS: usize = 5;

/// Everything for the first page of a person; what a role may not see stays empty.
pub async fn show(app: &App, actor: &Actor) -> Result<StartView, Error> {
    let (drafts, mine) =
        if actor.holds(Role::Orders) { orders::own(app, actor).await? } else { (Vec::new(), Vec::new()) };
    let tasks = tasks::of(app, actor, drafts).await?;
    let waiting: Vec<_> =
        mine.into_iter().filter(|row| row.state == OrderState::Requested).take(ROWS).collect();
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
        first_day: nothing && !history(app, actor).await?,
        tasks,
        waiting,
        bookings,
        bookings_total,
        budgets,
        helper: helper(app, actor).await?,
    })
}

/// Whether anything ever happened: an order of the organisation, or a booking that a provider ran.
async fn history(app: &App, actor: &Actor) -> Result<bool, Error> {
    let (orders, bookings) = (authorize(actor, Action::ViewOrders), authorize(actor, Action::ViewBookings));
    let ordered = orders.is_ok();
    let Ok(scope) = orders.or(bookings) else { return Ok(false) };
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let count = if ordered {
                db::orders::count(conn, &scope, db::orders::Which::All).await?
            } else {
                db::bookings::count(conn, &scope, db::bookings::Tab::Ended).await?
            };
            Ok(count > 0)
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
