//! Documents and values as bytes for the world outside.
//!
//! Owns: file formats. Each format is a pure function from values to bytes: the same value gives the same bytes, always.
//! Does not own: what the values are, where the bytes go, and anything that is shown on a page.

pub mod csv;
pub mod german;
pub mod online_service;
mod xml;
pub mod xrechnung;
