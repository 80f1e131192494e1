alter table orders drop column replaces;
create or replace function reported_by_operators(event text) returns boolean
    language sql immutable
    as $$ select event in ('accepted', 'refused', 'ready', 'interrupted', 'blocked', 'deleting', 'gone') $$;
alter table booking_observations drop column effective_generation, drop column effective_at;
drop trigger refuse_foreign_columns on bookings;
call columns_by_side('bookings', 'generation,revision,wanted,power,ends_at', 'revision');
drop table booking_terms;
