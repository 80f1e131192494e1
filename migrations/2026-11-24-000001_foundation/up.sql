-- What every later migration uses: the tenant context and the two ways to protect a table.

-- The organisations in whose name the transaction runs. An unset context reads as null on a fresh connection and as the
-- empty string on a reused one; the cast refuses both, so a forgotten context is an error and never an empty answer.
create function in_scope(organisation uuid) returns boolean
    language sql stable
    as $$ select organisation = any (current_setting('app.organisation_ids')::uuid[]) $$;

-- Forces row-level security: the application role sees the rows for which `visible` holds, adds those for which `addable`
-- holds and changes those for which `changeable` holds. The system role sees all rows, because sweeps and sign-in work
-- across tenants. Nobody may delete before a table says so with a grant of its own.
--
-- `in_scope(column)` in a condition is written out as a subquery: the function would read and parse the setting once per
-- row, the subquery is evaluated once per statement.
create procedure shared_table(name regclass, visible text, addable text, changeable text)
    language plpgsql as $$
declare
    scope constant text := E'(\\1 = any ((select current_setting(\'app.organisation_ids\')::uuid[])::uuid[]))';
begin
    visible := regexp_replace(visible, 'in_scope\((\w+)\)', scope, 'g');
    addable := regexp_replace(addable, 'in_scope\((\w+)\)', scope, 'g');
    changeable := regexp_replace(changeable, 'in_scope\((\w+)\)', scope, 'g');
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
    execute format('create policy app_select on %s for select to wolkenamt_app using (%s)', name, visible);
    execute format('create policy app_insert on %s for insert to wolkenamt_app with check (%s)', name, addable);
    execute format('create policy app_update on %s for update to wolkenamt_app using (%s) with check (%s)', name, changeable, changeable);
    execute format('create policy app_delete on %s for delete to wolkenamt_app using (%s)', name, changeable);
    execute format('create policy system_all on %s to wolkenamt_system using (true) with check (true)', name);
    execute format('grant select, insert, update on %s to wolkenamt_app, wolkenamt_system', name);
end $$;

-- The same for a table that one side writes: whoever may add rows may change them.
create procedure tenant_table(name regclass, visible text, writable text default null)
    language plpgsql as $$
begin
    call shared_table(name, visible, coalesce(writable, visible), coalesce(writable, visible));
end $$;

-- Which side of a shared row changes which columns (TG_ARGV: the customer's, the provider's). Grants know roles and no
-- sides, and policies know rows and no columns, so a trigger has to say it.
create function refuse_foreign_columns() returns trigger
    language plpgsql as $$
declare
    own text[] := '{}';
begin
    if current_user <> 'wolkenamt_app' then
        return new; -- the system role acts for neither side; its grants name the columns
    end if;
    if in_scope(old.organisation_id) then
        own := own || string_to_array(tg_argv[0], ',');
    end if;
    if in_scope(old.provider_id) then
        own := own || string_to_array(tg_argv[1], ',');
    end if;
    if to_jsonb(new) - own is distinct from to_jsonb(old) - own then
        raise exception 'this side of % changes only: %', tg_table_name, own using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

-- Of a row that both sides see, the customer changes some columns and the provider others; the rest never changes.
create procedure columns_by_side(name regclass, customers text, providers text)
    language plpgsql as $$
declare
    changeable text := (select string_agg(distinct quote_ident(c), ', ') from unnest(string_to_array(customers || ',' || providers, ',')) c);
begin
    execute format('revoke update on %s from wolkenamt_app, wolkenamt_system', name);
    execute format('grant update (%s) on %s to wolkenamt_app, wolkenamt_system', changeable, name);
    execute format('create trigger refuse_foreign_columns before update on %s for each row execute function refuse_foreign_columns(%L, %L)',
        name, customers, providers);
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
