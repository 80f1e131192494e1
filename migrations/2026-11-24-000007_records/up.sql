-- What is remembered (audit) and what is still to be done (outbox).

-- The last link of each organisation's chain. Its row lock is taken last in a transaction.
create table audit_heads (
    organisation_id uuid primary key constraint audit_heads_organisation references organisations,
    sequence bigint not null,
    hash bytea not null check (octet_length(hash) = 32)
);
call tenant_table('audit_heads', 'in_scope(organisation_id)');

create table audit_entries (
    organisation_id uuid not null constraint audit_entries_organisation references organisations,
    sequence bigint not null check (sequence > 0),
    happened_at timestamptz not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail jsonb not null,
    hash bytea not null check (octet_length(hash) = 32),
    constraint audit_entries_pkey primary key (organisation_id, sequence)
);
create index audit_entries_subject on audit_entries (organisation_id, subject);
call tenant_table('audit_entries', 'in_scope(organisation_id)');
call append_only('audit_entries');

-- How far a chain was walked, so that a look at it need not begin at the first entry. Only the sweep writes it, and once a
-- day it begins anew, so that a change of what was proven before is found too.
create table audit_checks (
    organisation_id uuid primary key constraint audit_checks_organisation references organisations,
    sequence bigint not null check (sequence >= 0),
    hash bytea not null check (octet_length(hash) = 32),
    begun_at timestamptz not null,
    checked_at timestamptz not null,
    broken_entry bigint
);
call tenant_table('audit_checks', 'in_scope(organisation_id)', 'false');

create table outbox (
    id uuid primary key,
    organisation_id uuid not null constraint outbox_organisation references organisations,
    recipient text not null,
    subject text not null,
    body text not null,
    created_at timestamptz not null,
    due_at timestamptz not null,
    attempts integer not null default 0,
    last_error text,
    delivered_at timestamptz,
    parked_at timestamptz
);
create index outbox_due on outbox (due_at) where delivered_at is null and parked_at is null;
create index outbox_organisation on outbox (organisation_id, created_at);
call tenant_table('outbox', 'in_scope(organisation_id)');
