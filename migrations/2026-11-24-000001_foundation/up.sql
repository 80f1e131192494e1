-- What every later migration uses: the tenant context and the two ways to protect a table.

-- The organisations in whose name the transaction runs. An unset context reads as null on a fresh connection and as the
-- empty string on a reused one; the cast refuses both, so a forgotten context is an error and never an empty answer.
create function in_scope(organisation uuid) returns boolean
    language sql stable
    as $$ select organisation = any (current_setting('app.organisation_ids')::uuid[]) $$;

-- Forces row-level security: the application role sees the rows for which `visible` holds and writes those for which
-- `writable` holds. The system role sees all rows, because sweeps and sign-in work across tenants.
create procedure tenant_table(name regclass, visible text, writable text default null)
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
    execute format('create policy app_select on %s for select to wolkenamt_app using (%s)', name, visible);
    execute format('create policy app_insert on %s for insert to wolkenamt_app with check (%s)', name, coalesce(writable, visible));
    execute format('create policy app_update on %s for update to wolkenamt_app using (%s) with check (%s)', name, coalesce(writable, visible), coalesce(writable, visible));
    execute format('create policy app_delete on %s for delete to wolkenamt_app using (%s)', name, coalesce(writable, visible));
    execute format('create policy system_all on %s to wolkenamt_system using (true) with check (true)', name);
    execute format('grant select, insert, update, delete on %s to wolkenamt_app, wolkenamt_system', name);
end $$;

create function refuse_change() returns trigger
    language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

-- What has left the house is never edited: neither by the programs (grants) nor by the owner (trigger).
create procedure append_only(name regclass)
    language plpgsql as $$
begin
    execute format('revoke update, delete, truncate on %s from wolkenamt_app, wolkenamt_system', name);
    execute format('create trigger refuse_change before update or delete on %s for each row execute function refuse_change()', name);
    execute format('create trigger refuse_truncate before truncate on %s for each statement execute function refuse_change()', name);
end $$;

grant usage on schema public to wolkenamt_app, wolkenamt_system;
