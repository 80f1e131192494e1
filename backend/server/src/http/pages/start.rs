//! The first page after sign-in.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::start;
use actix_web::{HttpRequest, HttpResponse, web};

/// Shows what this person can do now.
pub async fn show(request: HttpRequest, app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    respond::page(&request, "start/start.html", &start::show(&app, &who.actor).await?)
}
