drop table charges, invoices, usage_conflicts, meter_readings, usage_records;
