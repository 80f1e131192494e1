drop procedure append_only(regclass);
drop function refuse_change();
drop procedure columns_by_side(regclass, text, text);
drop function refuse_foreign_columns();
drop procedure tenant_table(regclass, text, text);
drop procedure shared_table(regclass, text, text, text);
drop function in_scope(uuid);
revoke usage on schema public from wolkenamt_app, wolkenamt_system;
