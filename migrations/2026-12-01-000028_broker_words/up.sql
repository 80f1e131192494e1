-- What the provider's people said about a trouble of a booking with its service broker. The customer does not read why.
create table broker_words (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    location_id uuid not null constraint broker_words_location references locations,
    person_id uuid not null,
    said_at timestamptz not null,
    word text not null check (word in ('retry', 'delete')),
    reason text not null check (length(reason) > 0),
    heard_at timestamptz,
    failed_at timestamptz,
    -- Why it was not heard.
    code text,
    constraint broker_words_once check (heard_at is null or failed_at is null),
    constraint broker_words_failed check ((failed_at is null) = (code is null)),
    constraint broker_words_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint broker_words_provider foreign key (provider_id, booking_id) references bookings (provider_id, id),
    constraint broker_words_person foreign key (provider_id, person_id) references people (organisation_id, id)
);
create unique index broker_words_open on broker_words (booking_id) where heard_at is null and failed_at is null;
create index broker_words_booking on broker_words (organisation_id, booking_id);
create index broker_words_provider on broker_words (provider_id, booking_id, said_at);
create index broker_words_person on broker_words (provider_id, person_id);
create index broker_words_location on broker_words (location_id, said_at) where heard_at is null;
call tenant_table('broker_words', 'in_scope(provider_id)');
revoke update on broker_words from wolkenamt_app, wolkenamt_system;
grant update (heard_at, failed_at, code) on broker_words to wolkenamt_app, wolkenamt_system;
