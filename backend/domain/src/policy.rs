//! Who may do what, and in whose name.
//!
//! Owns the closed lists of roles and actions and the one table that joins them. [`authorize`] is the only way to a
//! [`Scope`], and a scope is what every finder of a tenant table demands; row-level security enforces it once more.
//! Does not own: value limits and four eyes, which belong to the order that they guard.

use crate::ids::{LocationId, OrganisationId, PersonId, TokenId, UnitId};
use crate::money::Money;
use serde::{Deserialize, Serialize};

/// What somebody is entrusted with in the own organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Orders services.
    Orders,
    /// Decides orders of others, up to a limit.
    Approves,
    /// Keeps budget lines.
    Budget,
    /// Pays: sees invoices and exports them.
    Finance,
    /// Technical staff of an authority: sees what runs and takes over access data.
    It,
    /// Reads everything that was decided, changes nothing.
    Audits,
    /// Lists offerings of a provider.
    Lists,
    /// Fulfils bookings by hand.
    Fulfils,
    /// Runs the provider's clusters.
    Platform,
    /// Issues a provider's invoices.
    Bills,
    /// Admits organisations and offerings.
    Admits,
    /// Watches over the marketplace.
    Operates,
}

impl Role {
    /// Every role, in the order of the design.
    pub const ALL: [Self; 12] = [
        Self::Orders,
        Self::Approves,
        Self::Budget,
        Self::Finance,
        Self::It,
        Self::Audits,
        Self::Lists,
        Self::Fulfils,
        Self::Platform,
        Self::Bills,
        Self::Admits,
        Self::Operates,
    ];

    /// The stable code, as in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Approves => "approves",
            Self::Budget => "budget",
            Self::Finance => "finance",
            Self::It => "it",
            Self::Audits => "audits",
            Self::Lists => "lists",
            Self::Fulfils => "fulfils",
            Self::Platform => "platform",
            Self::Bills => "bills",
            Self::Admits => "admits",
            Self::Operates => "operates",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A role that is held at the moment of the request, with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// How much an approver may decide in one order; only with [`Role::Approves`].
    pub limit: Option<Money>,
}

/// How a person acts; the audit tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// With the own hands, signed in.
    Pages,
    /// Through a program that holds this token.
    Program(TokenId),
    /// Not at all: the administrator of the machine acts in the person's name.
    CommandLine,
}

impl Means {
    /// The kind of actor in the audit.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pages => "person",
            Self::Program(_) => "program",
            Self::CommandLine => "command-line",
        }
    }
}

/// A person who signed in, or who holds a token, with what is in force now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// As part of which organisation; always exactly one.
    pub organisation: OrganisationId,
    /// The Amt.
    pub unit: Option<UnitId>,
    /// For mails, timelines and the audit.
    pub name: String,
    /// Roles in force.
    pub grants: Vec<Grant>,
    /// How they act.
    pub means: Means,
}

impl Actor {
    /// Whether the role is held now.
    pub fn holds(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// The largest amount that this person may approve in one order.
    pub fn approval_limit(&self) -> Option<Money> {
        self.grants.iter().filter(|grant| grant.role == Role::Approves).filter_map(|grant| grant.limit).max()
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $code:literal [$($role:ident)*];)*) => {
        /// Everything that can be done. The table is the policy; the golden file of the tests shows it per route.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code, as in the audit.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Roles of which one is enough; empty means every person who signed in.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role,)*],)* }
            }
        }
    };
}

actions! {
    /// Own sessions, tokens, language.
    OwnAccount "account.own" [];
    /// Read published offerings.
    BrowseOfferings "offering.browse" [];
    /// Place an order, also one that ends a booking.
    PlaceOrder "order.place" [Orders];
    /// Take an undecided order back.
    WithdrawOrder "order.withdraw" [Orders];
    /// Read the orders of the own organisation.
    ViewOrders "order.view" [Orders Approves Budget Finance It Audits];
    /// Approve or reject an order of somebody else.
    DecideOrder "order.decide" [Approves];
    /// Read bookings that one's organisation booked or runs.
    ViewBookings "booking.view" [Orders Approves Budget Finance It Audits Fulfils Platform Bills];
    /// See access data, once.
    RevealAccess "booking.reveal" [Orders It];
    /// Have access data changed.
    RotateAccess "booking.rotate" [Orders It];
    /// Read what people have to do for bookings.
    ViewTasks "task.view" [Orders It Fulfils];
    /// Close an own task of a booking, or take it over.
    DoTask "task.do" [Orders It Fulfils];
    /// State start and end of a booking that people fulfil, and enter its access data.
    FulfilBooking "booking.fulfil" [Fulfils];
    /// Say what shall be done about a trouble with a service broker: ask it once more, or end what it may have made.
    SayWord "booking.word" [Fulfils Platform];
    /// Report what was counted of a booking that people fulfil.
    ReportUsage "usage.report" [Fulfils];
    /// Confirm a stated start or end, or object to it.
    ConfirmBooking "booking.confirm" [Orders It];
    /// Read budget lines.
    ViewBudgets "budget.view" [Orders Approves Budget Finance Audits];
    /// Read invoices received or issued.
    ViewInvoices "invoice.view" [Budget Finance Audits Bills];
    /// Look at a month, close it, issue its invoices.
    IssueInvoices "invoice.issue" [Bills];
    /// Read locations of the own clusters.
    ViewLocations "location.view" [Lists Fulfils Platform Bills Audits];
    /// Create locations, enrol and revoke operators.
    ManageLocations "location.manage" [Platform];
    /// Read what locations and the marketplace do not agree about since a restore.
    ViewDifferences "difference.view" [Orders It Fulfils Platform Operates];
    /// Decide about it.
    SettleDifference "difference.settle" [Fulfils Platform Operates];
    /// Read the audit of the own organisation.
    ViewAudit "audit.view" [Audits];
}

/// The right to touch rows, as narrow as the action needs it. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    organisations: Vec<OrganisationId>,
    system: bool,
}

impl Scope {
    /// Organisations whose rows may be seen and written.
    pub fn organisations(&self) -> &[OrganisationId] {
        &self.organisations
    }

    /// The right of the product itself: sign-in, sweeps, demonstration data. The reason is for whoever searches the code.
    pub fn system(_reason: &'static str) -> Self {
        Self { organisations: Vec::new(), system: true }
    }

    /// The right of everybody, also without an account: what is published, and no row of any tenant.
    pub fn everybody() -> Self {
        Self { organisations: Vec::new(), system: false }
    }

    /// Whether this is the right of the product itself.
    pub fn is_system(&self) -> bool {
        self.system
    }
}

/// The operator of a location, after its assertion was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorIdentity {
    /// Where it runs.
    pub location: LocationId,
    /// Whose cluster it is.
    pub provider: OrganisationId,
}

impl OperatorIdentity {
    /// An operator reads and reports what its provider runs; finders narrow it to its location.
    pub fn scope(&self) -> Scope {
        Scope { organisations: vec![self.provider], system: false }
    }
}

/// No role in force permits the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} needs one of the roles {:?}", .action.code(), .action.roles())]
pub struct Denied {
    /// What was tried; its roles say who can help.
    pub action: Action,
}

/// Whether the person may do it, and on which rows.
pub fn authorize(actor: &Actor, action: Action) -> Result<Scope, Denied> {
    let needed = action.roles();
    if needed.is_empty() || needed.iter().any(|role| actor.holds(*role)) {
        Ok(Scope { organisations: vec![actor.organisation], system: false })
    } else {
        Err(Denied { action })
    }
}

/// The same for a sale, whose invoice, mails, audit and commitments stand in the books of both sides. The customer must be
/// one that the seller's own rows name.
pub fn authorize_sale(actor: &Actor, action: Action, customer: OrganisationId) -> Result<Scope, Denied> {
    authorize_deal(actor, action, customer)
}

/// The same for what customer and provider of one booking settle between them: the word of one side is in the books of both.
/// The partner must be one that a row of the own organisation names.
pub fn authorize_deal(actor: &Actor, action: Action, partner: OrganisationId) -> Result<Scope, Denied> {
    let mut scope = authorize(actor, action)?;
    if !scope.organisations.contains(&partner) {
        scope.organisations.push(partner);
    }
    Ok(scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn actor(roles: &[Role]) -> Actor {
        Actor {
            person: PersonId(Uuid::from_u128(1)),
            organisation: OrganisationId(Uuid::from_u128(2)),
            unit: None,
            name: "Erika Muster".into(),
            grants: roles.iter().map(|role| Grant { role: *role, limit: None }).collect(),
            means: Means::Pages,
        }
    }

    #[test]
    fn codes_are_unique_and_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        let codes: std::collections::BTreeSet<_> = Action::ALL.iter().map(|action| action.code()).collect();
        assert_eq!(codes.len(), Action::ALL.len());
    }

    #[test]
    fn a_scope_is_the_own_organisation_and_nothing_else() {
        let scope = authorize(&actor(&[Role::Orders]), Action::PlaceOrder).unwrap();
        assert_eq!(scope.organisations(), [OrganisationId(Uuid::from_u128(2))]);
    }

    #[test]
    fn everybody_has_no_rows_and_is_not_the_product() {
        assert_eq!(Scope::everybody().organisations(), []);
        assert!(!Scope::everybody().is_system());
    }

    #[test]
    fn a_sale_is_written_by_its_seller_into_both_books() {
        let customer = OrganisationId(Uuid::from_u128(3));
        let scope = authorize_sale(&actor(&[Role::Bills]), Action::IssueInvoices, customer).unwrap();
        assert_eq!(scope.organisations(), [OrganisationId(Uuid::from_u128(2)), customer]);
        assert!(authorize_sale(&actor(&[Role::Finance]), Action::IssueInvoices, customer).is_err());
    }

    #[test]
    fn nobody_orders_and_decides_by_one_role() {
        for role in Role::ALL {
            let person = actor(&[role]);
            let both = authorize(&person, Action::PlaceOrder).is_ok()
                && authorize(&person, Action::DecideOrder).is_ok();
            assert!(!both, "{role:?}");
        }
        assert_eq!(authorize(&actor(&[]), Action::DecideOrder), Err(Denied { action: Action::DecideOrder }));
    }
}
