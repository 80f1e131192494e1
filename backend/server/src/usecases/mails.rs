//! The mails that a demonstration keeps instead of sending. Where mails leave the house, there is nothing to see.

use crate::app::App;
use crate::usecases::Error;
use db::outbox::OutboxRow;
use domain::policy::Scope;

const SHOWN: i64 = 200;

/// The youngest kept mails of everybody.
pub async fn list(app: &App) -> Result<Vec<OutboxRow>, Error> {
    if !app.mailer.keeps() || !app.config.demo {
        return Err(Error::NotFound);
    }
    let scope = Scope::system("a demonstration shows the mails of its invented people");
    app.db.read(&scope, async |conn: &mut db::Conn| Ok(db::outbox::list(conn, SHOWN).await?)).await
}
