drop table outbox, audit_entries, audit_heads;
