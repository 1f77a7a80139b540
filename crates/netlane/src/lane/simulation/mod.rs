//! The lane, its state machine and its credit in a simulated world: callers,
//! threads, the Connection and a kernel in memory act in an order that a seed
//! decides, and everything that can go wrong does. Whatever a caller is told is
//! held against what the kernel did.
//!
//! ```sh
//! cargo test -p netlane --lib simulation                     # a few thousand seeds
//! NETLANE_SEED=1234 cargo test -p netlane --lib simulation   # one of them again
//! NETLANE_SEEDS=1000000 cargo test --release -p netlane --lib simulation
//! ```
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests, outside of #[test]"
)]

mod audience;
mod callers;
mod climate;
mod judge;
mod socket;
mod system;
mod truth;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use netlane_proto::{Conversations, Profile};
use netlane_testkit::Random;

use super::{Lane, Sizes};
use audience::Audience;
use climate::Climate;
use judge::Seen;
use socket::SimulatedSocket;
use truth::{GROUP, PORT};
use world::World;

/// One run.
fn run(seed: u64, told: bool) -> Seen {
    let mut random = Random::new(seed);
    let climate = Climate::new(&mut random);
    let socket = Arc::new(SimulatedSocket::new(climate.receive_buffer));
    let profile = Profile::kernel(PORT);
    let sizes = Sizes {
        receive_buffer: climate.receive_buffer,
        frame: climate.frame,
        wipe: false,
    };
    let lane = Lane::new(Arc::clone(&socket), profile, sizes, true, Arc::default());
    // The numbers of requests are the seed's too.
    let first = u32::MAX - u32::try_from(random.below(100)).unwrap();
    lane.lock().conversations = Conversations::new(profile, first);
    let audience = Audience::new(climate.events);
    // Without requests nothing else comes.
    if let Some(listener) = audience.listener(!climate.requests) {
        socket.kernel().join(GROUP);
        lane.audience().unwrap().add(listener);
    }
    let world = Arc::new(World::new(lane, climate, audience, random, told));
    socket.world.get_or_init(|| Arc::downgrade(&world));
    // The Connection begins with a look.
    world.lane.signal.notify_one();
    while world.act() {}
    world.settle();
    world.check_end()
}

#[test]
fn whatever_happens_every_caller_is_told_the_truth() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(seed) = number("NETLANE_SEED") {
        run(seed, true);
        return;
    }
    let seeds = number("NETLANE_SEEDS").unwrap_or(SEEDS);
    let mut seen = Seen::default();
    for seed in 0..seeds {
        match catch_unwind(AssertUnwindSafe(|| run(seed, false))) {
            Ok(run) => seen.add(run),
            Err(_) => {
                eprintln!("this run again, by NETLANE_SEED={seed}:");
                run(seed, true);
                panic!("seed {seed} failed, and not again");
            }
        }
    }
    eprintln!("{seen:?}");
    // A longer run has seen more.
    if seeds >= SEEDS {
        seen.check_variety();
    }
}

/// Runs of the ordinary test.
const SEEDS: u64 = 2000;
