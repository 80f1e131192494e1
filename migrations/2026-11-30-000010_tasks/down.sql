drop table booking_statements, booking_tasks;
alter table bookings drop constraint bookings_location_kind;
alter table bookings alter column location_id set not null;
alter table reveals alter column location_id set not null;
alter table orders alter column location_id set not null;
alter table offerings drop constraint offerings_kind_check;
alter table offerings add constraint offerings_kind_check check (kind in ('postgresql', 'application'));
