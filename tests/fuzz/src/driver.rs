//! Runs a target over inputs until a count or a moment, and keeps the input that broke it.
//!
//! Must not know targets: it is given one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::mutate::mutate;
use crate::{Corpus, Random, to_hex};

/// A target, its inputs and their source of chance.
#[derive(Debug)]
pub struct Run<'a> {
    target: fn(&[u8]),
    corpus: &'a Corpus,
    random: Random,
}

/// An input that a target did not survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The input.
    pub input: Vec<u8>,
    /// What the panic said.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}\nwith this input:\n{}",
            self.message,
            to_hex(&self.input)
        )
    }
}

impl std::error::Error for Failure {}

impl<'a> Run<'a> {
    /// Prepares a run that depends on the seed alone.
    #[must_use]
    pub const fn new(target: fn(&[u8]), corpus: &'a Corpus, seed: u64) -> Self {
        Self {
            target,
            corpus,
            random: Random::new(seed),
        }
    }

    /// Tries every entry of the corpus as it is.
    ///
    /// # Errors
    ///
    /// The first that breaks the target.
    pub fn corpus(&self) -> Result<(), Failure> {
        let mut inputs = self.corpus.entries().iter();
        inputs.try_for_each(|(_, input)| run_input(self.target, input))
    }

    /// Tries so many made inputs.
    ///
    /// # Errors
    ///
    /// The first that breaks the target.
    pub fn count(&mut self, inputs: u64) -> Result<(), Failure> {
        (0..inputs).try_for_each(|_| {
            let input = self.input();
            run_input(self.target, &input)
        })
    }

    /// Tries made inputs until a moment, and says how many.
    ///
    /// # Errors
    ///
    /// The first that breaks the target.
    pub fn until(&mut self, end: Instant) -> Result<u64, Failure> {
        /// Inputs between two looks at the clock.
        const BLOCK: u64 = 256;
        let mut tried = 0;
        while Instant::now() < end {
            self.count(BLOCK)?;
            tried += BLOCK;
        }
        Ok(tried)
    }

    /// Makes an input: mostly a mutated entry of the corpus, sometimes random bytes.
    fn input(&mut self) -> Vec<u8> {
        let len = self.random.below(300);
        if self.random.below(8) == 0 {
            return self.random.bytes(len);
        }
        let entries = self.corpus.entries();
        let mut pick = || {
            self.random
                .choose(entries)
                .map(|(_, bytes)| bytes.as_slice())
        };
        let mut input = pick().unwrap_or_default().to_vec();
        let other = pick().unwrap_or_default();
        mutate(&mut input, other, &mut self.random);
        input
    }
}

/// Runs a target on one input.
///
/// # Errors
///
/// The input, if the target panics.
pub fn run_input(target: fn(&[u8]), input: &[u8]) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(|| target(input))).map_err(|panic| Failure {
        input: input.to_vec(),
        message: panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "a panic without a text".to_owned()),
    })
}
