//! Mails that follow from a change: written into the outbox in the same transaction, sent by the worker.

use crate::app::App;
use crate::http::views::page::Lang;
use crate::http::views::text::Text;
use crate::ports::secrets::new_id;
use db::Conn;
use db::outbox::OutboxRow;
use domain::ids::OrganisationId;
use jiff::Timestamp;

/// Who gets it and in which language.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// Mail address.
    pub email: String,
    /// `de` or `en`.
    pub language: String,
}

/// Puts a mail into the outbox. Subject and body are `mail-<code>` and its attribute `.body` in the locales; `path` is
/// where the mail leads.
pub async fn mail(
    conn: &mut Conn,
    app: &App,
    to: &Recipient,
    text: Text,
    path: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let lang = Lang::from_tag(&to.language);
    let text = text.with("link", format!("{}{path}", app.config.http.public_url));
    let subject = app.templates.say(lang, "mail", &text).unwrap_or_else(|| text.code.clone());
    let body = app.templates.say(lang, "mail-body", &text).unwrap_or_default();
    let row = OutboxRow {
        id: new_id(),
        organisation_id: to.organisation.0,
        recipient: to.email.clone(),
        subject: subject.replace(['\r', '\n'], " "),
        body,
        created_at: now.into(),
        due_at: now.into(),
        attempts: 0,
        last_error: None,
        delivered_at: None,
        parked_at: None,
    };
    db::outbox::append(conn, &row).await
}
