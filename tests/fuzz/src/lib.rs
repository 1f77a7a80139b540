//! Fuzzing without a special toolchain: targets, mutations and a driver.
//!
//! Owns what is run and how inputs are made; see the README for the commands. Must not know
//! sockets: every target is a function of bytes alone.
#![forbid(unsafe_code)]

mod corpus;
mod driver;
mod mutate;
mod random;
pub mod targets;

pub use corpus::{Corpus, from_hex, to_hex};
pub use driver::{Failure, Run, run_input};
pub use random::Random;
