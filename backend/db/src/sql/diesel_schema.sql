-- Prints `schema.rs` for the tables of this database, one line a row. The test `schema_is_current` compares it with the
-- file; `make schema` writes it.
with tables as (
    select c.oid, c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and c.relname not like '\_\_diesel%'
), keys as (
    select i.indrelid, string_agg(a.attname, ', ' order by array_position(i.indkey::int2[], a.attnum)) as columns
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indisprimary group by i.indrelid
), columns as (
    select t.oid, t.relname, a.attnum,
        '        ' || a.attname || ' -> ' || case when a.attnotnull then '%' else 'Nullable<%>' end || ',' as line,
        case format_type(a.atttypid, null)
            when 'uuid' then 'Uuid' when 'text' then 'Text' when 'timestamp with time zone' then 'Timestamptz'
            when 'boolean' then 'Bool' when 'numeric' then 'Numeric' when 'bigint' then 'BigInt'
            when 'integer' then 'Integer' when 'bytea' then 'Binary' when 'jsonb' then 'Jsonb'
            when 'date' then 'Date' else 'UnknownType_' || format_type(a.atttypid, null) end as rust
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
), lines as (
    select relname as a, 0 as b, 0 as c, 'diesel::table! {' as line from tables
    union all select relname, 1, 0, '    ' || relname || ' (' || k.columns || ') {' from tables t join keys k on k.indrelid = t.oid
    union all select relname, 2, attnum, replace(line, '%', rust) from columns
    union all select relname, 3, 0, '    }' from tables
    union all select relname, 4, 0, '}' from tables
    union all select relname, 5, 0, '' from tables
)
select line from lines order by a, b, c
