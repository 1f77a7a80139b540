//! Transcripts: what a lane is told, and what it says. Each test is a whole
//! story that depends on nothing but its own lines; what is tested is the
//! correlation of crates/netlane-proto/src, rule by rule.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests, outside of #[test]"
)]

mod cancelling;
mod dumps;
mod endings;
mod identity;
mod loss;
mod overruns;
mod stage;
mod truncation;
