drop table attempts, known_devices, access_tokens, sessions, person_roles, people, units, organisations;
