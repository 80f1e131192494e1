//! What an operator can measure. Amounts are whole numbers in the unit of the meter; prices are none of its business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a meter is read: as size that is held for a time, or as events that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// Intervals of a size, from the transition log.
    Allocation,
    /// Cumulative counter with epoch; the marketplace takes the delta.
    Consumption,
}

/// A Messgröße. Codes are stable: they stand in the database and in exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Meter {
    /// Virtual processors allocated, in thousandths.
    Vcpu,
    /// Main memory allocated, in MiB.
    Memory,
    /// Volume capacity that exists, in MiB; goes on while stopped.
    Storage,
    /// 1 while the booking runs, 0 while it is stopped.
    Instance,
    /// Conversations held, counted by the application.
    Conversations,
    /// User months, counted by the application.
    Users,
    /// Lamp months, counted by the application.
    Lamps,
    /// Cases of an online service, counted by the people who provide it.
    Cases,
}

impl Meter {
    /// Every meter, in the order in which they are shown.
    pub const ALL: [Meter; 8] = [
        Meter::Vcpu,
        Meter::Memory,
        Meter::Storage,
        Meter::Instance,
        Meter::Conversations,
        Meter::Users,
        Meter::Lamps,
        Meter::Cases,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Meter::Vcpu => "vcpu",
            Meter::Memory => "memory",
            Meter::Storage => "storage",
            Meter::Instance => "instance",
            Meter::Conversations => "conversations",
            Meter::Users => "users",
            Meter::Lamps => "lamps",
            Meter::Cases => "cases",
        }
    }

    /// The meter with this code.
    pub fn from_code(code: &str) -> Option<Meter> {
        Meter::ALL.into_iter().find(|meter| meter.code() == code)
    }

    /// The unit in which amounts are reported.
    pub fn unit(self) -> &'static str {
        match self {
            Meter::Vcpu => "mCPU",
            Meter::Memory | Meter::Storage => "MiB",
            Meter::Instance => "Instanz",
            Meter::Conversations => "Gespräch",
            Meter::Users => "Nutzer",
            Meter::Lamps => "Leuchte",
            Meter::Cases => "Fall",
        }
    }

    /// Whether it goes on while a booking is stopped: volumes stay, processors and memory are given back.
    pub fn lasts_while_stopped(self) -> bool {
        self == Meter::Storage
    }

    /// How it is read.
    pub fn nature(self) -> Nature {
        match self {
            Meter::Vcpu | Meter::Memory | Meter::Storage | Meter::Instance => Nature::Allocation,
            Meter::Conversations | Meter::Users | Meter::Lamps | Meter::Cases => Nature::Consumption,
        }
    }

    /// What the screen calls it.
    pub fn title_de(self) -> &'static str {
        match self {
            Meter::Vcpu => "vCPU",
            Meter::Memory => "Arbeitsspeicher",
            Meter::Storage => "Speicherplatz",
            Meter::Instance => "Laufende Instanz",
            Meter::Conversations => "Gespräche",
            Meter::Users => "Nutzer",
            Meter::Lamps => "Leuchten",
            Meter::Cases => "Fälle",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_and_code_agree() {
        for meter in Meter::ALL {
            assert_eq!(serde_json::to_value(meter).unwrap(), meter.code());
            assert_eq!(Meter::from_code(meter.code()), Some(meter));
        }
        assert_eq!(Meter::from_code("traffic"), None);
    }
}
