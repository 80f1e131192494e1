drop table booking_differences;
