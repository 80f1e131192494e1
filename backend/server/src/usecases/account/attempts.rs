//! Counts attempts at passwords before they are checked. Rules: [`domain::attempts`]; why so:
//! `docs/decisions/2026-11-25-sign-in-attempts.md`.

use crate::app::App;
use crate::ports::secrets::hash;
use crate::usecases::Error;
use domain::attempts::{FAR, Limit, NEAR, SOURCE};
use domain::ids::PersonId;
use domain::policy::Scope;
use jiff::Timestamp;

/// Buckets out of which one attempt was taken, in the order in which they are locked.
pub(super) struct Taken(Vec<(Vec<u8>, Limit)>);

/// Buckets of a sign-in: on a device that this person has used before a bucket of its own, which nobody else can empty;
/// elsewhere one for person and source, one for the person and the whole world, and one for the source.
pub(super) fn of_sign_in(email: &str, source: &str, known_device: Option<&str>) -> Taken {
    Taken::new(match known_device {
        Some(device) => vec![(hash(&format!("device\n{email}\n{device}")), NEAR)],
        None => vec![
            (hash(&format!("near\n{email}\n{source}")), NEAR),
            (hash(&format!("far\n{email}")), FAR),
            (hash(&format!("source\n{source}")), SOURCE),
        ],
    })
}

/// The bucket of somebody who signed in and is asked again.
pub(super) fn of_confirmation(person: PersonId) -> Taken {
    Taken::new(vec![(hash(&format!("confirmation\n{person}")), NEAR)])
}

impl Taken {
    /// One order for everybody, so that two attempts never wait for each other.
    fn new(mut buckets: Vec<(Vec<u8>, Limit)>) -> Self {
        buckets.sort_by(|one, other| one.0.cmp(&other.0));
        Self(buckets)
    }
}

/// Takes one attempt out of every bucket, or none if one of them is empty. Committed before the secret is looked at.
pub(super) async fn take(app: &App, buckets: &Taken, now: Timestamp) -> Result<(), Error> {
    let scope = Scope::system("attempts are nobody's rows");
    app.db
        .touch(&scope, "an attempt counts before it is checked", async |conn: &mut db::Conn| {
            for (key, limit) in &buckets.0 {
                let busy_until = db::attempts::lock(conn, key, now).await?;
                let busy_until = limit.take(busy_until, now).map_err(|wait| Error::TooMany {
                    retry_after_seconds: wait.as_secs().unsigned_abs().saturating_add(1),
                })?;
                db::attempts::update(conn, key, busy_until).await?;
            }
            Ok(())
        })
        .await
}

/// Gives the attempt back, because it was right.
pub(super) async fn give_back(conn: &mut db::Conn, buckets: &Taken, now: Timestamp) -> Result<(), Error> {
    for (key, limit) in &buckets.0 {
        let busy_until = db::attempts::lock(conn, key, now).await?;
        db::attempts::update(conn, key, limit.give_back(busy_until)).await?;
    }
    Ok(())
}
