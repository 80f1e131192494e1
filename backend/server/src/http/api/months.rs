//! The month run.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::pages::months::month;
use crate::http::problem::{Failure, Problem};
use crate::http::views::invoices::InvoiceRow;
use crate::http::views::months::{MonthDetail, MonthsView};
use crate::usecases::invoices::present::row;
use crate::usecases::months::waive::{self, Waive};
use crate::usecases::months::{self, present};
use actix_web::{HttpResponse, web};
use domain::ids::BookingId;
use uuid::Uuid;

/// Months of the own bookings as a provider, the youngest first.
#[utoipa::path(get, path = "/api/v1/months", tag = "months",
    responses((status = 200, body = MonthsView), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    let months = months::list(&app, &who.actor, None).await?;
    Ok(HttpResponse::Ok().json(present::months_view(&months)))
}

/// One month: what has arrived, what is missing, what it comes to.
#[utoipa::path(get, path = "/api/v1/months/{month}", tag = "months",
    params(("month" = String, Path, description = "Monat, zum Beispiel 2026-10")),
    responses((status = 200, body = MonthDetail), (status = 404, body = Problem)))]
pub async fn show(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let picture = months::show(&app, &who.actor, month(&path)?).await?;
    Ok(HttpResponse::Ok().json(present::detail(&picture)))
}

/// Issues every invoice of a month that is not issued yet. A second call finds nothing left and answers the same.
#[utoipa::path(post, path = "/api/v1/months/{month}/issue", tag = "months",
    params(("month" = String, Path, description = "Monat, zum Beispiel 2026-10")),
    responses((status = 200, body = MonthDetail), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn issue(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let month = month(&path)?;
    months::issue(&app, &who.actor, month).await?;
    Ok(HttpResponse::Ok().json(present::detail(&months::show(&app, &who.actor, month).await?)))
}

/// Issues the corrections that a closed month needs because something came in after its invoices. A second call finds nothing
/// left and answers the same.
#[utoipa::path(post, path = "/api/v1/months/{month}/correct", tag = "months",
    params(("month" = String, Path, description = "Monat, zum Beispiel 2026-10")),
    responses((status = 200, body = MonthDetail), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn correct(
    app: web::Data<App>,
    who: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let month = month(&path)?;
    months::correct(&app, &who.actor, month).await?;
    Ok(HttpResponse::Ok().json(present::detail(&months::show(&app, &who.actor, month).await?)))
}

/// Gives up a stretch of usage that is missing or contradicts itself: it is never billed, and the month goes on without it.
/// The customer sees the reason. A second call changes nothing.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/usage-waivers", tag = "months",
    params(("id" = Uuid, Path, description = "Buchung")), request_body = Waive,
    responses((status = 200, body = MonthDetail), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn waive(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    body: web::Json<Waive>,
) -> Result<HttpResponse, Failure> {
    let month = waive::waive(&app, &who.actor, BookingId(*id), body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(present::detail(&months::show(&app, &who.actor, month).await?)))
}

/// Issues the final invoice of a booking that has ended and whose usage is complete. A second call answers with the same.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/final-invoice", tag = "months",
    params(("id" = Uuid, Path, description = "Buchung")),
    responses((status = 200, body = InvoiceRow), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn issue_final(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let head = months::issue_final(&app, &who.actor, BookingId(*id)).await?;
    let (seller, buyer) = months::parties(&app, &who.actor, &head).await?;
    Ok(HttpResponse::Ok().json(row(&head, &seller, &buyer)))
}
