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
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint access_tokens_person foreign key (organisation_id, person_id) references people (organisation_id, id)
);
create index access_tokens_person on access_tokens (organisation_id, person_id);
call tenant_table('access_tokens', 'in_scope(organisation_id)');

-- Failed sign-ins by hash of the address, to slow down guessing without keeping who tried what.
create table sign_in_failures (
    email_hash bytea not null,
    failed_at timestamptz not null,
    constraint sign_in_failures_pkey primary key (email_hash, failed_at)
);
alter table sign_in_failures enable row level security;
alter table sign_in_failures force row level security;
create policy system_all on sign_in_failures to wolkenamt_system using (true) with check (true);
grant select, insert, delete on sign_in_failures to wolkenamt_system;
