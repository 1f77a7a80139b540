//! What netlane's examples share: how a program ends, and one line of text for each kind of
//! object.
//!
//! Owns nothing that a user of netlane needs; must not hide how netlane is used.

pub mod lines;

use std::io::{self, Write};
use std::process::ExitCode;

/// Ends a program: success, or the error with its causes on one line of stderr.
///
/// That nobody reads on (`watch | head -1`) is no failure.
pub fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // When stderr is closed as well there is nobody left to tell.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// That of the crate's README too.
#[cfg(doctest)]
#[doc = include_str!("../../crates/netlane/README.md")]
struct CrateReadme;
