-- What is offered, where, and at which price. Readable by everybody who signed in; written by the provider.

create table locations (
    id uuid primary key,
    provider_id uuid not null constraint locations_provider references organisations,
    code text not null check (code ~ '^[a-z0-9-]{2,30}$'),
    name text not null,
    land text not null check (land ~ '^[0-9]{2}$'),
    created_at timestamptz not null,
    constraint locations_code unique (provider_id, code),
    constraint locations_provider_id unique (provider_id, id)
);
call tenant_table('locations', 'true', 'in_scope(provider_id)');

-- The operator of a location: how it proves who it is, and what it last said.
create table operators (
    location_id uuid primary key,
    provider_id uuid not null,
    -- Stays until it expires: whoever lost the answer asks again with the same key.
    enrolment_code_hash bytea,
    enrolment_expires_at timestamptz,
    enrolment_used_at timestamptz,
    public_key jsonb,
    former_key jsonb,
    former_key_ends_at timestamptz,
    enrolled_at timestamptz,
    revoked_at timestamptz,
    epoch bigint not null default 1,
    heartbeat jsonb,
    heartbeat_at timestamptz,
    watermark_at timestamptz,
    constraint operators_former_key check ((former_key is null) = (former_key_ends_at is null)),
    constraint operators_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create index operators_provider on operators (provider_id);
call tenant_table('operators', 'in_scope(provider_id)');

create table assertion_ids (
    location_id uuid not null constraint assertion_ids_location references locations,
    jti text not null,
    expires_at timestamptz not null,
    constraint assertion_ids_pkey primary key (location_id, jti)
);
alter table assertion_ids enable row level security;
alter table assertion_ids force row level security;
create policy system_all on assertion_ids to wolkenamt_system using (true) with check (true);
grant select, insert, delete on assertion_ids to wolkenamt_system;

create table offerings (
    id uuid primary key,
    provider_id uuid not null constraint offerings_provider references organisations,
    slug text not null,
    kind text not null check (kind in ('postgresql', 'application')),
    created_at timestamptz not null,
    withdrawn_at timestamptz,
    constraint offerings_slug unique (provider_id, slug),
    constraint offerings_provider_id unique (provider_id, id)
);
call tenant_table('offerings', 'true', 'in_scope(provider_id)');

create table offering_locations (
    provider_id uuid not null,
    offering_id uuid not null,
    location_id uuid not null,
    constraint offering_locations_pkey primary key (offering_id, location_id),
    constraint offering_locations_offering foreign key (provider_id, offering_id) references offerings (provider_id, id),
    constraint offering_locations_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create index offering_locations_location on offering_locations (provider_id, location_id);
create index offering_locations_offering on offering_locations (provider_id, offering_id);
call tenant_table('offering_locations', 'true', 'in_scope(provider_id)');

-- A published version is what the customer read on the day of the order; it is never edited.
create table offering_versions (
    id uuid primary key,
    provider_id uuid not null,
    offering_id uuid not null,
    number integer not null check (number > 0),
    title text not null,
    title_en text not null,
    summary text not null,
    description text not null,
    details jsonb not null,
    order_schema jsonb not null,
    published_at timestamptz not null,
    constraint offering_versions_number unique (offering_id, number),
    constraint offering_versions_provider_id unique (provider_id, id),
    constraint offering_versions_offering foreign key (provider_id, offering_id) references offerings (provider_id, id)
);
create index offering_versions_offering on offering_versions (provider_id, offering_id);
create index offering_versions_search on offering_versions
    using gin (to_tsvector('german', title || ' ' || summary || ' ' || description));
call tenant_table('offering_versions', 'true', 'in_scope(provider_id)');
call append_only('offering_versions');

create table plans (
    id uuid primary key,
    provider_id uuid not null,
    version_id uuid not null,
    code text not null,
    title text not null,
    position integer not null,
    settings jsonb not null,
    constraint plans_code unique (version_id, code),
    constraint plans_provider_id unique (provider_id, id),
    constraint plans_version foreign key (provider_id, version_id) references offering_versions (provider_id, id)
);
create index plans_version on plans (provider_id, version_id);
call tenant_table('plans', 'true', 'in_scope(provider_id)');
call append_only('plans');

create table components (
    id uuid primary key,
    provider_id uuid not null,
    plan_id uuid not null,
    code text not null,
    title text not null,
    position integer not null,
    meter text,
    model jsonb not null,
    constraint components_code unique (plan_id, code),
    constraint components_provider_id unique (provider_id, id),
    constraint components_plan foreign key (provider_id, plan_id) references plans (provider_id, id)
);
create index components_plan on components (provider_id, plan_id);
call tenant_table('components', 'true', 'in_scope(provider_id)');
call append_only('components');

create table prices (
    id uuid primary key,
    provider_id uuid not null,
    component_id uuid not null,
    amount numeric not null check (amount >= 0),
    valid_from timestamptz not null,
    constraint prices_valid_from unique (component_id, valid_from),
    constraint prices_component foreign key (provider_id, component_id) references components (provider_id, id)
);
create index prices_component on prices (provider_id, component_id);
call tenant_table('prices', 'true', 'in_scope(provider_id)');
call append_only('prices');

-- The recorded VAT decision of a provider: the product applies it and never decides itself.
create table vat_decisions (
    id uuid primary key,
    provider_id uuid not null constraint vat_decisions_provider references organisations,
    offering_id uuid,
    class text not null check (class in ('S', 'O', 'E')),
    rate numeric not null check (rate >= 0),
    reason_code text,
    reason text,
    evidence text not null,
    valid_from timestamptz not null,
    constraint vat_decisions_offering foreign key (provider_id, offering_id) references offerings (provider_id, id)
);
create index vat_decisions_provider on vat_decisions (provider_id, offering_id);
call tenant_table('vat_decisions', 'true', 'in_scope(provider_id)');
call append_only('vat_decisions');
