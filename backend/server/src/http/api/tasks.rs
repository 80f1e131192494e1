//! Tasks of people.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::tasks::read_query;
use crate::http::problem::{Failure, Problem};
use crate::http::views::tasks::{CountsView, TaskListView, TaskPageView};
use crate::usecases::tasks::counts::{self, ReportLines};
use crate::usecases::tasks::{self, AnswerStatement, CloseTask, Sealed, StateDay};
use actix_web::{HttpResponse, web};
use domain::ids::{BookingId, TaskId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Tasks of the own side of all bookings, the first deadline first.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "tasks",
    params(("tab" = Option<String>, Query, description = "open (Vorgabe), overdue oder closed")),
    responses((status = 200, body = TaskListView), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    who: SignedIn,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(tasks::list(&app, &who.actor, &read_query(&query)).await?))
}

/// One task of a booking. The tasks of a booking are part of the booking.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/tasks/{task}", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung"), ("task" = Uuid, Path, description = "Aufgabe")),
    responses((status = 200, body = TaskPageView), (status = 404, body = Problem)))]
pub async fn show(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Failure> {
    shown(&app, &who, ids(path)).await
}

/// Closes a task of the own side, or takes it over.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/tasks/{task}", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung"), ("task" = Uuid, Path, description = "Aufgabe")),
    request_body = CloseTask,
    responses((status = 200, body = TaskPageView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn close(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<CloseTask>,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    tasks::close(&app, &who.actor, booking, id, &body).await?;
    shown(&app, &who, (booking, id)).await
}

/// The provider states from when the service is there, or until when it was there.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/tasks/{task}/statement", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung"),
        ("task" = Uuid, Path, description = "Aufgabe mit dem Schritt start oder end")),
    request_body = StateDay,
    responses((status = 200, body = TaskPageView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn state(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<StateDay>,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    tasks::state(&app, &who.actor, booking, id, &body).await?;
    shown(&app, &who, (booking, id)).await
}

/// The customer confirms what was stated, or objects.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/tasks/{task}/answer", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung"),
        ("task" = Uuid, Path, description = "Aufgabe mit dem Schritt confirm-start oder confirm-end")),
    request_body = AnswerStatement,
    responses((status = 200, body = TaskPageView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn answer(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<AnswerStatement>,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    tasks::answer(&app, &who.actor, booking, id, &body).await?;
    shown(&app, &who, (booking, id)).await
}

/// Hands over access data that the caller has sealed for the key of the task.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/tasks/{task}/access", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung"),
        ("task" = Uuid, Path, description = "Aufgabe mit dem Schritt answer-access")),
    request_body = Sealed,
    responses((status = 204, description = "übernommen"), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn enter(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<Sealed>,
) -> Result<HttpResponse, Failure> {
    let (booking, id) = ids(path);
    tasks::enter_sealed(&app, &who.actor, booking, id, body.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What would become of counted lines; nothing is stored.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/counts/preview", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung")),
    request_body = ReportLines,
    responses((status = 200, body = CountsView), (status = 404, body = Problem)))]
pub async fn counts_preview(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<ReportLines>,
) -> Result<HttpResponse, Failure> {
    let lines = counts::read_lines(body.into_inner())?;
    Ok(HttpResponse::Ok().json(counts::preview(&app, &who.actor, BookingId(*id), &lines).await?))
}

/// Takes counted lines, each answered by itself. The same line again changes nothing.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/counts", tag = "tasks",
    params(("id" = Uuid, Path, description = "Buchung")),
    request_body = ReportLines,
    responses((status = 200, body = CountsView), (status = 404, body = Problem)))]
pub async fn counts_take(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<ReportLines>,
) -> Result<HttpResponse, Failure> {
    let lines = counts::read_lines(body.into_inner())?;
    Ok(HttpResponse::Ok().json(counts::take(&app, &who.actor, BookingId(*id), &lines).await?))
}

async fn shown(
    app: &App,
    who: &SignedIn,
    (booking, id): (BookingId, TaskId),
) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::Ok().json(tasks::show(app, &who.actor, booking, id).await?))
}

fn ids(path: web::Path<(Uuid, Uuid)>) -> (BookingId, TaskId) {
    let (booking, task) = path.into_inner();
    (BookingId(booking), TaskId(task))
}
