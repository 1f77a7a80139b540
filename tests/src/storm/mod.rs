//! Anything of a connection dropped anywhere, by the numbers of a seed, beside traffic that must
//! not notice. Shared by the test of cancellation and the soak; knows netlane by its public
//! interface alone.

mod healthy;
mod victims;
mod ways;

use fastrand::Rng;

pub use healthy::{Counts, Healthy};
pub use victims::Victims;
pub use ways::abandon;

/// How many of its futures a storm dropped unfinished, and how many came to their end first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Dropped before they were ready.
    pub dropped: u64,
    /// Ready, with the right answer.
    pub finished: u64,
}

/// Begins one thing after another and loses interest in each at some await point, until `goes_on`
/// says no.
///
/// # Panics
///
/// If something that came to its end has a wrong answer.
pub async fn rage(
    mut victims: Victims,
    mut random: Rng,
    mut goes_on: impl FnMut(Tally) -> bool,
) -> Tally {
    let mut tally = Tally::default();
    while goes_on(tally) {
        let victim = victims.any(&mut random);
        match abandon(victim, &mut random).await {
            Some(()) => tally.finished += 1,
            None => tally.dropped += 1,
        }
    }
    tally
}
