-- Whether bookings could be used, beside what was promised.

-- Time in which nothing was heard of a location: from its last word to the next one. Written when it is heard again.
create table location_silences (
    location_id uuid not null,
    provider_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    constraint location_silences_pkey primary key (location_id, starts_at),
    constraint location_silences_forward check (starts_at < ends_at),
    constraint location_silences_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create index location_silences_provider on location_silences (provider_id, location_id);
call tenant_table('location_silences', 'true', 'in_scope(provider_id)');
call append_only('location_silences');

-- Maintenance that a provider announces, shortens or withdraws. Each is a row of its own; the last one of a window counts.
create table maintenance_notices (
    id uuid primary key,
    window_id uuid not null,
    number integer not null check (number > 0),
    provider_id uuid not null,
    location_id uuid not null,
    what text not null check (what in ('announced', 'shortened', 'withdrawn')),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    reason text not null check (length(reason) between 1 and 500),
    said_by uuid,
    said_at timestamptz not null,
    constraint maintenance_notices_number unique (window_id, number),
    constraint maintenance_notices_first check ((what = 'announced') = (number = 1)),
    constraint maintenance_notices_forward check (starts_at < ends_at),
    constraint maintenance_notices_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create index maintenance_notices_provider on maintenance_notices (provider_id, location_id);
create index maintenance_notices_location on maintenance_notices (location_id, ends_at);
call tenant_table('maintenance_notices', 'true', 'in_scope(provider_id)');
call append_only('maintenance_notices');

-- Which customer was told about which notice; the key makes a second telling harmless.
create table maintenance_mails (
    notice_id uuid not null constraint maintenance_mails_notice references maintenance_notices,
    organisation_id uuid not null constraint maintenance_mails_organisation references organisations,
    told_at timestamptz not null,
    constraint maintenance_mails_pkey primary key (notice_id, organisation_id)
);
create index maintenance_mails_organisation on maintenance_mails (organisation_id);
call tenant_table('maintenance_mails', 'in_scope(organisation_id)');

-- What all bookings of an offering came to in a month that is over, for whoever compares.
create table offering_availability (
    offering_id uuid not null,
    provider_id uuid not null,
    month_from_at timestamptz not null,
    bookings integer not null check (bookings >= 0),
    available bigint not null check (available >= 0),
    interrupted bigint not null check (interrupted >= 0),
    maintenance bigint not null check (maintenance >= 0),
    unknown bigint not null check (unknown >= 0),
    not_counted bigint not null check (not_counted >= 0),
    measured_at timestamptz not null,
    constraint offering_availability_pkey primary key (offering_id, month_from_at),
    constraint offering_availability_offering foreign key (provider_id, offering_id) references offerings (provider_id, id)
);
create index offering_availability_provider on offering_availability (provider_id, offering_id);
call tenant_table('offering_availability', 'true', 'in_scope(provider_id)');
call append_only('offering_availability');
