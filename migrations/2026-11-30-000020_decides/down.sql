drop index booking_tasks_undecided;
alter table booking_tasks drop constraint booking_tasks_reason;
alter table booking_tasks add constraint booking_tasks_reason check (state <> 'not-needed' or length(reason) > 0);
alter table booking_tasks drop constraint booking_tasks_state_check;
alter table booking_tasks add constraint booking_tasks_state_check check (state in ('open', 'done', 'not-needed'));
alter table locations drop column decides_by_hand;
