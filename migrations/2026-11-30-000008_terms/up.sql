-- What was agreed about a booking over time: an agreement replaces the one before, and none is ever edited. The booking's
-- own row repeats the latest, because that is what the location is told.
create table booking_terms (
    booking_id uuid not null,
    generation bigint not null check (generation > 0),
    organisation_id uuid not null,
    provider_id uuid not null,
    version_id uuid not null constraint booking_terms_version references offering_versions,
    plan_id uuid not null constraint booking_terms_plan references plans,
    parameters jsonb not null,
    agreed_at timestamptz not null,
    counts_from text not null check (counts_from in ('agreement', 'effect')),
    constraint booking_terms_pkey primary key (booking_id, generation),
    constraint booking_terms_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_terms_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index booking_terms_organisation on booking_terms (organisation_id, booking_id);
create index booking_terms_provider on booking_terms (provider_id, booking_id);
create index booking_terms_version on booking_terms (version_id);
create index booking_terms_plan on booking_terms (plan_id);
insert into booking_terms
    select id, 1, organisation_id, provider_id, version_id, plan_id, parameters, created_at, 'agreement' from bookings;
call shared_table('booking_terms', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(organisation_id)', 'false');
call append_only('booking_terms');

-- The customer changes what is booked, too.
drop trigger refuse_foreign_columns on bookings;
call columns_by_side('bookings', 'generation,revision,wanted,power,ends_at,version_id,plan_id,parameters,exposure', 'revision');

-- Since when the location does what was wanted last.
alter table booking_observations add column effective_generation bigint, add column effective_at timestamptz,
    add constraint booking_observations_effective check ((effective_generation is null) = (effective_at is null));
create or replace function reported_by_operators(event text) returns boolean
    language sql immutable
    as $$ select event in ('accepted', 'refused', 'ready', 'interrupted', 'blocked', 'effective', 'deleting', 'gone') $$;

-- What an order that changes a booking replaces: generation, plan, parameters, net per month.
alter table orders add column replaces jsonb;
