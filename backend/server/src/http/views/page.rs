//! The frame around every page: who is signed in, where, in which language, and what just happened.

use serde::Serialize;
use uuid::Uuid;

use super::text::{Bearing, Text};
use super::values::Moment;

/// Languages of the interface. German is the default; English has the same keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    De,
    En,
}

impl Lang {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }

    /// `"en"`, `"en-GB"`, … → English; everything else → German.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        if tag.trim().to_ascii_lowercase().starts_with("en") { Self::En } else { Self::De }
    }
}

/// Context of every page, in templates under `page`.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub lang: Lang,
    /// Path and query of this page, for the language switch and the navigation.
    pub path: String,
    /// Address of the sign-in page that leads back here.
    pub sign_in: String,
    /// False on the answer of a form: its address cannot be opened again, so no other language can be chosen there.
    pub language_switch: bool,
    /// Token of the session, masked for this answer; every form sends it back in its hidden field `csrf`.
    pub csrf: String,
    pub user: Option<PageUser>,
    pub counts: NavCounts,
    /// What the last action did; shown once on top of the page.
    pub notice: Option<Notice>,
    /// Set while the demonstration clock differs from the real one.
    pub clock_note: Option<ClockNote>,
    /// True where people, offerings and prices are invented; the page then says so in its first line.
    pub demo: bool,
    pub version: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct PageUser {
    pub id: Uuid,
    pub name: String,
    pub organisation_id: Uuid,
    pub organisation: String,
    /// Office or department, for example "Grünflächenamt".
    pub unit: Option<String>,
    /// Codes of DESIGN section 3: `orders`, `approves`, `budget`, …
    pub roles: Vec<String>,
    /// True for somebody of an organisation that offers services.
    pub provider: bool,
    /// Entries of the navigation that this person may open, in their order: `start`, `finance/months` …
    pub places: Vec<&'static str>,
}

/// Numbers beside entries of the navigation; zero shows nothing.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NavCounts {
    pub approvals: u32,
    pub drafts: u32,
}

/// One message after an action: title `notice-<code>`, text is its attribute `.text` in the locales.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    pub bearing: Bearing,
    pub text: Text,
    /// Where the message leads, for example to the order that was sent.
    pub link: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct ClockNote {
    /// What the demonstration clock shows.
    pub now: Moment,
}
