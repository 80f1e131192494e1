//! What cannot run in a test as it is: time, randomness, mail. PostgreSQL is no port; tests use a real one.

pub mod clock;
pub mod mailer;
pub mod secrets;
