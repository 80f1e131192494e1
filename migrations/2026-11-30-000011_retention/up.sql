-- After the end a booking is stopped and its data are kept for a declared time; then they are deleted.
alter table bookings add column deletes_at timestamptz,
    add constraint bookings_deletes_after_end check (deletes_at is null or deletes_at >= ends_at);
drop trigger refuse_foreign_columns on bookings;
call columns_by_side('bookings',
    'generation,revision,wanted,power,ends_at,deletes_at,version_id,plan_id,parameters,exposure', 'revision');

-- How long an order that ends a booking keeps its data; and the order that brings such a booking back.
alter table orders add column keep_days integer constraint orders_keep_days check (keep_days between 0 and 365);
alter table orders drop constraint orders_kind_check;
alter table orders add constraint orders_kind_check
    check (kind in ('create', 'change', 'stop', 'start', 'terminate', 'resume'));
