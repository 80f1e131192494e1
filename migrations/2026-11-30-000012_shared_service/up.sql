-- One more kind can be offered. The list names every kind of this release, so that the order in which its migrations reach a
-- database does not matter.
alter table offerings drop constraint offerings_kind_check;
alter table offerings add constraint offerings_kind_check
    check (kind in ('postgresql', 'application', 'virtual-machine', 'manual', 'shared-service'));
