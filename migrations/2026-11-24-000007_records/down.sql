drop table outbox, audit_checks, audit_entries, audit_heads;
