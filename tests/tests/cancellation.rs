//! Any future and any stream dropped at any await point, thousands of times, by the numbers of a
//! seed, among healthy traffic that must not notice; and what is left of them afterwards: nothing.
//!
//! A failing run prints its seed; `NETLANE_SEED=... cargo test -p netlane-tests --test cancellation`
//! makes the same choices again.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use futures::StreamExt;
use futures::future::join_all;
use netlane::{Answer, Builder, Error, Handle, Lanes, Offload, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    add_address, address, delete_address, delete_link, get_addresses, new_veth,
};
use netlane_tests::sockets;
use netlane_tests::stage::{current_thread, drop_after, multi_thread, play, play_on, until};
use netlane_tests::storm::{Healthy, Tally, Victims, abandon, rage};
use tokio::runtime::Runtime;

/// Storms at once, and what each drops.
const STORMS: u32 = 8;
const DROPS: u64 = 150;

/// Descriptors are counted for the whole process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says how to see a failure again.
struct Seed(u64);

impl Seed {
    fn choose() -> Self {
        let given = env::var("NETLANE_SEED").ok();
        let given = given.map(|seed| seed.parse().expect("NETLANE_SEED is a number"));
        Self(given.unwrap_or_else(|| fastrand::u64(..)))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("failed with NETLANE_SEED={}", self.0);
        }
    }
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A storm beside healthy traffic, and the balance of what is left. Fails when a dropped request
/// keeps its conversation (`Drop` of `Exchange`), a dropped dump its socket or its turn (`give_up`),
/// a dropped subscription its membership (`Drop` of `Place`), a fence its number (`Drop` of `Fence`).
fn weather(runtime: &Runtime, builder: impl FnOnce() -> Builder) {
    let seed = Seed::choose();
    let before = descriptors();
    play_on(runtime, async {
        let handle = builder().spawn().unwrap();
        let healthy = Healthy::start(&handle).await;
        let storms = (0..STORMS).map(|number| {
            let goes_on = |tally: Tally| tally.dropped < DROPS;
            let random = Rng::with_seed(seed.0.wrapping_add(u64::from(number)));
            tokio::spawn(rage(Victims::new(handle.clone(), number), random, goes_on))
        });
        for storm in join_all(storms).await {
            let tally = storm.unwrap();
            assert!(tally.finished > 0, "{tally:?}");
        }
        let counts = healthy.stop().await;
        assert!(counts.requests > 0 && counts.batches > 0, "{counts:?}");
        assert!(counts.dumps > 0 && counts.events > 0, "{counts:?}");
        nothing_is_left(handle).await;
    });
    assert_eq!(descriptors(), before, "descriptors are left open");
}

async fn nothing_is_left(handle: Handle) {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    until("nothing is pending", || handle.pending() == 0).await;
    until("no membership and no dump is left", || {
        let open = sockets::open();
        open.iter()
            .all(|socket| socket.groups == 0 && !socket.dumping)
    })
    .await;
    until("the Connection is the only task", || tasks() == 1).await;
    let seen = handle.statistics();
    assert_eq!((seen.lost, seen.timed_out, seen.truncated), (0, 0, 0));
    assert_eq!((seen.stray, seen.foreign, seen.malformed), (0, 0, 0));
    handle.ping().await.unwrap();
    drop(handle);
    until("no socket is left", || sockets::open().is_empty()).await;
    until("no task is left", || tasks() == 0).await;
}

#[test]
fn a_storm_on_one_thread_leaves_nothing_and_disturbs_nobody() {
    let _alone = alone();
    in_namespace(|| weather(&current_thread(), || Builder::new(Protocol::ROUTE)));
}

#[test]
fn a_storm_on_many_threads_leaves_nothing_and_disturbs_nobody() {
    let _alone = alone();
    in_namespace(|| weather(&multi_thread(3), || Builder::new(Protocol::ROUTE)));
}

#[test]
fn a_storm_on_one_socket_leaves_nothing_and_disturbs_nobody() {
    let _alone = alone();
    in_namespace(|| {
        weather(&multi_thread(2), || {
            let builder = Builder::new(Protocol::ROUTE).lanes(Lanes::Single);
            // Events and answers share a queue here, so it must hold both.
            builder.receive_buffer(4 << 20)
        });
    });
}

/// Fails when a request steps aside after its answer was read, instead of before it is sent
/// (`Exchange::start`): a timeout or a `select!` would then withhold an outcome that is known.
#[test]
fn a_known_outcome_is_never_withheld_from_who_asks_once_more() {
    let _alone = alone();
    in_namespace(|| {
        let seed = Seed::choose();
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let mut random = Rng::with_seed(seed.0);
            let mut told = 0;
            for number in 0..4000 {
                let message = match number % 2 {
                    0 => add_address(address(1)),
                    _ => delete_address(address(1)),
                };
                let limit = Duration::from_micros(random.u64(0..200));
                let outcome = tokio::time::timeout(limit, handle.request(message).quick());
                told += u64::from(outcome.await.is_ok());
                let asked = handle.request(add_address(address(2))).quick();
                tokio::select! {
                    biased;
                    _ = asked => told += 1,
                    () = std::future::ready(()) => {}
                }
            }
            // Nobody else asks, so what the kernel answered was told, and the rest was never sent.
            let seen = handle.statistics();
            assert_eq!(seen.answered + seen.refused, told, "{seen:?}");
            assert_eq!(seen.sent, told, "{seen:?}");
            assert_eq!(seen.cancelled, 8000 - told, "{seen:?}");
            assert!(told > 0 && handle.pending() == 0);
        });
    });
}

/// Fails when a request that is dropped in the outbox stays there (`State::cancel`).
#[test]
fn what_waits_in_the_outbox_and_is_dropped_is_never_sent() {
    let _alone = alone();
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let mut told = 0;
            // Nobody has a turn meanwhile: after this thread's budget is spent, all are published.
            for number in 0..5000 {
                let request = handle.request(add_address(address(number)));
                told += usize::from(drop_after(1, request).await.is_some());
            }
            assert!(told < 5000, "none was in the outbox");
            handle.ping().await.unwrap();
            let there = handle.dump(get_addresses()).count().await;
            assert_eq!(there, told);
            assert_eq!(handle.pending(), 0);
        });
    });
}

/// Fails when a request that is dropped while it waits for a thread of the connection's own is sent
/// all the same (`State::launch`).
#[test]
fn what_waits_for_a_thread_and_is_dropped_is_never_sent() {
    let _alone = alone();
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).offload_threads(1);
            let handle = builder.spawn().unwrap();
            for pair in 0..8 {
                let name = format!("v{pair}");
                let veth = new_veth(&name, &format!("{name}p"));
                handle.request(veth).await.unwrap();
            }
            // The only thread has these to do, one after another, each of them sleeping.
            let deletes =
                (0..8).map(|pair| handle.request(delete_link(&format!("v{pair}"))).slow());
            let mut deletes = Box::pin(join_all(deletes));
            assert!(futures::poll!(&mut deletes).is_pending());
            let (mut dropped, mut deleted) = (0, None);
            while dropped < 200 && deleted.is_none() {
                let request = handle.request(add_address(address(dropped))).slow();
                drop_after(1, request).await;
                match futures::poll!(&mut deletes) {
                    Poll::Pending => dropped += 1,
                    // The thread may have been free for this one, and only for this one.
                    Poll::Ready(outcomes) => deleted = Some(outcomes),
                }
            }
            assert!(dropped > 0);
            let free = usize::from(deleted.is_some());
            let deleted = match deleted {
                Some(outcomes) => outcomes,
                None => deletes.await,
            };
            for outcome in deleted {
                outcome.unwrap();
            }
            handle.ping().await.unwrap();
            assert!(handle.dump(get_addresses()).count().await <= free);
            assert!(handle.statistics().cancelled >= u64::from(dropped));
            assert_eq!(handle.pending(), 0);
        });
    });
}

/// Fails when the job of a dropped request does not find its conversation gone, or its answer is
/// taken for somebody else's (tombstones of `Conversations`).
#[test]
fn what_sleeps_in_the_kernel_and_is_dropped_is_swallowed_when_it_is_done() {
    let _alone = alone();
    in_namespace(|| {
        let seed = Seed::choose();
        play_on(&multi_thread(2), async {
            let builder = Builder::new(Protocol::ROUTE).offload(Offload::Always);
            let handle = builder.spawn().unwrap();
            let mut random = Rng::with_seed(seed.0);
            for pair in 0..40 {
                let name = format!("v{pair}");
                let veth = new_veth(&name, &format!("{name}p"));
                handle.request(veth).await.unwrap();
                let sent = handle.statistics().offloaded;
                let delete = {
                    let handle = handle.clone();
                    async move { handle.request(delete_link(&name)).await }
                };
                let delete = abandon(delete, &mut random).await;
                assert!(delete.is_none_or(|outcome: Result<Answer, Error>| outcome.is_ok()));
                assert!(handle.statistics().offloaded <= sent + 1);
                // On the same socket, whatever its thread does now.
                handle.ping().await.unwrap();
            }
            until("all are forgotten", || handle.pending() == 0).await;
            // An answer may be read by another before its own send has returned and was counted.
            until("what was sent was answered or swallowed", || {
                let seen = handle.statistics();
                seen.answered + seen.refused + seen.swallowed == seen.sent
            })
            .await;
            let seen = handle.statistics();
            assert_eq!((seen.lost, seen.stray), (0, 0), "{seen:?}");
        });
    });
}
