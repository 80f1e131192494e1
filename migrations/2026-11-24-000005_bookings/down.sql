drop table reveals, booking_events, booking_observations, booking_provider_private, booking_customer_private, bookings;
drop function reported_by_operators(text);
drop sequence booking_revisions;
