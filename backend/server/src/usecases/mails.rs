//! The mails that a demonstration keeps instead of sending. Where mails leave the house, there is nothing to see.

use crate::app::App;
use crate::usecases::Error;
use db::outbox::OutboxRow;
use domain::policy::Scope;
use jiff::Timestamp;
use uuid::Uuid;

/// Mails on one page.
const PAGE: i64 = 50;

/// A part of the kept mails of everybody.
pub struct Kept {
    /// The youngest first.
    pub rows: Vec<OutboxRow>,
    /// How many there are.
    pub total: u64,
    /// Where the next part begins.
    pub next: Option<String>,
}

/// Kept mails of everybody, the youngest first, after a place in the list.
pub async fn list(app: &App, after: Option<&str>) -> Result<Kept, Error> {
    let scope = shown(app)?;
    let after = after.and_then(read_cursor);
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let mut rows = db::outbox::list(conn, after, PAGE + 1).await?;
            let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > PAGE;
            rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
            let next = rows.last().filter(|_| more).map(cursor_of);
            let total = u64::try_from(db::outbox::count(conn).await?).unwrap_or_default();
            Ok(Kept { rows, total, next })
        })
        .await
}

/// One of them.
pub async fn show(app: &App, id: Uuid) -> Result<OutboxRow, Error> {
    let scope = shown(app)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| db::outbox::find(conn, id).await?.ok_or(Error::NotFound))
        .await
}

fn shown(app: &App) -> Result<Scope, Error> {
    if !app.mailer.keeps() || !app.config.demo {
        return Err(Error::NotFound);
    }
    Ok(Scope::system("a demonstration shows the mails of its invented people"))
}

fn cursor_of(row: &OutboxRow) -> String {
    format!("{}.{}", row.created_at.to_jiff().as_microsecond(), row.id)
}

fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_microsecond(micros.parse().ok()?).ok()?, id.parse().ok()?))
}
