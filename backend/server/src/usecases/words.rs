//! What the provider's people say about a trouble of a booking with its service broker: ask it once more, or end what it may have
//! made. The operator hears a word once; whoever said it is told what came of it.

use crate::app::App;
use crate::http::views::broker::{BrokerView, WordView};
use crate::http::views::page::Lang;
use crate::http::views::text::Text;
use crate::ports::secrets::new_id;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, Refusal, bookings, orders, record};
use contract::{Kind, MessageKey, PendingWord, WordOutcome};
use db::bookings::{BookingRow, ListedRow};
use db::observations::ObservationRow;
use db::words::WordRow;
use domain::ids::{BookingId, OrganisationId, PersonId, WordId};
use domain::order::Finding;
use domain::policy::{Action, Actor, OperatorIdentity, Scope, authorize};
use domain::word::{self, HOLDS, OVER, REASON_MAX, Refused, Said, Word};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

const BATCH: i64 = 50;
/// So long after it was said an operator that was cut off may still tell that it heard a word.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Code of a word that nobody heard in time.
const EXPIRED: &str = "expired";

/// What is said.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayWord {
    /// `retry` or `delete`; the view names those that fit now.
    #[schema(example = "retry")]
    pub word: String,
    /// Why; colleagues and the auditor read it.
    pub reason: String,
    /// With `delete`: that it is known that whatever is in the service is lost.
    #[serde(default)]
    pub confirm: bool,
}

/// Which words fit to what was seen of a booking last.
pub(super) fn fitting(row: &BookingRow, seen: Option<&ObservationRow>) -> Result<&'static [Word], Error> {
    let Some(kind) = Kind::from_code(&row.kind) else { return Ok(&[]) };
    let seen = seen.map(|seen| seen.to_seen()).transpose()?;
    let says = seen.as_ref().filter(|seen| seen.gone_at.is_none());
    let says: Option<MessageKey> =
        says.and_then(|seen| domain::booking::message(&seen.conditions)).map(|(key, _)| key);
    Ok(word::words(kind, row.wanted == "absent", says))
}

/// Whether there is something to be said about a booking of a list.
pub(super) fn has_words(row: &ListedRow) -> bool {
    // What cannot be read is shown by the page itself.
    fitting(&row.booking, row.observation.as_ref()).is_ok_and(|words| !words.is_empty())
}

/// Whether a broker makes what is booked, and this person may say something to it.
pub(super) fn may_say(actor: &Actor, row: &BookingRow) -> bool {
    let runs = row.provider_id == actor.organisation.0 && row.location_id.is_some();
    runs && row.kind == Kind::SharedService.code() && authorize(actor, Action::SayWord).is_ok()
}

fn is_open(row: &WordRow) -> bool {
    row.heard_at.is_none() && row.failed_at.is_none()
}

/// One booking's trouble. A booking of somebody else, and one that no broker makes, is missing.
pub async fn show(app: &App, actor: &Actor, id: BookingId) -> Result<BrokerView, Error> {
    let scope = authorize(actor, Action::SayWord)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, id).await?;
            let location = row.location_id.filter(|_| may_say(actor, &row)).ok_or(Error::NotFound)?;
            let observed = db::observations::find(conn, &scope, id).await?;
            let heard = db::operators::list_heard_of(conn, &[location]).await?.into_iter().next();
            let seen = observed.as_ref().map(|row| row.to_seen()).transpose()?;
            let heard_at = heard.as_ref().and_then(|heard| heard.heartbeat_at).map(|at| at.to_jiff());
            let terms = db::terms::list(conn, &[row.id]).await?;
            let agreed = terms.last().map(|it| it.terms.generation).unwrap_or_default();
            let stands = bookings::standing((&row, agreed), seen.as_ref(), heard_at, now);
            let said = db::words::list(conn, &scope, id).await?;
            let names = orders::names(conn, &scope, said.iter().map(|said| said.person_id)).await?;
            let customer = db::organisations::get(conn, OrganisationId(row.organisation_id)).await?;
            let (open, closed): (Vec<_>, Vec<_>) = said.iter().partition(|said| is_open(said));
            let fitting = if open.is_empty() { fitting(&row, observed.as_ref())? } else { &[] };
            Ok::<_, Error>(BrokerView {
                booking: row.id,
                number: row.number,
                name: row.name,
                customer: customer.short_name,
                location,
                location_name: heard.map(|heard| heard.name).unwrap_or_default(),
                phase: stands.phase,
                says: stands.reason,
                since: stands.since.map(Into::into),
                words: fitting.iter().map(|word| word.code().to_owned()).collect(),
                waiting: open.first().map(|said| view(said, &names)),
                history: closed.into_iter().map(|said| view(said, &names)).collect(),
            })
        })
        .await
}

fn view(of: &WordRow, names: &BTreeMap<Uuid, String>) -> WordView {
    let state = match (of.heard_at, of.failed_at) {
        (Some(_), _) => "heard",
        (None, Some(_)) if of.code.as_deref() == Some(EXPIRED) => "unknown",
        (None, Some(_)) => "failed",
        (None, None) => "waiting",
    };
    WordView {
        id: of.id,
        word: of.word.clone(),
        reason: of.reason.clone(),
        said_by: names.get(&of.person_id).cloned().unwrap_or_default(),
        said_at: of.said_at.to_jiff().into(),
        state: state.to_owned(),
        answered_at: of.heard_at.or(of.failed_at).map(|at| at.to_jiff().into()),
        code: of.code.clone(),
    }
}

/// How a transaction can end without a word.
enum Ended {
    Error(Error),
    /// The same is under way, which is as good.
    UnderWay,
}

impl From<db::Error> for Ended {
    fn from(error: db::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Says something to the broker of a booking. Said twice, it is said once.
pub async fn say(app: &App, actor: &Actor, id: BookingId, cmd: &SayWord) -> Result<(), Error> {
    let scope = authorize(actor, Action::SayWord)?;
    let now = app.clock.now();
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, id).await?;
            let location = row.location_id.filter(|_| may_say(actor, &row)).ok_or(Error::NotFound)?;
            // Whoever says something at the same time waits here.
            db::bookings::lock_named(conn, id).await?;
            let open = db::words::list(conn, &scope, id).await?.into_iter().find(is_open);
            match open {
                Some(open) if open.word == cmd.word => return Err(Ended::UnderWay),
                Some(_) => return Err(Error::from(Refusal::new("word-open")).into()),
                None => {}
            }
            let observed = db::observations::find(conn, &scope, id).await?;
            let fitting = fitting(&row, observed.as_ref())?;
            if fitting.is_empty() {
                return Err(Error::from(Refusal::new("word-nothing-to-do")).into());
            }
            let said = Said { word: &cmd.word, reason: &cmd.reason, confirmed: cmd.confirm };
            let word = word::say(fitting, &said).map_err(refusal)?;
            let said = WordRow {
                id: new_id(),
                booking_id: row.id,
                organisation_id: row.organisation_id,
                provider_id: row.provider_id,
                location_id: location,
                person_id: actor.person.0,
                said_at: now.into(),
                word: word.code().to_owned(),
                reason: cmd.reason.trim().to_owned(),
                heard_at: None,
                failed_at: None,
                code: None,
            };
            db::words::insert(conn, &said).await?;
            let detail =
                json!({"event": "said", "word": said.word, "reason": said.reason, "word_id": said.id});
            let subject = format!("booking:{id}");
            Ok::<_, Ended>(((), record::by_person(actor, Action::SayWord, subject, detail, now)))
        })
        .await;
    match done {
        Ok(()) | Err(Ended::UnderWay) => Ok(()),
        Err(Ended::Error(error)) => Err(error),
    }
}

fn refusal(refused: Vec<Refused>) -> Error {
    let finding =
        |refused: Refused| Finding::new(refused.field(), &refused.to_string()).with("max", REASON_MAX);
    Refusal::fields(refused.into_iter().map(finding).collect()).into()
}

/// Words that an operator has not answered, with how long each of them still holds; those that are over with nothing left. Says, too,
/// whether one of them still holds.
pub(super) async fn pending(
    conn: &mut db::Conn,
    who: &OperatorIdentity,
    now: Timestamp,
) -> Result<(Vec<PendingWord>, bool), Error> {
    let rows = db::words::list_open(conn, who, now - ANSWERED_WITHIN).await?;
    let urgent = rows.iter().any(is_open);
    let pending = |row: WordRow| PendingWord {
        id: row.id,
        booking: row.booking_id,
        seconds: if is_open(&row) {
            (row.said_at.to_jiff() + HOLDS).duration_since(now).as_secs()
        } else {
            0
        },
        word: row.word,
    };
    Ok((rows.into_iter().map(pending).collect(), urgent))
}

/// Takes the operator's answer; a repeated one changes nothing. Who said it is told, and the customer's audit keeps that the
/// provider acted.
pub async fn answered(app: &App, who: &OperatorIdentity, id: WordId, said: WordOutcome) -> Result<(), Error> {
    let scope = Scope::system("the provider's operator answers what its people said");
    let now = app.clock.now();
    let code = match said {
        WordOutcome::Done => None,
        WordOutcome::Unavailable { code } => Some(code.chars().take(50).collect::<String>()),
    };
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::words::lock_said(conn, who, id).await?;
            // An answer that comes too late still says what is so.
            let late = row.code.as_deref() == Some(EXPIRED);
            let taken = row.heard_at.is_none() && (row.failed_at.is_none() || late);
            if taken {
                db::words::update_answered(conn, id, code.as_deref(), now).await?;
            }
            if taken && (code.is_none() || !late) {
                tell(conn, app, &row, code.as_deref(), now).await?;
            }
            let event = if code.is_none() { "heard" } else { "not-heard" };
            let detail = json!({"event": event, "word": row.word, "word_id": id, "code": code,
                "repeated": !taken});
            let subject = format!("booking:{}", row.booking_id);
            let action = Action::SayWord.code();
            let mut entries = record::by_operator(who, action, &subject, detail, now);
            if taken && code.is_none() {
                let detail = json!({"event": "heard", "word": row.word});
                let customer = OrganisationId(row.organisation_id);
                entries =
                    entries.and(record::by_partner(customer, who.provider, action, &subject, detail, now));
            }
            Ok::<_, Error>(((), entries))
        })
        .await
}

/// One pass of the sweep: a word that no location heard for so long is over, so that another one can be said. Who said it is told.
/// Returns how many there were.
pub async fn expire(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("words to brokers grow old at every provider");
    let now = app.clock.now();
    let due = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::words::list_overdue(conn, now - OVER, BATCH).await?)
        })
        .await?;
    for id in &due {
        app.db
            .write(&scope, async |conn: &mut db::Conn| {
                let row = db::words::lock(conn, *id).await?;
                let open = is_open(&row);
                if open {
                    db::words::update_answered(conn, *id, Some(EXPIRED), now).await?;
                    tell(conn, app, &row, Some(EXPIRED), now).await?;
                }
                let detail = json!({"event": "expired", "word": row.word, "word_id": row.id,
                    "repeated": !open});
                let subject = format!("booking:{}", row.booking_id);
                let provider = OrganisationId(row.provider_id);
                let action = Action::SayWord.code();
                let entry = record::by_system(provider, "expire", action, subject, detail, now);
                Ok::<_, Error>(((), entry))
            })
            .await?;
    }
    Ok(due.len())
}

async fn tell(
    conn: &mut db::Conn,
    app: &App,
    row: &WordRow,
    failed: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(person) = db::people::find_active(conn, PersonId(row.person_id)).await? else { return Ok(()) };
    let booking = db::bookings::lock_named(conn, BookingId(row.booking_id)).await?;
    let to = Recipient {
        organisation: OrganisationId(person.organisation_id),
        email: person.email,
        language: person.language,
    };
    let lang = Lang::from_tag(&to.language);
    let say = |prefix: &str, code: &str| app.templates.say(lang, prefix, &Text::new(code));
    let why =
        failed.map(|code| say("word-code", code).or_else(|| say("word-code", "other")).unwrap_or_default());
    let text = Text::new(if failed.is_some() { "word-not-heard" } else { "word-heard" })
        .with("number", &booking.number)
        .with("word", say("word", &row.word).unwrap_or_default())
        .with("why", why.unwrap_or_default());
    let path = format!("/bookings/{}/broker", booking.id);
    Ok(notify::mail(conn, app, &to, text, &path, now).await?)
}
