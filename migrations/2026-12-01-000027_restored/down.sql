alter table booking_observations drop column restored;
