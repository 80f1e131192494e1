//! The people and offerings of every test: two authorities, two providers, one person per role, and somebody with none.
//! Inserted as rows, because tests of a use-case must not depend on another use-case. Everything is invented.

use db::test_db::TestDb;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use std::sync::OnceLock;

/// Password of everybody.
pub const PASSWORD: &str = "ein langer Satz als Kennwort";

/// People of the authority Mittelfeld: (mail, roles).
pub const PEOPLE: &[(&str, &str, &str)] = &[
    // organisation, mail, roles with limits
    ("mittelfeld", "jana@mittelfeld.example", "orders"),
    ("mittelfeld", "tobias@mittelfeld.example", "approves:25000"),
    ("mittelfeld", "petra@mittelfeld.example", "approves:10"),
    ("mittelfeld", "both@mittelfeld.example", "orders approves:25000"),
    ("mittelfeld", "hanna@mittelfeld.example", "budget"),
    ("mittelfeld", "karl@mittelfeld.example", "finance"),
    ("mittelfeld", "murat@mittelfeld.example", "it"),
    ("mittelfeld", "olga@mittelfeld.example", "audits"),
    ("mittelfeld", "nobody@mittelfeld.example", ""),
    ("kleindorf", "jana@kleindorf.example", "orders"),
    ("kleindorf", "tobias@kleindorf.example", "approves:25000"),
    ("kleindorf", "karl@kleindorf.example", "finance"),
    ("kleindorf", "olga@kleindorf.example", "audits"),
    ("beispielland", "lena@beispielland.example", "lists"),
    ("beispielland", "felix@beispielland.example", "fulfils"),
    ("beispielland", "paul@beispielland.example", "platform"),
    ("beispielland", "berta@beispielland.example", "bills"),
    ("musterregion", "paul@musterregion.example", "platform"),
    ("musterregion", "berta@musterregion.example", "bills"),
    ("marktplatz", "adam@marktplatz.example", "admits"),
    ("marktplatz", "otto@marktplatz.example", "operates"),
];

/// Fixed ids of `world.sql`, so that tests can name things.
pub mod id {
    /// Authority.
    pub const MITTELFELD: &str = "00000000-0000-7000-8000-000000000001";
    /// The other authority.
    pub const KLEINDORF: &str = "00000000-0000-7000-8000-000000000002";
    /// Provider.
    pub const BEISPIELLAND: &str = "00000000-0000-7000-8000-000000000003";
    /// The other provider.
    pub const MUSTERREGION: &str = "00000000-0000-7000-8000-000000000004";
    /// Location of Beispielland.
    pub const LOCATION: &str = "00000000-0000-7000-8000-000000000301";
    /// PostgreSQL of Beispielland.
    pub const POSTGRESQL: &str = "00000000-0000-7000-8000-000000000401";
    /// Its version.
    pub const POSTGRESQL_VERSION: &str = "00000000-0000-7000-8000-000000000411";
    /// Its plan S.
    pub const POSTGRESQL_PLAN: &str = "00000000-0000-7000-8000-000000000421";
    /// Chatbot of Beispielland.
    pub const CHATBOT: &str = "00000000-0000-7000-8000-000000000402";
    /// Its plan.
    pub const CHATBOT_PLAN: &str = "00000000-0000-7000-8000-000000000422";
    /// Budget line 2026 of Mittelfeld.
    pub const BUDGET_LINE: &str = "00000000-0000-7000-8000-000000000501";
    /// Legal basis of Mittelfeld for Beispielland.
    pub const LEGAL_BASIS: &str = "00000000-0000-7000-8000-000000000511";
}

/// Inserts everybody and everything.
pub struct World;

impl World {
    /// Into an empty migrated database.
    pub async fn insert(db: &TestDb) {
        static HASH: OnceLock<String> = OnceLock::new();
        let hash = HASH.get_or_init(|| server::usecases::account::hash_password(PASSWORD).unwrap());
        let mut sql = include_str!("world.sql").to_owned();
        for (number, (organisation, email, roles)) in PEOPLE.iter().enumerate() {
            let id = format!("00000000-0000-7000-8000-0000000010{number:02}");
            let name = email.split('@').next().unwrap();
            sql.push_str(&format!(
                "insert into people (id, organisation_id, unit_id, name, email, password_hash, created_at)
                 select '{id}', o.id, u.id, '{name} {organisation}', '{email}', '{hash}', '2026-01-01'
                 from organisations o left join units u on u.organisation_id = o.id where o.slug = '{organisation}';\n"
            ));
            for role in roles.split_whitespace() {
                let (role, limit) = role.split_once(':').unwrap_or((role, "null"));
                sql.push_str(&format!(
                    "insert into person_roles (organisation_id, person_id, role, limit_amount, valid_from)
                     select organisation_id, id, '{role}', {limit}, '2026-01-01' from people where id = '{id}';\n"
                ));
            }
        }
        let mut conn = AsyncPgConnection::establish(&db.owner_url()).await.unwrap();
        conn.batch_execute(&sql).await.unwrap();
    }
}
