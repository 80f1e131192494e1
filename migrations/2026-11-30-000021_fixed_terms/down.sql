alter table orders drop column ends_at;
