drop table usage_waivers, month_closings, charges, invoices, usage_conflicts, meter_readings, usage_records;
drop function usage_belongs_to_its_booking();
