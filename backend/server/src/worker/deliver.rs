//! Sends what lies in the outbox: at least once, later and later after a failure, at last parked for a person.

use crate::app::App;
use crate::usecases::Error;
use domain::policy::Scope;
use jiff::SignedDuration;

const BATCH: i64 = 20;
/// After this many attempts (about a day) a mail is parked.
const ATTEMPTS_MAX: i32 = 12;

/// One pass. A mail stays locked while it is handed over, so a second worker takes others.
pub async fn pass(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("the outbox of every organisation");
    let now = app.clock.now();
    app.db
        .touch(&scope, "delivering what was decided before", async |conn: &mut db::Conn| {
            let due = db::outbox::claim_due(conn, now, BATCH).await?;
            for mail in &due {
                match app.mailer.send(mail.id, &mail.recipient, &mail.subject, &mail.body).await {
                    Ok(()) => db::outbox::update_delivered(conn, mail.id, now).await?,
                    Err(error) => {
                        let attempts = mail.attempts + 1;
                        tracing::warn!(mail = %mail.id, attempts, error = format!("{error:#}"), "mail not delivered");
                        let wait = SignedDuration::from_secs(5 << attempts.clamp(1, 12));
                        let parked = (attempts >= ATTEMPTS_MAX).then_some(now);
                        db::outbox::update_failed(conn, mail.id, &format!("{error:#}"), now + wait, parked).await?;
                    }
                }
            }
            Ok::<_, Error>(due.len())
        })
        .await
}
