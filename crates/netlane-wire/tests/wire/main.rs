//! netlane-wire against captured bytes, the C macros, broken input and random input.
//!
//! One binary; each module is one concern.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod arithmetic;
mod build;
#[cfg(target_endian = "little")]
mod captured;
#[cfg(target_endian = "little")]
mod captures;
mod control;
mod names;
mod properties;
mod views;
mod walk;
