-- The last restore of a booking's data that was ordered: which state, from whose archive, and whether what it replaces is kept.
alter table bookings add column restore jsonb;
drop trigger refuse_foreign_columns on bookings;
call columns_by_side('bookings',
    'generation,revision,wanted,power,ends_at,deletes_at,version_id,plan_id,parameters,exposure,restore', 'revision');

-- An order that brings an earlier state back names its moment.
alter table orders add column restore_at timestamptz,
    add constraint orders_restore_at check ((restore_at is not null) = (kind = 'restore'));
alter table orders drop constraint orders_kind_check;
alter table orders add constraint orders_kind_check
    check (kind in ('create', 'change', 'stop', 'start', 'terminate', 'resume', 'transfer', 'restore'));
