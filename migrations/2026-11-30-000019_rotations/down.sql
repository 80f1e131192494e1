drop table access_rotations;
