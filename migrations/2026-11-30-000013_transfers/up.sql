-- To which unit, Kostenstelle, Sachkonto and Haushaltsansatz a booking belonged over time: an assignment counts from its
-- first instant until one that was agreed later begins, and none is ever edited. `booking_customer_private` repeats the one
-- that counts now. `order_id` agreed it; `paid_by` is the order whose commitment pays and whose number invoices print: another
-- one only where another Haushaltsansatz pays.
create table booking_assignments (
    booking_id uuid not null,
    position integer not null check (position > 0),
    organisation_id uuid not null,
    begins_at timestamptz not null,
    unit_id uuid not null,
    cost_centre text not null,
    account text not null,
    budget_line_id uuid,
    order_id uuid not null,
    paid_by uuid not null,
    agreed_at timestamptz not null,
    constraint booking_assignments_pkey primary key (booking_id, position),
    constraint booking_assignments_not_backdated check (position = 1 or begins_at >= date_trunc('second', agreed_at)),
    constraint booking_assignments_booking foreign key (organisation_id, booking_id) references bookings (organisation_id, id),
    constraint booking_assignments_unit foreign key (organisation_id, unit_id) references units (organisation_id, id),
    constraint booking_assignments_budget_line
        foreign key (organisation_id, budget_line_id) references budget_lines (organisation_id, id),
    constraint booking_assignments_order foreign key (organisation_id, order_id) references orders (organisation_id, id),
    constraint booking_assignments_paid_by foreign key (organisation_id, paid_by) references orders (organisation_id, id)
);
create index booking_assignments_booking on booking_assignments (organisation_id, booking_id);
create index booking_assignments_unit on booking_assignments (organisation_id, unit_id);
create index booking_assignments_budget_line on booking_assignments (organisation_id, budget_line_id);
create index booking_assignments_line on booking_assignments (budget_line_id);
create index booking_assignments_order on booking_assignments (organisation_id, order_id);
create index booking_assignments_paid_by on booking_assignments (organisation_id, paid_by);
-- What the sweep looks for.
create index booking_assignments_ahead on booking_assignments (begins_at) where position > 1;
insert into booking_assignments
    select p.booking_id, 1, p.organisation_id, b.created_at, p.unit_id, p.cost_centre, p.account, p.budget_line_id,
        p.order_id, p.order_id, b.created_at
    from booking_customer_private p join bookings b on b.id = p.booking_id;
call tenant_table('booking_assignments', 'in_scope(organisation_id)');
call append_only('booking_assignments');
-- Which of them the row repeats: its place in the order of agreement.
alter table booking_customer_private add column assignment integer not null default 1 check (assignment > 0);

alter table orders drop constraint orders_kind_check;
alter table orders add constraint orders_kind_check
    check (kind in ('create', 'change', 'stop', 'start', 'terminate', 'resume', 'transfer'));
