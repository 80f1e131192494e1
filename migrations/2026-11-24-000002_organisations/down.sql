drop table sign_in_failures, access_tokens, sessions, person_roles, people, units, organisations;
