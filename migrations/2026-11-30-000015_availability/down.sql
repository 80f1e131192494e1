drop table offering_availability, maintenance_mails, maintenance_notices, location_silences;
