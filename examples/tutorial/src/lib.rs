//! The tutorials' programs on netlane, against a kernel module of one's own or a program that stands in for
//! it: `docs/tutorial.md` walks through them.
//!
//! Owns what the programs share: their options, the small library of the command/reply tutorial, the
//! reading of text from payloads. Each program is a file of `src/bin`.

pub mod hello;
pub mod target;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use futures::StreamExt;
use netlane::{Inbound, Received};
use tokio::time::timeout;

/// How long the other side may take to say something.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A program's ending: an error with its causes on one line.
#[must_use]
pub fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The answer, which is the next that arrives.
///
/// # Errors
///
/// If none came in time, or the connection has ended.
pub async fn next(inbound: &mut Inbound) -> anyhow::Result<Received> {
    let received = timeout(PATIENCE, inbound.next()).await;
    let received = received.context("no answer came")?;
    Ok(received.context("the connection ended")??)
}

/// The text of a payload: up to its first NUL.
#[must_use]
pub fn text(payload: &[u8]) -> String {
    let end = payload.iter().position(|byte| *byte == 0);
    let text = payload.get(..end.unwrap_or(payload.len()));
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// The payload of a text: with its NUL, as C programs expect.
#[must_use]
pub fn payload(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

#[cfg(test)]
mod tests {
    use super::{payload, text};

    #[test]
    fn text_ends_at_nul_or_with_the_payload() {
        assert_eq!(text(b"hello\0\0\0"), "hello");
        assert_eq!(text(b"hello"), "hello");
        assert_eq!(text(&payload("")), "");
    }
}
