-- What runs: wanted by the customer, seen by the operator. The phase is computed and never stored.
-- Customer and provider both see a booking; what only one of them may see stands in a table of its own.

-- Orders what operators pull. Whoever draws a number holds the advisory lock of the location until the end of the
-- transaction, so that numbers of one location become visible in their order.
create sequence booking_revisions;
grant usage on sequence booking_revisions to wolkenamt_app, wolkenamt_system;

create table bookings (
    id uuid primary key,
    number text not null,
    organisation_id uuid not null constraint bookings_organisation references organisations,
    provider_id uuid not null constraint bookings_provider references organisations,
    location_id uuid not null constraint bookings_location references locations,
    offering_id uuid not null constraint bookings_offering references offerings,
    version_id uuid not null constraint bookings_version references offering_versions,
    plan_id uuid not null constraint bookings_plan references plans,
    kind text not null,
    name text not null check (length(name) between 1 and 200),
    parameters jsonb not null,
    exposure jsonb not null,
    generation bigint not null check (generation > 0),
    revision bigint not null,
    wanted text not null check (wanted in ('present', 'absent')),
    power text not null default 'running' check (power in ('running', 'stopped')),
    wished_start_at timestamptz not null,
    ends_at timestamptz,
    created_at timestamptz not null,
    constraint bookings_number unique (organisation_id, number),
    constraint bookings_organisation_id unique (organisation_id, id),
    constraint bookings_provider_id unique (provider_id, id),
    constraint bookings_absent_ends check (wanted = 'present' or ends_at is not null)
);
create index bookings_organisation_created on bookings (organisation_id, created_at desc, id);
create index bookings_provider_created on bookings (provider_id, created_at desc, id);
create index bookings_location_revision on bookings (location_id, revision);
create index bookings_offering on bookings (offering_id);
create index bookings_version on bookings (version_id);
create index bookings_plan on bookings (plan_id);
-- The customer wants and ends; the operator only moves a booking to a new revision when it has gone.
call shared_table('bookings', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(organisation_id)',
    'in_scope(organisation_id) or in_scope(provider_id)');
call columns_by_side('bookings', 'generation,revision,wanted,power,ends_at', 'revision');

create table booking_customer_private (
    booking_id uuid primary key,
    organisation_id uuid not null,
    unit_id uuid not null,
    cost_centre text not null,
    account text not null,
    budget_line_id uuid,
    legal_basis_id uuid not null,
    order_id uuid not null,
    constraint booking_customer_private_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_customer_private_order foreign key (organisation_id, order_id) references orders (organisation_id, id)
);
create index booking_customer_private_order on booking_customer_private (organisation_id, order_id);
create index booking_customer_private_booking on booking_customer_private (organisation_id, booking_id);
call tenant_table('booking_customer_private', 'in_scope(organisation_id)');

create table booking_provider_private (
    booking_id uuid primary key,
    provider_id uuid not null,
    note text not null,
    constraint booking_provider_private_booking foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index booking_provider_private_booking on booking_provider_private (provider_id, booking_id);
call tenant_table('booking_provider_private', 'in_scope(provider_id)');

create table booking_observations (
    booking_id uuid primary key,
    organisation_id uuid not null,
    provider_id uuid not null,
    generation bigint not null,
    conditions jsonb not null,
    endpoints jsonb not null,
    ready_at timestamptz,
    gone_at timestamptz,
    observed_at timestamptz not null,
    constraint booking_observations_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_observations_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index booking_observations_organisation on booking_observations (organisation_id, booking_id);
create index booking_observations_provider on booking_observations (provider_id, booking_id);
call tenant_table('booking_observations', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');

-- The history of what was seen, one row for each change.
create table booking_events (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null,
    name text not null,
    detail jsonb not null,
    constraint booking_events_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_events_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index booking_events_booking on booking_events (organisation_id, booking_id, happened_at);
create index booking_events_provider on booking_events (provider_id, booking_id);
-- What an operator reports (`domain::agent`) only the provider says, everything else only the customer; neither writes
-- history in the name of the other.
create function reported_by_operators(event text) returns boolean
    language sql immutable
    as $$ select event in ('accepted', 'refused', 'ready', 'interrupted', 'blocked', 'deleting', 'gone') $$;
call shared_table('booking_events', 'in_scope(organisation_id) or in_scope(provider_id)',
    'case when reported_by_operators(name) then in_scope(provider_id) else in_scope(organisation_id) end', 'false');
call append_only('booking_events');

-- One display of access data. The marketplace makes a key pair for it and keeps the public half; the private half goes
-- into a cookie of the asking browser and passes through the memory of a replica twice: when it is made, and when the
-- cookie comes back to open what the operator sealed. Nothing that is stored here opens it. The sealed answer is wiped
-- when it was shown or has expired.
create table reveals (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    location_id uuid not null constraint reveals_location references locations,
    person_id uuid not null,
    public_key bytea not null check (octet_length(public_key) = 32),
    sealed bytea,
    requested_at timestamptz not null,
    expires_at timestamptz not null,
    answered_at timestamptz,
    shown_at timestamptz,
    constraint reveals_sealed_answered check (sealed is null or answered_at is not null),
    constraint reveals_shown_wiped check (sealed is null or shown_at is null),
    constraint reveals_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint reveals_provider foreign key (provider_id, booking_id) references bookings (provider_id, id),
    constraint reveals_person foreign key (organisation_id, person_id) references people (organisation_id, id)
);
create index reveals_booking on reveals (organisation_id, booking_id);
create index reveals_provider on reveals (provider_id, booking_id);
create index reveals_person on reveals (organisation_id, person_id);
create index reveals_open on reveals (location_id, requested_at) where answered_at is null;
-- The customer asks and is shown; the operator answers.
call shared_table('reveals', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(organisation_id)',
    'in_scope(organisation_id) or in_scope(provider_id)');
call columns_by_side('reveals', 'sealed,shown_at', 'sealed,answered_at');
