//! Tasks of people: the list, and one task with the form that closes it.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::tasks::{
    self, Answer, AnswerStatement, CloseTask, EnterAccess, Outcome, StateDay, TaskQuery,
};
use crate::usecases::{Error, Refusal};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{BookingId, TaskId};
use std::collections::BTreeMap;
use uuid::Uuid;

const TASK: &str = "tasks/task.html";

/// Shows a part of the list.
pub async fn list(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    let view = tasks::list(&app, &who.actor, &read_query(&query)).await?;
    respond::page(&request, "tasks/list.html", &view)
}

/// The part of the list that an address names; pages and API read it alike.
pub fn read_query(query: &BTreeMap<String, String>) -> TaskQuery {
    TaskQuery { tab: query.get("tab").cloned().unwrap_or_default() }
}

/// Shows one task.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    respond::page(&request, TASK, &tasks::show(&app, &who.actor, booking, id).await?)
}

/// Closes a task or takes it over.
pub async fn close(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    let (outcome, notice) = match typed.get("outcome") {
        "done" => (Outcome::Done, "task-done"),
        "not-needed" => (Outcome::NotNeeded, "task-not-needed"),
        "take" => (Outcome::Take, "task-taken"),
        _ => return Err(Failure(Error::Conflict("malformed"))),
    };
    let cmd = CloseTask { outcome, reason: typed.get("reason").to_owned() };
    let done = tasks::close(&app, &who.actor, booking, id, &cmd).await;
    finish(&request, &app, &who, (booking, id), typed, done, notice).await
}

/// States a start or an end.
pub async fn state(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    let day = tasks::typed_day(typed.get("day_day"), typed.get("day_month"), typed.get("day_year"));
    let done = match day {
        Ok(day) => {
            let cmd = StateDay { day, note: typed.get("note").to_owned() };
            tasks::state(&app, &who.actor, booking, id, &cmd).await
        }
        Err(finding) => Err(Refusal::fields(vec![finding]).into()),
    };
    finish(&request, &app, &who, (booking, id), typed, done, "stated").await
}

/// Confirms a statement or objects to it.
pub async fn answer(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    let (answer, notice) = match typed.get("answer") {
        "confirm" => (Answer::Confirm, "confirmed"),
        "object" => (Answer::Object, "objected"),
        _ => return Err(Failure(Error::Conflict("malformed"))),
    };
    let cmd = AnswerStatement { answer, reason: typed.get("reason").to_owned() };
    let done = tasks::answer(&app, &who.actor, booking, id, &cmd).await;
    finish(&request, &app, &who, (booking, id), typed, done, notice).await
}

/// Seals what was typed for whoever waits for it.
pub async fn enter(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    mut typed: Typed,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    let cmd = EnterAccess {
        url: typed.get("access_url").to_owned(),
        user: typed.get("access_user").to_owned(),
        // White space may belong to a password; and it is not shown again, nor is what may be as secret.
        password: typed.0.remove("password").unwrap_or_default(),
        note: typed.0.remove("access_note").unwrap_or_default(),
    };
    let done = tasks::enter(&app, &who.actor, booking, id, cmd).await;
    finish(&request, &app, &who, (booking, id), typed, done, "access-entered").await
}

/// Back to the booking, or the form again with what is wrong.
async fn finish(
    request: &HttpRequest,
    app: &App,
    who: &SignedIn,
    (booking, id): (BookingId, TaskId),
    typed: Typed,
    done: Result<(), Error>,
    notice: &str,
) -> Result<HttpResponse, Failure> {
    let Err(error) = done else {
        return respond::redirect(&format!("/bookings/{booking}#tasks"), Some(notice));
    };
    let form = respond::refused(request, typed.into_form(), for_form(error))?;
    let view = tasks::show(app, &who.actor, booking, id).await?;
    respond::form_page(request, TASK, &view, &form)
}

/// The use-case names its own fields; the form has three inputs for a day.
fn for_form(error: Error) -> Error {
    match error {
        Error::Refused(mut refusal) => {
            for finding in refusal.findings.iter_mut().filter(|finding| finding.pointer == "/day") {
                finding.pointer = "/day_day".to_owned();
            }
            Error::Refused(refusal)
        }
        other => other,
    }
}

fn ids(path: web::Path<(Uuid, Uuid)>) -> (BookingId, TaskId) {
    let (booking, task) = path.into_inner();
    (BookingId(booking), TaskId(task))
}
