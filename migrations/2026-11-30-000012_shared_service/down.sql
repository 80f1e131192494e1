alter table offerings drop constraint offerings_kind_check;
alter table offerings add constraint offerings_kind_check
    check (kind in ('postgresql', 'application', 'virtual-machine', 'manual'));
