-- That a location is silent was told to people. One row each time; its id derives from location and day, so nobody is told
-- twice on one day.
create table silence_notices (
    id uuid primary key,
    location_id uuid not null,
    provider_id uuid not null,
    silent_since_at timestamptz not null,
    bookings bigint not null check (bookings > 0),
    mails integer not null check (mails >= 0),
    told_at timestamptz not null,
    constraint silence_notices_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create index silence_notices_location on silence_notices (location_id, told_at);
create index silence_notices_provider on silence_notices (provider_id, location_id);
call tenant_table('silence_notices', 'in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('silence_notices');
