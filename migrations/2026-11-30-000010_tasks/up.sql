-- Bookings that people of the provider fulfil: they run at no location. What an operator reports elsewhere, people state here
-- and the customer confirms.

alter table offerings drop constraint offerings_kind_check;
alter table offerings add constraint offerings_kind_check
    check (kind in ('postgresql', 'application', 'virtual-machine', 'manual'));

alter table orders alter column location_id drop not null;
alter table reveals alter column location_id drop not null;
alter table bookings alter column location_id drop not null;
alter table bookings add constraint bookings_location_kind check ((kind = 'manual') = (location_id is null));

-- What has to be done, by whom and until when. Rows are planned when a booking begins and when it ends; a task without a due
-- time waits for another one.
create table booking_tasks (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    step text not null check (step ~ '^[a-z0-9-]{1,40}$'),
    title text not null,
    hint text not null,
    side text not null check (side in ('provider', 'customer')),
    position integer not null,
    due_at timestamptz,
    state text not null default 'open' check (state in ('open', 'done', 'not-needed')),
    -- Why it is not needed, or why it has to be done once more.
    reason text,
    owner_id uuid,
    closed_by uuid,
    closed_at timestamptz,
    told_at timestamptz,
    reminded_at timestamptz,
    -- The display of access data that waits for it.
    reveal_id uuid constraint booking_tasks_reveal references reveals,
    created_at timestamptz not null,
    constraint booking_tasks_once unique nulls not distinct (booking_id, step, reveal_id),
    constraint booking_tasks_closed check ((state = 'open') = (closed_at is null)),
    constraint booking_tasks_reason check (state <> 'not-needed' or length(reason) > 0),
    constraint booking_tasks_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_tasks_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index booking_tasks_booking on booking_tasks (organisation_id, booking_id);
create index booking_tasks_provider on booking_tasks (provider_id, booking_id);
create index booking_tasks_reveal on booking_tasks (reveal_id);
create index booking_tasks_open on booking_tasks (due_at) where state = 'open';
-- The approval of the customer begins a booking and plans all of its tasks; each side closes its own.
call shared_table('booking_tasks', 'in_scope(organisation_id) or in_scope(provider_id)', 'in_scope(organisation_id)',
    'case when side = ''provider'' then in_scope(provider_id) else in_scope(organisation_id) end');
call columns_by_side('booking_tasks', 'due_at,state,reason,owner_id,closed_by,closed_at,told_at,reminded_at',
    'due_at,state,reason,owner_id,closed_by,closed_at,told_at,reminded_at');

-- From when, or until when, the provider says that a booking was there, and what the customer says to it. Money runs only
-- from a confirmed start.
create table booking_statements (
    id uuid primary key,
    booking_id uuid not null,
    organisation_id uuid not null,
    provider_id uuid not null,
    what text not null check (what in ('start', 'end')),
    effective_at timestamptz not null,
    note text not null,
    stated_by uuid not null,
    stated_at timestamptz not null,
    answer text check (answer in ('confirmed', 'objected')),
    reason text,
    answered_by uuid,
    answered_at timestamptz,
    constraint booking_statements_answered check ((answer is null) = (answered_at is null)),
    constraint booking_statements_objected check (answer is distinct from 'objected' or length(reason) > 0),
    constraint booking_statements_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_statements_provider foreign key (provider_id, booking_id) references bookings (provider_id, id)
);
create index booking_statements_booking on booking_statements (organisation_id, booking_id);
create index booking_statements_provider on booking_statements (provider_id, booking_id);
-- One that is open or confirmed; those that met an objection stay as history.
create unique index booking_statements_one on booking_statements (booking_id, what) where answer is distinct from 'objected';
-- The provider states, the customer answers; neither changes the words of the other.
call shared_table('booking_statements', 'in_scope(organisation_id) or in_scope(provider_id)',
    'in_scope(provider_id) and answer is null', 'in_scope(organisation_id)');
revoke update on booking_statements from wolkenamt_app, wolkenamt_system;
grant update (answer, reason, answered_by, answered_at) on booking_statements to wolkenamt_app;
