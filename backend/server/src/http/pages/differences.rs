//! Differences after a restore: the list, with the forms that decide.

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::forms::Typed;
use crate::http::problem::Failure;
use crate::http::respond;
use crate::usecases::Error;
use crate::usecases::differences::{self, AnswerDifference};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::difference::Answer;
use domain::ids::DifferenceId;
use uuid::Uuid;

const LIST: &str = "provider/differences.html";

/// Shows all of them.
pub async fn list(request: HttpRequest, app: web::Data<App>, who: SignedIn) -> Result<HttpResponse, Failure> {
    respond::page(&request, LIST, &differences::list(&app, &who.actor).await?)
}

/// Decides about one.
pub async fn answer(
    request: HttpRequest,
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    typed: Typed,
) -> Result<HttpResponse, Failure> {
    let answer = Answer::from_code(typed.get("answer")).ok_or(Failure(Error::Conflict("malformed")))?;
    let cmd = AnswerDifference { answer, reason: typed.get("reason").to_owned() };
    match differences::answer(&app, &who.actor, DifferenceId(*id), &cmd).await {
        Ok(()) => respond::redirect("/differences", Some("difference-answered")),
        Err(error) => {
            // One of several forms on the page: its input has an id of its own.
            let input = format!("reason-{id}");
            let typed = Typed([(input.clone(), typed.get("reason").to_owned())].into());
            let form = respond::refused(&request, typed.into_form(), at_input(error, &input))?;
            let view = differences::list(&app, &who.actor).await?;
            respond::form_page(&request, LIST, &view, &form)
        }
    }
}

/// What is wrong with the reason, said at the input where it was typed.
fn at_input(error: Error, input: &str) -> Error {
    match error {
        Error::Refused(mut refusal) => {
            for finding in &mut refusal.findings {
                finding.pointer = format!("/{input}");
            }
            Error::Refused(refusal)
        }
        other => other,
    }
}

/// Agrees with a decision of somebody else.
pub async fn confirm(
    app: web::Data<App>,
    who: SignedIn,
    id: web::Path<Uuid>,
    _typed: Typed,
) -> Result<HttpResponse, Failure> {
    differences::confirm(&app, &who.actor, DifferenceId(*id)).await?;
    respond::redirect("/differences", Some("difference-confirmed"))
}
