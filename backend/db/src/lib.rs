//! Tables as Rust: rows and queries, one file per noun.
//!
//! A function here is one statement, or one statement and its mapping; rules live in `domain`, transactions are opened by
//! the use-cases. Verbs are fixed: `find_` (maybe), `get_` (or [`Error::NotFound`]), `list_` (paged or small), `lock_`
//! (for update, while others may refer to the row), `insert_`, `update_`, `append_`, `claim_` (skip locked). The connection comes first, the
//! [`Scope`](domain::policy::Scope) second.

pub mod assignments;
pub mod attempts;
pub mod audit;
pub mod availability;
pub mod bookings;
pub mod budgets;
pub mod charges;
pub mod closings;
pub mod connect;
pub mod devices;
pub mod differences;
pub mod drafts;
pub mod invoices;
pub mod locations;
pub mod master_data;
pub mod migrate;
pub mod months;
pub mod numbers;
pub mod observations;
pub mod offerings;
pub mod operators;
pub mod orders;
pub mod organisations;
pub mod outbox;
pub mod people;
pub mod placements;
pub mod reveals;
pub mod rotations;
pub mod schema;
pub mod sessions;
pub mod settlements;
pub mod tasks;
pub mod terms;
pub mod transaction;
pub mod usage;
pub mod vat;
pub mod waivers;
pub mod words;

#[cfg(feature = "test")]
pub mod test_db;

pub use transaction::{Conn, Db, DbConfig, Remembered};

/// A point in time as rows hold it.
pub type Ts = jiff_diesel::Timestamp;

/// What can go wrong, as far as a caller can act on it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such row, or none that this scope may see: the same from outside.
    #[error("not found")]
    NotFound,
    /// A named uniqueness is violated: somebody was faster, or the same thing came twice.
    #[error("already taken: {0}")]
    Taken(String),
    /// A named check, foreign key or trigger refuses the row; the rules above should have refused it before.
    #[error("refused by the database: {0}")]
    Refused(String),
    /// The pool gave no connection in time.
    #[error("no database connection")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Everything else.
    #[error("database failure")]
    Other(#[source] diesel::result::Error),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Diesel};
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(Kind::UniqueViolation, info) => {
                Self::Taken(info.constraint_name().unwrap_or_default().to_owned())
            }
            Diesel::DatabaseError(
                Kind::CheckViolation
                | Kind::ForeignKeyViolation
                | Kind::RestrictViolation
                | Kind::NotNullViolation,
                info,
            ) => Self::Refused(info.constraint_name().unwrap_or(info.message()).to_owned()),
            other => Self::Other(other),
        }
    }
}

/// What a query answers.
pub type Result<T> = std::result::Result<T, Error>;

/// The ids of a scope as the database takes them.
pub(crate) fn scope_ids(scope: &domain::policy::Scope) -> Vec<uuid::Uuid> {
    scope.organisations().iter().map(|organisation| organisation.0).collect()
}
