drop table order_placements, location_profiles;
