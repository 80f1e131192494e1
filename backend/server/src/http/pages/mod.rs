//! Pages: form or address → one use-case → one view → one template.

pub mod account;
