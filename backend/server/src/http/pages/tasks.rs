//! Tasks of people: the list, and one task with the form that closes it.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::http::views::tasks::CountsView;
use crate::usecases::tasks::counts;
use crate::usecases::tasks::{
    self, Answer, AnswerStatement, CloseTask, EnterAccess, Outcome, StateDay, TaskQuery,
};
use crate::usecases::{Error, Refusal};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{BookingId, TaskId};
use std::collections::BTreeMap;
use uuid::Uuid;

const COUNTS: &str = "tasks/counts.html";
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
        "decline" => (Outcome::Decline, "task-declined"),
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
        password: typed.0.get_mut("password").map(std::mem::take).unwrap_or_default(),
        note: typed.0.remove("access_note").unwrap_or_default(),
    };
    let done = tasks::enter(&app, &who.actor, booking, id, cmd).await;
    finish(&request, &app, &who, (booking, id), typed, done, "access-entered").await
}

/// Shows the form that takes counts.
pub async fn counts_form(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    respond::page(&request, COUNTS, &counts::form(&app, &who.actor, BookingId(*id)).await?)
}

/// Hands over the head of a table.
pub async fn counts_template(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let view = counts::form(&app, &who.actor, BookingId(*id)).await?;
    let name = format!("attachment; filename=\"{}-zahlen.csv\"", view.number);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(counts::template()))
}

/// Shows what would become of each line; nothing is stored.
pub async fn counts_preview(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    mut typed: Typed,
) -> Result<HttpResponse, Failure> {
    let file = typed.0.remove("file").filter(|text| !text.trim().is_empty());
    let table = file.unwrap_or_else(|| typed.get("table").to_owned());
    let booking = BookingId(*id);
    let read = counts::read_table(&table);
    match read {
        Ok(lines) => {
            let view = counts::preview(&app, &who.actor, booking, &lines).await?;
            respond::page(&request, COUNTS, &CountsView { table, ..view })
        }
        Err(error) => {
            let form = respond::refused(&request, typed.into_form(), error)?;
            let view = counts::form(&app, &who.actor, booking).await?;
            respond::form_page(&request, COUNTS, &view, &form)
        }
    }
}

/// Takes a table that was shown before, and shows what became of each line.
pub async fn counts_take(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let lines = counts::read_table(typed.get("table"))?;
    let view = counts::take(&app, &who.actor, BookingId(*id), &lines).await?;
    respond::page(&request, COUNTS, &view)
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
    let form = respond::refused(request, typed.into_form(), error.beside("/day", "/day_day"))?;
    let view = tasks::show(app, &who.actor, booking, id).await?;
    respond::form_page(request, TASK, &view, &form)
}

fn ids(path: web::Path<(Uuid, Uuid)>) -> (BookingId, TaskId) {
    let (booking, task) = path.into_inner();
    (BookingId(booking), TaskId(task))
}
