-- From the wish to the decision, with the money that it reserves. Nothing here is visible to a provider.

create table cost_centres (
    organisation_id uuid not null constraint cost_centres_organisation references organisations,
    code text not null,
    name text not null,
    unit_id uuid,
    constraint cost_centres_pkey primary key (organisation_id, code),
    constraint cost_centres_unit foreign key (organisation_id, unit_id) references units (organisation_id, id)
);
call tenant_table('cost_centres', 'in_scope(organisation_id)');

create table accounts (
    organisation_id uuid not null constraint accounts_organisation references organisations,
    code text not null,
    name text not null,
    constraint accounts_pkey primary key (organisation_id, code)
);
call tenant_table('accounts', 'in_scope(organisation_id)');

create table budget_lines (
    id uuid primary key,
    organisation_id uuid not null,
    unit_id uuid not null,
    year integer not null check (year between 2000 and 2999),
    code text not null,
    name text not null,
    amount numeric not null check (amount >= 0),
    spent numeric not null default 0 check (spent >= 0),
    created_at timestamptz not null,
    constraint budget_lines_code unique (organisation_id, year, code),
    constraint budget_lines_organisation_id unique (organisation_id, id),
    constraint budget_lines_unit foreign key (organisation_id, unit_id) references units (organisation_id, id)
);
create index budget_lines_unit on budget_lines (organisation_id, unit_id);
call tenant_table('budget_lines', 'in_scope(organisation_id)');

create table legal_bases (
    id uuid primary key,
    organisation_id uuid not null constraint legal_bases_organisation references organisations,
    provider_id uuid not null constraint legal_bases_provider references organisations,
    code text not null check (code in ('INHOUSE_108_1', 'INHOUSE_108_3', 'INHOUSE_108_4', 'KOOPERATION_108_6',
        'RAHMENVERTRAG', 'DIREKTAUFTRAG', 'VERGABE', 'GESETZLICHE_AUFGABE')),
    reference text not null,
    asserted_by text not null,
    valid_from timestamptz not null,
    valid_until timestamptz,
    created_at timestamptz not null,
    constraint legal_bases_organisation_id unique (organisation_id, id)
);
create index legal_bases_organisation on legal_bases (organisation_id, provider_id);
create index legal_bases_provider on legal_bases (provider_id);
call tenant_table('legal_bases', 'in_scope(organisation_id)');

-- What somebody typed and has not sent: kept, so that nothing is lost.
create table order_drafts (
    id uuid primary key,
    organisation_id uuid not null,
    person_id uuid not null,
    asked_by uuid, -- the colleague without the role who asked for this order
    version_id uuid not null constraint order_drafts_version references offering_versions,
    plan_id uuid not null constraint order_drafts_plan references plans,
    form jsonb not null,
    idempotency_key text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint order_drafts_once unique (organisation_id, person_id, idempotency_key),
    constraint order_drafts_person foreign key (organisation_id, person_id) references people (organisation_id, id),
    constraint order_drafts_asked_by foreign key (organisation_id, asked_by) references people (organisation_id, id)
);
create index order_drafts_asked_by on order_drafts (organisation_id, asked_by);
create index order_drafts_person on order_drafts (organisation_id, person_id);
create index order_drafts_version on order_drafts (version_id);
create index order_drafts_plan on order_drafts (plan_id);
call tenant_table('order_drafts', 'in_scope(organisation_id)');
grant delete on order_drafts to wolkenamt_app;

create table orders (
    id uuid primary key,
    organisation_id uuid not null constraint orders_organisation references organisations,
    number text not null,
    kind text not null check (kind in ('create', 'change', 'stop', 'start', 'terminate')),
    name text not null check (length(name) between 1 and 200),
    booking_id uuid not null,
    provider_id uuid not null constraint orders_provider references organisations,
    version_id uuid not null constraint orders_version references offering_versions,
    plan_id uuid not null constraint orders_plan references plans,
    location_id uuid not null constraint orders_location references locations,
    parameters jsonb not null,
    answers jsonb not null,
    unit_id uuid not null,
    cost_centre text not null,
    account text not null,
    budget_line_id uuid,
    legal_basis_id uuid not null,
    wished_at timestamptz not null,
    justification text not null,
    monthly_amount numeric not null check (monthly_amount >= 0),
    committed_amount numeric not null check (committed_amount >= 0),
    estimate jsonb not null,
    requested_by uuid not null,
    requested_at timestamptz not null,
    decide_by timestamptz not null,
    idempotency_key text not null,
    request_hash bytea not null,
    constraint orders_number unique (organisation_id, number),
    constraint orders_idempotency_key unique (organisation_id, idempotency_key),
    constraint orders_organisation_id unique (organisation_id, id),
    constraint orders_requested_by foreign key (organisation_id, requested_by) references people (organisation_id, id),
    constraint orders_unit foreign key (organisation_id, unit_id) references units (organisation_id, id),
    constraint orders_budget_line foreign key (organisation_id, budget_line_id) references budget_lines (organisation_id, id),
    constraint orders_legal_basis foreign key (organisation_id, legal_basis_id) references legal_bases (organisation_id, id)
);
create index orders_requested on orders (organisation_id, requested_at desc, id);
create index orders_booking on orders (organisation_id, booking_id);
create index orders_provider on orders (provider_id);
create index orders_version on orders (version_id);
create index orders_plan on orders (plan_id);
create index orders_location on orders (location_id);
call tenant_table('orders', 'in_scope(organisation_id)');
call append_only('orders');

-- One decision per order, whoever is first. The requester is repeated here so that the table itself refuses self-approval.
-- 'by-rule' is the decision about orders that need nobody: they cost nothing more and lose nothing.
create table order_decisions (
    order_id uuid primary key,
    organisation_id uuid not null,
    decision text not null check (decision in ('approved', 'by-rule', 'rejected', 'withdrawn', 'expired')),
    requested_by uuid not null,
    decided_by uuid,
    reason text,
    decided_at timestamptz not null,
    constraint order_decisions_order foreign key (organisation_id, order_id) references orders (organisation_id, id),
    constraint order_decisions_decided_by foreign key (organisation_id, decided_by) references people (organisation_id, id),
    constraint order_decisions_four_eyes check (decision not in ('approved', 'rejected') or decided_by <> requested_by),
    constraint order_decisions_reason check (decision <> 'rejected' or length(reason) > 0)
);
create index order_decisions_organisation on order_decisions (organisation_id, order_id);
call tenant_table('order_decisions', 'in_scope(organisation_id)');
call append_only('order_decisions');

create table commitments (
    id uuid primary key,
    organisation_id uuid not null,
    budget_line_id uuid not null,
    order_id uuid not null constraint commitments_order unique,
    amount numeric not null check (amount >= 0),
    reserved_at timestamptz not null,
    confirmed_at timestamptz,
    released_at timestamptz,
    constraint commitments_budget_line foreign key (organisation_id, budget_line_id) references budget_lines (organisation_id, id),
    constraint commitments_order_organisation foreign key (organisation_id, order_id) references orders (organisation_id, id),
    constraint commitments_one_end check (confirmed_at is null or released_at is null or confirmed_at <= released_at)
);
create index commitments_budget_line on commitments (organisation_id, budget_line_id);
call tenant_table('commitments', 'in_scope(organisation_id)');

create table number_series (
    organisation_id uuid not null constraint number_series_organisation references organisations,
    series text not null,
    year integer not null,
    last integer not null,
    constraint number_series_pkey primary key (organisation_id, series, year)
);
call tenant_table('number_series', 'in_scope(organisation_id)');
