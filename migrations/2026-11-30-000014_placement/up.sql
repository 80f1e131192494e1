-- Where orders run, and why there.

-- What a provider states about a location: up to which need of protection (1 to 3 in each aim) it may be used, whose data
-- centre it stands in, and what evidence it has. A new statement replaces the one before; none is ever edited, because orders
-- were placed by it.
create table location_profiles (
    id uuid primary key,
    provider_id uuid not null,
    location_id uuid not null,
    confidentiality integer not null check (confidentiality between 1 and 3),
    integrity integer not null check (integrity between 1 and 3),
    availability integer not null check (availability between 1 and 3),
    data_centre_of uuid constraint location_profiles_data_centre_of references organisations,
    certificates jsonb not null,
    stated_by uuid,
    stated_at timestamptz not null,
    constraint location_profiles_location foreign key (provider_id, location_id) references locations (provider_id, id)
);
create index location_profiles_location on location_profiles (location_id, stated_at);
create index location_profiles_provider on location_profiles (provider_id, location_id);
create index location_profiles_data_centre_of on location_profiles (data_centre_of);
call tenant_table('location_profiles', 'true', 'in_scope(provider_id)');
call append_only('location_profiles');

-- What was demanded of the place, which location was chosen and why none of the others, as it was on that day.
create table order_placements (
    order_id uuid primary key,
    organisation_id uuid not null,
    record jsonb not null,
    placed_at timestamptz not null,
    constraint order_placements_order foreign key (organisation_id, order_id) references orders (organisation_id, id)
);
create index order_placements_order on order_placements (organisation_id, order_id);
call tenant_table('order_placements', 'in_scope(organisation_id)');
call append_only('order_placements');
