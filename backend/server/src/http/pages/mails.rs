//! Kept mails of a demonstration.

use crate::app::App;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::mails::{MailRow, MailView, MailsView};
use crate::usecases::{Error, mails};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

/// Lists them.
pub async fn list(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, Failure> {
    respond::page(&request, "mails/list.html", &view(&app, None).await?)
}

/// Opens one.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = view(&app, Some(*id)).await?;
    if view.open.is_none() {
        return Err(Failure(Error::NotFound));
    }
    respond::page(&request, "mails/list.html", &view)
}

async fn view(app: &App, open: Option<Uuid>) -> Result<MailsView, Failure> {
    let kept = mails::list(app).await?;
    Ok(MailsView {
        open: kept.iter().find(|mail| Some(mail.id) == open).map(|mail| MailView {
            id: mail.id,
            at: mail.created_at.to_jiff().into(),
            from: app.config.mail.from.clone(),
            to: mail.recipient.clone(),
            subject: mail.subject.clone(),
            text: mail.body.clone(),
        }),
        mails: kept
            .into_iter()
            .map(|mail| MailRow {
                id: mail.id,
                at: mail.created_at.to_jiff().into(),
                to: mail.recipient,
                subject: mail.subject,
            })
            .collect(),
    })
}
