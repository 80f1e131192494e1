-- To which moments the data of a booking can go back, as its operator sees it.
alter table booking_observations add column recoverable jsonb;
