-- What somebody changed or deleted by hand at a location comes back, and the provider learns of it.
alter table booking_observations add column repaired_at timestamptz;
create or replace function reported_by_operators(event text) returns boolean
    language sql immutable
    as $$ select event in ('accepted', 'refused', 'ready', 'interrupted', 'blocked', 'effective', 'repaired', 'deleting', 'gone') $$;
