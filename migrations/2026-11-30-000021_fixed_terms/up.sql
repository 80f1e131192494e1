-- When a booking shall end: said by the order that begins it for a fixed time, or by the one that puts its end off.
alter table orders add column ends_at timestamptz,
    add constraint orders_ends_after_start check (ends_at is null or ends_at > wished_at);
