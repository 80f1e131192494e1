-- Who is there: organisations, their units, people, roles, and how they sign in.

create table organisations (
    id uuid primary key,
    kind text not null check (kind in ('authority', 'provider', 'marketplace')),
    name text not null,
    short_name text not null,
    slug text not null constraint organisations_slug unique check (slug ~ '^[a-z0-9-]{2,30}$'),
    ars text,
    ags text,
    leitweg_id text,
    street text not null,
    postcode text not null,
    city text not null,
    contact_name text not null,
    contact_phone text not null,
    contact_email text not null,
    vat_id text,
    tax_number text,
    iban text,
    invoice_prefix text,
    price_free boolean not null default false,
    created_at timestamptz not null
);
-- A directory: every signed-in person may read it, only the organisation itself changes its row.
call tenant_table('organisations', 'true', 'in_scope(id)');

create table units (
    id uuid primary key,
    organisation_id uuid not null constraint units_organisation references organisations,
    name text not null,
    created_at timestamptz not null,
    constraint units_organisation_id unique (organisation_id, id)
);
call tenant_table('units', 'in_scope(organisation_id)');

create table people (
    id uuid primary key,
    organisation_id uuid not null constraint people_organisation references organisations,
    unit_id uuid,
    name text not null,
    email text not null constraint people_email unique check (email = lower(email)),
    phone text,
    password_hash text not null,
    language text not null default 'de' check (language in ('de', 'en')),
    created_at timestamptz not null,
    disabled_at timestamptz,
    constraint people_organisation_id unique (organisation_id, id),
    constraint people_unit foreign key (organisation_id, unit_id) references units (organisation_id, id)
);
call tenant_table('people', 'in_scope(organisation_id)');

create table person_roles (
    organisation_id uuid not null,
    person_id uuid not null,
    role text not null check (role in ('orders', 'approves', 'budget', 'finance', 'it', 'audits',
        'lists', 'fulfils', 'platform', 'bills', 'admits', 'operates')),
    limit_amount numeric check (limit_amount >= 0),
    valid_from timestamptz not null,
    valid_to timestamptz,
    constraint person_roles_pkey primary key (person_id, role),
    constraint person_roles_person foreign key (organisation_id, person_id) references people (organisation_id, id),
    constraint person_roles_limit check ((role = 'approves') = (limit_amount is not null))
);
create index person_roles_organisation on person_roles (organisation_id, role);
call tenant_table('person_roles', 'in_scope(organisation_id)');

-- Who people are, what they may do and how they prove it is decided by the product in nobody's name: whoever broke into the
-- part that answers people could otherwise give themselves a role.
revoke insert, update, delete, truncate on organisations, units, people, person_roles from wolkenamt_app;

-- Only the hash of a session's key is kept, so that a copy of the table opens nothing.
create table sessions (
    key_hash bytea primary key check (octet_length(key_hash) = 32),
    id uuid not null constraint sessions_id unique,
    organisation_id uuid not null,
    person_id uuid not null,
    csrf_token text not null,
    user_agent text not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    constraint sessions_person foreign key (organisation_id, person_id) references people (organisation_id, id)
);
create index sessions_person on sessions (organisation_id, person_id);
call tenant_table('sessions', 'in_scope(organisation_id)');
grant delete on sessions to wolkenamt_app, wolkenamt_system;

create table access_tokens (
    id uuid primary key,
    organisation_id uuid not null,
    person_id uuid not null,
    name text not null,
    token_hash bytea not null constraint access_tokens_hash unique check (octet_length(token_hash) = 32),
    starts_with text not null,
    roles jsonb not null check (jsonb_typeof(roles) = 'array'),
    reads_only boolean not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint access_tokens_person foreign key (organisation_id, person_id) references people (organisation_id, id)
);
create index access_tokens_person on access_tokens (organisation_id, person_id);
call tenant_table('access_tokens', 'in_scope(organisation_id)');

-- Devices on which somebody has signed in before: foreign failures do not lock their owner out there.
create table known_devices (
    person_id uuid not null,
    device_hash bytea not null check (octet_length(device_hash) = 32),
    organisation_id uuid not null,
    used_at timestamptz not null,
    expires_at timestamptz not null,
    constraint known_devices_pkey primary key (person_id, device_hash),
    constraint known_devices_person foreign key (organisation_id, person_id) references people (organisation_id, id)
);
create index known_devices_person on known_devices (organisation_id, person_id);
create index known_devices_device on known_devices (device_hash);
call tenant_table('known_devices', 'in_scope(organisation_id)');

-- Nor may it sign anybody in: sessions, tokens and devices are made by the product in nobody's name, after a password was
-- proven. The account that answers people ends them.
revoke insert, update, truncate on sessions, known_devices, access_tokens from wolkenamt_app;
grant update (revoked_at) on access_tokens to wolkenamt_app;
grant delete on known_devices to wolkenamt_system;

-- Attempts at secrets, by the hash of what is tried and from where, so that the table tells nobody who tried what.
create table attempts (
    key_hash bytea primary key check (octet_length(key_hash) = 32),
    busy_until_at timestamptz not null
);
create index attempts_busy_until on attempts (busy_until_at);
alter table attempts enable row level security;
alter table attempts force row level security;
create policy system_all on attempts to wolkenamt_system using (true) with check (true);
grant select, insert, update, delete on attempts to wolkenamt_system;
