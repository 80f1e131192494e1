-- What a location and the marketplace do not agree about since one of them was restored to an earlier state. Reported by
-- operators, decided by people; nothing is acted upon before.
create table booking_differences (
    id uuid primary key,
    provider_id uuid not null,
    location_id uuid not null,
    -- The marketplace may have lost the booking, and with it the customer whom the location names.
    booking_id uuid not null,
    organisation_id uuid,
    kind text not null check (kind in ('unlisted', 'newer', 'lost')),
    desired jsonb,
    since_at timestamptz,
    gone_at timestamptz,
    first_at timestamptz not null,
    closed_at timestamptz,
    answer text check (answer in ('take-down', 'marketplace-counts', 'provision-anew')),
    reason text,
    answered_by uuid constraint booking_differences_answered_by references people,
    answered_at timestamptz,
    confirmed_by uuid constraint booking_differences_confirmed_by references people,
    confirmed_at timestamptz,
    constraint booking_differences_desired check (kind = 'lost' or desired is not null),
    constraint booking_differences_answered check ((answer is null) = (answered_at is null)
        and (answer is null) = (answered_by is null) and (answer is null or length(reason) > 0)),
    constraint booking_differences_four_eyes check (confirmed_by is null or confirmed_by <> answered_by),
    constraint booking_differences_confirmed check ((confirmed_by is null) = (confirmed_at is null)
        and (confirmed_by is null or answer = 'take-down')),
    constraint booking_differences_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create unique index booking_differences_open on booking_differences (location_id, booking_id) where closed_at is null;
create index booking_differences_location on booking_differences (provider_id, location_id, first_at);
create index booking_differences_organisation on booking_differences (organisation_id) where closed_at is null;
create index booking_differences_booking on booking_differences (booking_id) where closed_at is null;
create index booking_differences_answered_by on booking_differences (answered_by);
create index booking_differences_confirmed_by on booking_differences (confirmed_by);
-- Both sides read; what is reported and decided concerns both and the marketplace, so the product itself writes it.
call tenant_table('booking_differences', 'in_scope(provider_id) or in_scope(organisation_id)', 'false');
revoke insert, update on booking_differences from wolkenamt_app;
revoke update on booking_differences from wolkenamt_system;
grant update (kind, organisation_id, desired, since_at, gone_at, closed_at, answer, reason, answered_by, answered_at,
    confirmed_by, confirmed_at) on booking_differences to wolkenamt_system;
