//! Traffic control against the running kernel: created, read back, changed and deleted, each in a network namespace of
//! its own. `ROUTE-OBJECTS.md` says what runs where.

mod common;
mod filters;
#[cfg(feature = "lab")]
mod lab_only;
mod qdiscs;
