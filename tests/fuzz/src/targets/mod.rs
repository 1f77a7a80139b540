//! The targets: functions of bytes that panic when netlane reads them wrongly.
//!
//! Each holds the crate against a second, naive reading of the same bytes.
#![allow(
    clippy::indexing_slicing,
    reason = "a panic is how a target reports, and the naive readings index like C does"
)]

mod attributes;
mod build;
mod codec;
mod control;
mod conversations;
mod dump;
mod extended_ack;
mod frames;
mod typed;

/// A target with its name.
pub type Named = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: &[Named] = &[
    ("frames", frames::target),
    ("attributes", attributes::target),
    ("control", control::target),
    ("extended_ack", extended_ack::target),
    ("codec", codec::target),
    ("build", build::target),
    ("conversations", conversations::target),
    ("dump", dump::target),
    ("typed", typed::target),
];

/// The target of that name.
#[must_use]
pub fn named(name: &str) -> Option<Named> {
    ALL.iter()
        .copied()
        .find(|(candidate, _)| *candidate == name)
}

/// The 32 bits at `at`, host order, as C would load them.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The 16 bits at `at`, host order, as C would load them.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

/// A length read from the wire, as an offset.
fn offset(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
