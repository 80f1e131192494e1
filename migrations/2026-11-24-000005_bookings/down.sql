drop table reveals, booking_events, booking_observations, booking_provider_private, booking_customer_private, bookings;
drop sequence booking_revisions;
