-- Which restore of a booking's data took over last, and since when. Told apart from what else is in effect: a restore that fails
-- holds back no other change.
alter table booking_observations add column restored jsonb;
