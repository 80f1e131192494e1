//! Why a month cannot be issued yet, in codes that the locales put into words (`gap-<code>` and `field-month-<code>`).

use db::months::{MonthBooking, WatermarkRow};
use domain::metering::Irregular;
use domain::order::Finding;
use domain::rating::Doubt;
use domain::time::Period;
use uuid::Uuid;

/// The booking that an obstacle is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Stable code.
    pub code: String,
    /// The booking; none if it concerns a location, a customer or the month as a whole.
    pub booking: Option<Concerned>,
    /// The meter, if it concerns one.
    pub meter: Option<&'static str>,
    /// When.
    pub period: Option<Period>,
    /// The location or the customer.
    pub who: Option<String>,
}

impl Obstacle {
    /// About the month as a whole.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), booking: None, meter: None, period: None, who: None }
    }

    /// About a customer.
    pub fn of_buyer(buyer: &str, code: impl Into<String>) -> Self {
        Self { who: Some(buyer.to_owned()), ..Self::new(code) }
    }

    /// A location has not reported everything.
    pub fn of_location(mark: &WatermarkRow) -> Self {
        Self { who: Some(mark.name.clone()), ..Self::new("watermark") }
    }

    /// About a booking.
    pub fn of_booking(row: &MonthBooking, code: impl Into<String>) -> Self {
        let booking = &row.booking;
        let concerned =
            Concerned { id: booking.id, number: booking.number.clone(), name: booking.name.clone() };
        Self { booking: Some(concerned), ..Self::new(code) }
    }

    /// About a service of a booking.
    pub fn of_service(row: &MonthBooking, code: impl Into<String>, service: Period) -> Self {
        Self { period: Some(service), ..Self::of_booking(row, code) }
    }

    /// A doubt that must not be billed silently. Excess and falling counters are cut off by the rules and only shown.
    pub fn of_doubt(row: &MonthBooking, doubt: &Doubt) -> Option<Self> {
        let Doubt::Irregular(meter, irregular) = doubt else { return None };
        let code = match irregular {
            Irregular::Gap(_) => "missing",
            Irregular::Overlap(_) => "overlap",
            Irregular::MissingTransition { .. } => "missing-transition",
        };
        let period = irregular.period();
        Some(Self { meter: Some(meter.code()), period, ..Self::of_booking(row, code) })
    }

    /// As a finding of a refusal.
    pub fn to_finding(&self) -> Finding {
        let mut finding = Finding::new("", &format!("month-{}", self.code));
        if let Some(booking) = &self.booking {
            finding = finding.with("booking", &booking.number).with("name", &booking.name);
        }
        if let Some(meter) = self.meter {
            finding = finding.with("meter", meter);
        }
        if let Some(period) = self.period {
            finding = finding.with("from_at", period.from()).with("until_at", period.to());
        }
        if let Some(who) = &self.who {
            finding = finding.with("who", who);
        }
        finding
    }
}
