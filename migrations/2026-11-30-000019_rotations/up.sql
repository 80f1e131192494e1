-- Orders to make new access data: whoever needs them once more has the former ones taken away. Nothing here is secret.
create table access_rotations (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    location_id uuid not null constraint access_rotations_location references locations,
    person_id uuid not null,
    requested_at timestamptz not null,
    done_at timestamptz,
    failed_at timestamptz,
    -- Why there was nothing to change.
    code text,
    constraint access_rotations_once check (done_at is null or failed_at is null),
    constraint access_rotations_failed check ((failed_at is null) = (code is null)),
    constraint access_rotations_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint access_rotations_provider foreign key (provider_id, booking_id) references bookings (provider_id, id),
    constraint access_rotations_person foreign key (organisation_id, person_id) references people (organisation_id, id)
);
create unique index access_rotations_open on access_rotations (booking_id) where done_at is null and failed_at is null;
create index access_rotations_booking on access_rotations (organisation_id, booking_id, requested_at);
create index access_rotations_provider on access_rotations (provider_id, booking_id);
create index access_rotations_person on access_rotations (organisation_id, person_id);
create index access_rotations_location on access_rotations (location_id, requested_at)
    where done_at is null and failed_at is null;
-- The customer orders; the provider's side says what became of it.
call shared_table('access_rotations', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(organisation_id)',
    'in_scope(provider_id)');
revoke update on access_rotations from wolkenamt_app, wolkenamt_system;
grant update (done_at, failed_at, code) on access_rotations to wolkenamt_app, wolkenamt_system;
