//! How a customer gets the data out of what was booked: before the end, and while they are kept after it.

/// A way out. Its code names the wording, which says who does it and how long it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// A dump by a client of the customer's own, with the access data.
    DatabaseDump,
    /// Copying over SSH, with the customer's own key.
    SecureShell,
    /// What the application itself offers.
    ByApplication,
    /// What the service offers, and what its provider hands over.
    ByService,
    /// What the provider's people hand over on request.
    ByPeople,
}

impl Export {
    /// Every way.
    pub const ALL: [Export; 5] = [
        Export::DatabaseDump,
        Export::SecureShell,
        Export::ByApplication,
        Export::ByService,
        Export::ByPeople,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Export::DatabaseDump => "database-dump",
            Export::SecureShell => "secure-shell",
            Export::ByApplication => "by-application",
            Export::ByService => "by-service",
            Export::ByPeople => "by-people",
        }
    }
}
