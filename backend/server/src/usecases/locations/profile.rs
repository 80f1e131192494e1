//! What a provider states about a location: up to which need of protection it may be used, whose data centre it stands in,
//! and what evidence it has. Orders are placed by the last statement; earlier ones stay.

use crate::app::App;
use crate::http::views::provider::ProfileView;
use crate::ports::secrets::new_id;
use crate::usecases::placement::{certificate_view, levels};
use crate::usecases::{Error, Refusal, record};
use db::placements::ProfileRow;
use domain::ids::LocationId;
use domain::order::Finding;
use domain::placement::{Certificate, Protection};
use domain::policy::{Action, Actor, authorize};
use domain::time::berlin_day;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Longest number of a certificate or report in characters.
const NUMBER_MAX: usize = 120;

/// What is stated from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateProfile {
    /// Up to which need of protection it may be used: `confidentiality`, `integrity`, `availability`, each `normal`, `high`
    /// or `very-high`.
    #[schema(value_type = Object)]
    pub protection: Protection,
    /// Short name of the organisation in whose own data centre it stands.
    #[serde(default)]
    pub data_centre_of: Option<String>,
    /// Evidence: `class` (`c5-type-1`, `c5-type-2`, `iso-27001`, `it-grundschutz`), `number`, `valid_until`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub certificates: Vec<Certificate>,
}

/// States it. Orders that were placed before keep their place and their record. `before` are findings of reading it.
pub async fn state_profile(
    app: &App,
    actor: &Actor,
    location: LocationId,
    cmd: &StateProfile,
    before: Vec<Finding>,
) -> Result<(), Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    let mut findings = before;
    findings.extend(cmd.certificates.iter().flat_map(|it| check_certificate(it, berlin_day(now))));
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let stored = db::locations::get(conn, &scope, location).await?;
            let mut findings = findings;
            let owner = match cmd.data_centre_of.as_deref().map(str::trim).filter(|slug| !slug.is_empty()) {
                None => None,
                Some(slug) => {
                    let found = db::organisations::find_by_slug(conn, slug).await?;
                    if found.is_none() {
                        findings.push(Finding::new("/data_centre_of", "organisation-unknown"));
                    }
                    found.map(|owner| owner.id)
                }
            };
            if !findings.is_empty() {
                return Err(Refusal::fields(findings).into());
            }
            let level = |need: domain::placement::Need| i32::from(need.level());
            let row = ProfileRow {
                id: new_id(),
                provider_id: stored.provider_id,
                location_id: stored.id,
                confidentiality: level(cmd.protection.confidentiality),
                integrity: level(cmd.protection.integrity),
                availability: level(cmd.protection.availability),
                data_centre_of: owner,
                certificates: serde_json::to_value(&cmd.certificates)
                    .map_err(|error| Error::Internal(error.into()))?,
                stated_by: Some(actor.person.0),
                stated_at: now.into(),
            };
            db::placements::insert_profile(conn, &row).await?;
            let detail = json!({
                "event": "stated", "protection": cmd.protection, "data_centre_of": owner,
                "certificates": cmd.certificates,
            });
            let subject = format!("location:{location}");
            Ok::<_, Error>(((), record::by_person(actor, Action::ManageLocations, subject, detail, now)))
        })
        .await
}

/// What is wrong with evidence that is stated. What is over already would only ever be left out.
fn check_certificate(certificate: &Certificate, today: Date) -> Vec<Finding> {
    let class = certificate.class.code();
    let mut findings = Vec::new();
    if !(1..=NUMBER_MAX).contains(&certificate.number.trim().chars().count()) {
        findings
            .push(Finding::new(&format!("/{class}_number"), "certificate-number").with("max", NUMBER_MAX));
    }
    if certificate.is_over(today) {
        findings.push(
            Finding::new(&format!("/{class}_until"), "certificate-over")
                .with("until_date", certificate.valid_until),
        );
    }
    findings
}

/// What is stated now; without a statement only the lowest need of protection is covered.
pub(super) async fn profile_view(conn: &mut db::Conn, location: LocationId) -> Result<ProfileView, Error> {
    let row = db::placements::list_profiles(conn, &[location.0]).await?.pop();
    let Some(row) = row else {
        return Ok(ProfileView {
            stated_at: None,
            protection: levels(Protection::default()),
            data_centre_of: None,
            data_centre_of_name: None,
            certificates: Vec::new(),
        });
    };
    let owner = match row.data_centre_of {
        Some(owner) => Some(db::organisations::get(conn, owner.into()).await?),
        None => None,
    };
    Ok(ProfileView {
        stated_at: Some(row.stated_at.to_jiff().into()),
        protection: levels(row.ceiling()),
        data_centre_of: owner.as_ref().map(|owner| owner.slug.clone()),
        data_centre_of_name: owner.map(|owner| owner.short_name),
        certificates: row.certificates()?.iter().map(certificate_view).collect(),
    })
}
