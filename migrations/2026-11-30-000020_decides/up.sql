-- A provider may decide each order for a location by hand: nothing reaches the operator before. The decision is the task that
-- services of people have from the beginning, and either of them can be declined.
alter table locations add column decides_by_hand boolean not null default false;
alter table booking_tasks drop constraint booking_tasks_state_check;
alter table booking_tasks add constraint booking_tasks_state_check check (state in ('open', 'done', 'not-needed', 'declined'));
alter table booking_tasks drop constraint booking_tasks_reason;
alter table booking_tasks add constraint booking_tasks_reason
    check (state not in ('not-needed', 'declined') or length(reason) > 0);
create index booking_tasks_undecided on booking_tasks (booking_id) where step = 'accept' and state <> 'done';
