alter table orders drop constraint orders_kind_check;
alter table orders add constraint orders_kind_check check (kind in ('create', 'change', 'stop', 'start', 'terminate'));
alter table orders drop column keep_days;
drop trigger refuse_foreign_columns on bookings;
call columns_by_side('bookings', 'generation,revision,wanted,power,ends_at,version_id,plan_id,parameters,exposure', 'revision');
alter table bookings drop column deletes_at;
