//! Kept mails of a demonstration.

use crate::app::App;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::mails::{MailRow, MailView, MailsView};
use crate::usecases::mails::{self, Kept};
use actix_web::{HttpRequest, HttpResponse, web};
use db::outbox::OutboxRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Lists a part of them.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let kept = mails::list(&app, query.get("after").map(String::as_str)).await?;
    respond::page(&request, "mails/list.html", &view(kept, None))
}

/// Opens one, above the youngest.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let open = opened(&app, mails::show(&app, *id).await?);
    respond::page(&request, "mails/list.html", &view(mails::list(&app, None).await?, Some(open)))
}

fn opened(app: &App, mail: OutboxRow) -> MailView {
    MailView {
        id: mail.id,
        at: mail.created_at.to_jiff().into(),
        from: app.config.mail.from.clone(),
        to: mail.recipient,
        subject: mail.subject,
        text: mail.body,
    }
}

fn view(kept: Kept, open: Option<MailView>) -> MailsView {
    let row = |mail: OutboxRow| MailRow {
        id: mail.id,
        at: mail.created_at.to_jiff().into(),
        to: mail.recipient,
        subject: mail.subject,
    };
    MailsView { open, mails: kept.rows.into_iter().map(row).collect(), total: kept.total, next: kept.next }
}
