//! Two walls between tenants: the scope in every finder, and row-level security. Each must hold with the other removed.

use diesel::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tests::{TestApp, world};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(conn: &mut AsyncPgConnection, sql: &str) -> Result<i64, String> {
    let rows: Result<Vec<Count>, _> = sql_query(sql).load(conn).await;
    rows.map(|rows| rows[0].count).map_err(|error| error.to_string())
}

async fn app_role(app: &TestApp) -> AsyncPgConnection {
    AsyncPgConnection::establish(&app.db.url("wolkenamt_app")).await.unwrap()
}

async fn enter(conn: &mut AsyncPgConnection, organisation: &str) {
    conn.batch_execute("begin").await.unwrap();
    sql_query("select set_config('app.organisation_ids', $1, true)")
        .bind::<Text, _>(format!("{{{organisation}}}"))
        .execute(conn)
        .await
        .unwrap();
}

/// The first wall removed: statements without any filter, as a bug in a query would send them.
#[actix_web::test]
async fn without_a_filter_row_level_security_shows_own_rows_only() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    for table in ["people", "units", "budget_lines", "cost_centres", "legal_bases", "person_roles"] {
        enter(&mut conn, world::id::MITTELFELD).await;
        let foreign =
            format!("select count(*) from {table} where organisation_id <> '{}'", world::id::MITTELFELD);
        assert_eq!(count(&mut conn, &foreign).await, Ok(0), "{table}");
        assert!(count(&mut conn, &format!("select count(*) from {table}")).await.unwrap() > 0, "{table}");
        let changed = sql_query(format!(
            "update {table} set organisation_id = organisation_id where organisation_id <> '{}'",
            world::id::MITTELFELD
        ));
        match changed.execute(&mut conn).await {
            Ok(rows) => assert_eq!(rows, 0, "{table}"),
            // Who people are is not for this account to say at all.
            Err(error) => assert!(["people", "units", "person_roles"].contains(&table), "{table}: {error}"),
        }
        conn.batch_execute("rollback").await.unwrap();
    }
}

/// Inside the own organisation row-level security lets writes through; the grants do not.
#[actix_web::test]
async fn whoever_answers_people_gives_nobody_a_role_or_a_password() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    for change in [
        format!(
            "insert into person_roles (organisation_id, person_id, role, valid_from)
             select organisation_id, id, 'bills', now() from people where organisation_id = '{}' limit 1",
            world::id::MITTELFELD
        ),
        "update person_roles set limit_amount = 1000000 where role = 'approves'".to_owned(),
        "delete from person_roles".to_owned(),
        "update people set password_hash = 'x'".to_owned(),
        "update people set disabled_at = null".to_owned(),
        "update organisations set price_free = true".to_owned(),
        "update sessions set person_id = (select id from people limit 1)".to_owned(),
        "insert into sessions default values".to_owned(),
        "insert into access_tokens default values".to_owned(),
        "update access_tokens set expires_at = now() + interval '10 years'".to_owned(),
        "insert into known_devices default values".to_owned(),
    ] {
        enter(&mut conn, world::id::MITTELFELD).await;
        let refused = conn.batch_execute(&change).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{change}: {refused}");
        conn.batch_execute("rollback").await.unwrap();
    }
}

#[actix_web::test]
async fn nobody_writes_into_another_tenant() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    enter(&mut conn, world::id::MITTELFELD).await;
    let insert = format!(
        "insert into cost_centres (organisation_id, code, name) values ('{}', '66666', 'fremd')",
        world::id::KLEINDORF
    );
    let refused = conn.batch_execute(&insert).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
}

/// A forgotten context is an error and never an empty answer, on a fresh and on a reused connection.
#[actix_web::test]
async fn a_forgotten_context_is_refused() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    assert!(
        count(&mut conn, "select count(*) from people").await.unwrap_err().contains("app.organisation_ids")
    );
    enter(&mut conn, world::id::MITTELFELD).await;
    conn.batch_execute("commit").await.unwrap();
    assert!(count(&mut conn, "select count(*) from people").await.unwrap_err().contains("malformed array"));
}

/// The second wall removed: the owner switches row-level security off, and the finders still filter.
#[actix_web::test]
async fn without_row_level_security_the_finders_still_filter() {
    let app = TestApp::start().await;
    app.owner_sql(
        "do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = 'public' loop
            execute format('alter table %I disable row level security', t.tablename); end loop; end $$",
    )
    .await
    .unwrap();
    let actor = app.actor("olga@mittelfeld.example").await;
    let scope = domain::policy::authorize(&actor, domain::policy::Action::ViewAudit).unwrap();
    let units = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| db::organisations::list_units(conn, &scope).await);
    let units = units.await.unwrap();
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].organisation_id.to_string(), world::id::MITTELFELD);
    let role = domain::policy::Role::Orders;
    let now = app.app.clock.now();
    let holders = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| db::people::list_holders(conn, &scope, role, now).await);
    assert!(
        holders
            .await
            .unwrap()
            .iter()
            .all(|(person, _)| person.organisation_id.to_string() == world::id::MITTELFELD)
    );
}

/// A booking of Mittelfeld at Beispielland with everything around it, as rows.
const SHARED: &str = "
    insert into bookings (id, number, organisation_id, provider_id, location_id, offering_id, version_id, plan_id, kind, name,
        parameters, exposure, generation, revision, wanted, wished_start_at, created_at)
    select '00000000-0000-7000-8000-0000000000b1', 'BU-1', '{C}', '{P}', '{L}', o.id, v.id, p.id, 'postgresql', 'Register',
        '{}', '{}', 1, 1, 'present', now(), now()
    from offerings o join offering_versions v on v.offering_id = o.id join plans p on p.version_id = v.id where o.slug = 'postgresql';
    insert into booking_observations (booking_id, organisation_id, provider_id, generation, conditions, endpoints, observed_at)
    values ('{B}', '{C}', '{P}', 1, '[]', '[]', now());
    insert into reveals (id, booking_id, organisation_id, provider_id, location_id, person_id, public_key, requested_at, expires_at)
    select '00000000-0000-7000-8000-0000000000e1', '{B}', '{C}', '{P}', '{L}', id, decode(repeat('00', 32), 'hex'), now(), now()
    from people where email = 'jana@mittelfeld.example';
    insert into broker_words (id, booking_id, organisation_id, provider_id, location_id, person_id, said_at, word, reason)
    select gen_random_uuid(), '{B}', '{C}', '{P}', '{L}', id, now(), 'retry', 'weil' from people where email = 'paul@beispielland.example';
    insert into booking_tasks (id, booking_id, organisation_id, provider_id, step, title, hint, side, position, due_at, created_at)
    select gen_random_uuid(), '{B}', '{C}', '{P}', 'step-' || side, '', '', side, 1, now(), now()
    from unnest(array['provider', 'customer']) side;
    insert into booking_statements (id, booking_id, organisation_id, provider_id, what, effective_at, note, stated_by, stated_at)
    values ('00000000-0000-7000-8000-0000000000f1', '{B}', '{C}', '{P}', 'start', now(), '', '{P}', now());";

const WORD: &str = "insert into broker_words (id, booking_id, organisation_id, provider_id, location_id, person_id, said_at, word,
        reason, heard_at)
    select gen_random_uuid(), booking_id, organisation_id, provider_id, location_id, person_id, now(), 'delete', 'weil', now()
    from broker_words";

const EVENT: &str = "insert into booking_events (id, booking_id, organisation_id, provider_id, happened_at, recorded_at, name, detail)
    values (gen_random_uuid(), '{B}', '{C}', '{P}', now(), now(), 'NAME', '{}')";
const REVEAL: &str = "insert into reveals (id, booking_id, organisation_id, provider_id, location_id, person_id, public_key,
        requested_at, expires_at)
    select gen_random_uuid(), booking_id, organisation_id, provider_id, location_id, person_id, public_key, now(), now() from reveals";
const OBSERVATION: &str =
    "insert into booking_observations (booking_id, organisation_id, provider_id, generation, conditions,
        endpoints, observed_at) values ('{B}', '{C}', '{P}', 2, '[]', '[]', now())
    on conflict (booking_id) do update set generation = excluded.generation";
const BOOKING: &str = "insert into bookings (id, number, organisation_id, provider_id, location_id, offering_id, version_id, plan_id,
        kind, name, parameters, exposure, generation, revision, wanted, wished_start_at, created_at)
    select gen_random_uuid(), 'BU-2', organisation_id, provider_id, location_id, offering_id, version_id, plan_id, kind, name,
        parameters, exposure, 1, 2, wanted, now(), now() from bookings";
const TERMS: &str = "insert into booking_terms (booking_id, generation, organisation_id, provider_id, version_id, plan_id,
        parameters, agreed_at, counts_from)
    select id, 9, organisation_id, provider_id, version_id, plan_id, parameters, now(), 'agreement' from bookings";
const TASK: &str = "insert into booking_tasks (id, booking_id, organisation_id, provider_id, step, title, hint, side, position,
        created_at)
    values (gen_random_uuid(), '{B}', '{C}', '{P}', 'more', '', '', 'provider', 1, now())";
const STATEMENT: &str =
    "insert into booking_statements (id, booking_id, organisation_id, provider_id, what, effective_at, note,
        stated_by, stated_at, answer, answered_at)
    values (gen_random_uuid(), '{B}', '{C}', '{P}', 'end', now(), '', '{P}', now(), ANSWER)";
const USAGE: &str = "insert into usage_records (booking_id, meter, from_at, to_at, sequence, amount, content_hash, organisation_id,
        provider_id, received_at)
    values ('{B}', 'storage', '2026-11-24', '2026-11-25', 1, 1, decode(repeat('00', 32), 'hex'), '{C}', '{P}', now())";
const READING: &str = "insert into meter_readings (booking_id, meter, uid, epoch, read_at, value, content_hash, organisation_id,
        provider_id, received_at)
    values ('{B}', 'cases', 'u', 1, now(), 1, decode(repeat('00', 32), 'hex'), '{C}', '{P}', now())";
const CONFLICT: &str = "insert into usage_conflicts (id, booking_id, organisation_id, provider_id, record, content_hash, received_at)
    values (gen_random_uuid(), '{B}', '{C}', '{P}', '{}', decode(repeat('00', 32), 'hex'), now())";
const INVOICE: &str = "insert into invoices (id, number, provider_id, organisation_id, leitweg_id, document, period_from_at,
        period_to_at, vat_class, vat_rate, vat_reason, issued_at, issued_by, due_at, net, vat, gross, content, input_hash, xml)
    values (gen_random_uuid(), 'R-1', '{P}', '{C}', 'x', 'month', now(), now(), 'S', 19, '', now(), gen_random_uuid(), now(), 1, 0, 1,
        '{}', decode(repeat('00', 32), 'hex'), '')";

/// What a statement ends with: rows that it wrote, or whose wall refused it.
async fn outcome(conn: &mut AsyncPgConnection, organisation: &str, sql: &str) -> String {
    enter(conn, organisation).await;
    let done = sql_query(in_names(sql)).execute(conn).await;
    conn.batch_execute("rollback").await.unwrap();
    match done {
        Ok(rows) => rows.to_string(),
        Err(error) => {
            let text = error.to_string();
            let walls = ["row-level security", "permission denied", "changes only", "check constraint"];
            walls.into_iter().find(|wall| text.contains(wall)).map_or(text.clone(), ToOwned::to_owned)
        }
    }
}

fn in_names(sql: &str) -> String {
    sql.replace("{B}", "00000000-0000-7000-8000-0000000000b1")
        .replace("{C}", world::id::MITTELFELD)
        .replace("{P}", world::id::BEISPIELLAND)
        .replace("{L}", world::id::LOCATION)
}

/// Customer, provider and a stranger try every write of what two sides see, without any filter of a finder.
#[actix_web::test]
async fn of_what_both_sides_see_each_writes_only_what_is_its() {
    const ROWS: &str = "row-level security";
    const COLUMNS: &str = "changes only";
    const GRANTS: &str = "permission denied";
    let app = TestApp::start().await;
    app.owner_sql(&in_names(SHARED)).await.unwrap();
    let mut conn = app_role(&app).await;
    let event = |name: &str| EVENT.replace("NAME", name);
    // Statement, what it ends with for the customer, for the provider, for a stranger.
    let tries = [
        (
            "update bookings set wanted = 'absent', ends_at = now(), generation = 2, revision = 2".to_owned(),
            "1",
            COLUMNS,
            "0",
        ),
        ("update bookings set ends_at = now()".to_owned(), "1", COLUMNS, "0"),
        ("update bookings set generation = 9".to_owned(), "1", COLUMNS, "0"),
        ("update bookings set revision = 9".to_owned(), "1", "1", "0"),
        ("update bookings set name = 'fremd'".to_owned(), GRANTS, GRANTS, GRANTS),
        ("update bookings set organisation_id = provider_id".to_owned(), GRANTS, GRANTS, GRANTS),
        ("delete from bookings".to_owned(), GRANTS, GRANTS, GRANTS),
        ("update bookings set plan_id = plan_id, version_id = version_id".to_owned(), "1", "1", "0"),
        ("update bookings set parameters = '{\"storage_gib\": 1}'".to_owned(), "1", COLUMNS, "0"),
        ("update bookings set exposure = '{\"class\": \"internet\"}'".to_owned(), "1", COLUMNS, "0"),
        (TERMS.to_owned(), "1", ROWS, "0"),
        ("update booking_terms set agreed_at = now()".to_owned(), GRANTS, GRANTS, GRANTS),
        (BOOKING.to_owned(), "1", ROWS, "0"),
        ("update booking_observations set ready_at = now()".to_owned(), "0", "1", "0"),
        (OBSERVATION.to_owned(), ROWS, "1", ROWS),
        (event("ready"), ROWS, "1", ROWS),
        (event("gone"), ROWS, "1", ROWS),
        (event("end-ordered"), "1", ROWS, ROWS),
        (event("announced"), "1", ROWS, ROWS),
        (REVEAL.to_owned(), "1", ROWS, "0"),
        ("update reveals set sealed = 'x', answered_at = now()".to_owned(), COLUMNS, "1", "0"),
        ("update reveals set shown_at = now()".to_owned(), "1", COLUMNS, "0"),
        (
            "update reveals set public_key = decode(repeat('11', 32), 'hex')".to_owned(),
            GRANTS,
            GRANTS,
            GRANTS,
        ),
        ("update reveals set person_id = gen_random_uuid()".to_owned(), GRANTS, GRANTS, GRANTS),
        (WORD.to_owned(), "0", "1", "0"),
        ("update broker_words set heard_at = now()".to_owned(), "0", "1", "0"),
        ("update broker_words set reason = 'anders'".to_owned(), GRANTS, GRANTS, GRANTS),
        (TASK.to_owned(), "1", ROWS, ROWS),
        (
            "update booking_tasks set state = 'done', closed_at = now() where side = 'provider'".to_owned(),
            "0",
            "1",
            "0",
        ),
        (
            "update booking_tasks set state = 'done', closed_at = now() where side = 'customer'".to_owned(),
            "1",
            "0",
            "0",
        ),
        ("update booking_tasks set side = 'customer'".to_owned(), GRANTS, GRANTS, GRANTS),
        (STATEMENT.replace("ANSWER", "null, null"), ROWS, "1", ROWS),
        (STATEMENT.replace("ANSWER", "'confirmed', now()"), ROWS, ROWS, ROWS),
        ("update booking_statements set answer = 'confirmed', answered_at = now()".to_owned(), "1", "0", "0"),
        ("update booking_statements set effective_at = now()".to_owned(), GRANTS, GRANTS, GRANTS),
        (USAGE.to_owned(), ROWS, "1", ROWS),
        (READING.to_owned(), ROWS, "1", ROWS),
        (CONFLICT.to_owned(), ROWS, "1", ROWS),
        (INVOICE.to_owned(), ROWS, "1", ROWS),
        ("delete from reveals".to_owned(), GRANTS, GRANTS, GRANTS),
        ("delete from people".to_owned(), GRANTS, GRANTS, GRANTS),
    ];
    for (sql, customer, provider, stranger) in tries {
        for (who, organisation, expected) in [
            ("customer", world::id::MITTELFELD, customer),
            ("provider", world::id::BEISPIELLAND, provider),
            ("stranger", world::id::KLEINDORF, stranger),
        ] {
            assert_eq!(outcome(&mut conn, organisation, &sql).await, expected, "{who}: {sql}");
        }
    }
    // What was shown holds nothing sealed any more, and nothing is sealed that nobody answered.
    for sql in [
        "update reveals set sealed = 'x'",
        "update reveals set sealed = 'x', answered_at = now(), shown_at = now()",
    ] {
        let refused = app.owner_sql(sql).await.unwrap_err();
        assert!(refused.contains("check constraint"), "{refused}");
    }
}

/// The other wall: without policies and triggers, the use-cases still let neither side act for the other, even if somebody
/// gave its people every role.
#[actix_web::test]
async fn without_the_walls_of_the_database_use_cases_still_know_whose_booking_it_is() {
    use domain::policy::{Grant, OperatorIdentity, Role};
    use server::usecases::{Error, orders, reveals};
    let app = TestApp::start().await;
    app.owner_sql(&in_names(SHARED)).await.unwrap();
    app.owner_sql(
        "do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = 'public' loop
            execute format('alter table %I disable row level security', t.tablename);
            execute format('alter table %I disable trigger user', t.tablename); end loop; end $$",
    )
    .await
    .unwrap();
    let every_role: Vec<Grant> = Role::ALL.into_iter().map(|role| Grant { role, limit: None }).collect();
    let booking = domain::ids::BookingId(in_names("{B}").parse().unwrap());
    for email in ["paul@beispielland.example", "jana@kleindorf.example"] {
        let mut actor = app.actor(email).await;
        actor.grants.clone_from(&every_role);
        let wish = orders::Terminate { ends_on: None, justification: "fremd".into(), delete_at_once: true };
        let ended = orders::place_termination(&app.app, &actor, "key", booking, &wish).await;
        assert!(matches!(ended, Err(Error::NotFound)), "{email}");
        let asked = reveals::request(&app.app, &actor, booking, world::PASSWORD.to_owned()).await;
        assert!(matches!(asked, Err(Error::NotFound)), "{email}");
        let seen = reveals::look(&app.app, &actor, booking, None).await;
        assert!(matches!(seen, Err(Error::NotFound)), "{email}");
    }
    let display = domain::ids::RevealId("00000000-0000-7000-8000-0000000000e1".parse().unwrap());
    for provider in [world::id::MITTELFELD, world::id::MUSTERREGION] {
        let who = OperatorIdentity {
            location: domain::ids::LocationId(world::id::LOCATION.parse().unwrap()),
            provider: domain::ids::OrganisationId(provider.parse().unwrap()),
        };
        let said = contract::SealedReveal::Unavailable { code: "fremd".into() };
        assert!(
            matches!(reveals::answer(&app.app, &who, display, said).await, Err(Error::NotFound)),
            "{provider}"
        );
    }
}
