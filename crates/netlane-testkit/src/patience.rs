//! How long a test waits before it says that something hangs. Owns the scale of such limits, which is
//! the machine's: under emulation everything takes many times as long. Must not know what is waited for.

use std::time::Duration;

/// `limit`, times the number in `NETLANE_TEST_PATIENCE` if there is one: for a machine that is known
/// to be slow, such as an emulated one.
///
/// ```
/// use std::time::Duration;
/// use netlane_testkit::patience;
///
/// assert!(patience(Duration::from_secs(20)) >= Duration::from_secs(20));
/// ```
///
/// # Panics
///
/// If `NETLANE_TEST_PATIENCE` is no whole number above 0: a limit that is not the one that was meant
/// would be noticed only when something hangs.
#[must_use]
pub fn patience(limit: Duration) -> Duration {
    let Ok(text) = std::env::var("NETLANE_TEST_PATIENCE") else {
        return limit;
    };
    let factor = text.parse::<u32>().ok().filter(|factor| *factor > 0);
    let factor = factor.unwrap_or_else(|| panic!("NETLANE_TEST_PATIENCE is no factor: {text:?}"));
    limit.saturating_mul(factor)
}
