-- From the second to the invoice. Usage, charges and invoices are inserted once and never edited.

create table usage_records (
    booking_id uuid not null,
    meter text not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    sequence bigint not null,
    amount bigint not null check (amount >= 0),
    content_hash bytea not null check (octet_length(content_hash) = 32),
    organisation_id uuid not null,
    provider_id uuid not null,
    received_at timestamptz not null,
    constraint usage_records_pkey primary key (booking_id, meter, from_at),
    constraint usage_records_forward check (from_at < to_at)
);
call tenant_table('usage_records', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('usage_records');

-- What two foreign keys would check row by row, for a whole batch at once: that a record names a booking of these two
-- organisations. Row by row it would cost more than everything else of the ingest together; a batch names few bookings.
create function usage_belongs_to_its_booking() returns trigger
    language plpgsql as $$
begin
    if exists (
        select from (select distinct booking_id, organisation_id, provider_id from inserted) u
        where not exists (
            select from bookings b
            where b.id = u.booking_id and b.organisation_id = u.organisation_id and b.provider_id = u.provider_id
        )
    ) then
        raise exception 'usage of a booking that is not there'
            using errcode = 'foreign_key_violation', constraint = 'usage_records_booking';
    end if;
    return null;
end $$;
create trigger usage_records_booking after insert on usage_records referencing new table as inserted
    for each statement execute function usage_belongs_to_its_booking();

-- A counter of the service as it was read: the value grows within an epoch, the difference is made by the marketplace.
create table meter_readings (
    booking_id uuid not null,
    meter text not null,
    uid text not null,
    epoch bigint not null,
    read_at timestamptz not null,
    value bigint not null check (value >= 0),
    content_hash bytea not null check (octet_length(content_hash) = 32),
    organisation_id uuid not null,
    provider_id uuid not null,
    received_at timestamptz not null,
    constraint meter_readings_pkey primary key (booking_id, meter, uid, epoch, read_at),
    constraint meter_readings_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint meter_readings_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index meter_readings_organisation on meter_readings (organisation_id, booking_id);
create index meter_readings_provider on meter_readings (provider_id, booking_id);
call tenant_table('meter_readings', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('meter_readings');

-- Same identity, other content: kept beside the record that counts, and alarmed.
create table usage_conflicts (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    record jsonb not null,
    content_hash bytea not null,
    received_at timestamptz not null,
    constraint usage_conflicts_content unique (booking_id, content_hash),
    constraint usage_conflicts_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint usage_conflicts_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index usage_conflicts_organisation on usage_conflicts (organisation_id, booking_id);
create index usage_conflicts_provider on usage_conflicts (provider_id, booking_id);
call tenant_table('usage_conflicts', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('usage_conflicts');

create table invoices (
    id uuid primary key,
    number text not null,
    provider_id uuid not null constraint invoices_provider references organisations,
    organisation_id uuid not null constraint invoices_organisation references organisations,
    leitweg_id text not null,
    document text not null check (document in ('month', 'final', 'correction', 'credit')),
    booking_id uuid,
    -- The document that had the last word before this correction: each has one successor at most.
    follows_id uuid,
    period_from_at timestamptz not null,
    period_to_at timestamptz not null,
    vat_class text not null check (vat_class in ('S', 'O', 'E')),
    vat_rate numeric not null check ((vat_rate > 0) = (vat_class = 'S')),
    vat_reason text not null check ((vat_reason = '') = (vat_class = 'S')),
    issued_at timestamptz not null,
    issued_by uuid not null,
    due_at timestamptz not null,
    net numeric not null,
    vat numeric not null,
    gross numeric not null,
    content jsonb not null,
    input_hash bytea not null check (octet_length(input_hash) = 32),
    xml bytea not null,
    constraint invoices_number unique (provider_id, number),
    constraint invoices_once unique nulls not distinct (provider_id, organisation_id, leitweg_id, period_from_at, vat_class,
        vat_rate, vat_reason, document, booking_id, follows_id),
    constraint invoices_provider_id unique (provider_id, id),
    constraint invoices_successor unique (provider_id, follows_id),
    constraint invoices_follows foreign key (provider_id, follows_id) references invoices (provider_id, id),
    constraint invoices_final check ((document = 'final') = (booking_id is not null)),
    constraint invoices_correction check ((document in ('correction', 'credit')) = (follows_id is not null))
);
create index invoices_organisation on invoices (organisation_id, issued_at desc, id);
create index invoices_provider_issued on invoices (provider_id, issued_at desc, id);
call tenant_table('invoices', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('invoices');

create table charges (
    id uuid primary key,
    invoice_id uuid not null,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    component_id uuid not null constraint charges_component references components,
    price_id uuid not null constraint charges_price references prices,
    from_at timestamptz not null,
    to_at timestamptz not null,
    -- With the sign of what they change: what a credit gives back is negative here.
    quantity numeric not null,
    unit_price numeric not null,
    amount numeric not null,
    -- The invoice itself if it is a correction; it may take a line off that was charged before and charge it as it is right.
    correction_id uuid check (correction_id = invoice_id),
    taken_off boolean not null,
    content jsonb not null,
    constraint charges_once unique nulls not distinct
        (booking_id, component_id, price_id, from_at, correction_id, taken_off),
    constraint charges_taken_off check (not taken_off or correction_id is not null),
    constraint charges_invoice foreign key (provider_id, invoice_id) references invoices (provider_id, id),
    constraint charges_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id)
);
create index charges_invoice on charges (provider_id, invoice_id);
create index charges_booking on charges (organisation_id, booking_id);
create index charges_component on charges (component_id);
create index charges_price on charges (price_id);
call tenant_table('charges', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('charges');

-- A provider has invoiced the month of a customer, or found nothing to invoice. What comes in later becomes a correction.
create table month_closings (
    provider_id uuid not null constraint month_closings_provider references organisations,
    organisation_id uuid not null constraint month_closings_organisation references organisations,
    month_from_at timestamptz not null,
    closed_at timestamptz not null,
    closed_by uuid not null,
    constraint month_closings_pkey primary key (provider_id, organisation_id, month_from_at)
);
create index month_closings_organisation on month_closings (organisation_id, month_from_at);
call tenant_table('month_closings', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('month_closings');

-- A stretch of a meter that the provider gave up, because what was measured is missing or contradicts itself: never billed.
create table usage_waivers (
    id uuid primary key,
    booking_id uuid not null,
    meter text not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    reason text not null check (length(reason) between 1 and 500),
    waived_by uuid not null,
    waived_at timestamptz not null,
    content_hash bytea not null check (octet_length(content_hash) = 32),
    organisation_id uuid not null,
    provider_id uuid not null,
    constraint usage_waivers_once unique (booking_id, meter, from_at, to_at),
    constraint usage_waivers_forward check (from_at < to_at),
    constraint usage_waivers_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint usage_waivers_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index usage_waivers_organisation on usage_waivers (organisation_id, booking_id);
create index usage_waivers_provider on usage_waivers (provider_id, booking_id);
call tenant_table('usage_waivers', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(provider_id)');
call append_only('usage_waivers');
