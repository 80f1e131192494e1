create or replace function reported_by_operators(event text) returns boolean
    language sql immutable
    as $$ select event in ('accepted', 'refused', 'ready', 'interrupted', 'blocked', 'effective', 'deleting', 'gone') $$;
alter table booking_observations drop column repaired_at;
