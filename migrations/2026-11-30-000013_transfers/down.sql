alter table orders drop constraint orders_kind_check;
alter table orders add constraint orders_kind_check
    check (kind in ('create', 'change', 'stop', 'start', 'terminate', 'resume'));
alter table booking_customer_private drop column assignment;
drop table booking_assignments;
