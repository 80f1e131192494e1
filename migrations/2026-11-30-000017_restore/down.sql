alter table orders drop constraint orders_kind_check;
alter table orders add constraint orders_kind_check
    check (kind in ('create', 'change', 'stop', 'start', 'terminate', 'resume', 'transfer'));
alter table orders drop column restore_at;
drop trigger refuse_foreign_columns on bookings;
call columns_by_side('bookings',
    'generation,revision,wanted,power,ends_at,deletes_at,version_id,plan_id,parameters,exposure', 'revision');
alter table bookings drop column restore;
