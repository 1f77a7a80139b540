//! Where a test of the transport plays: a runtime of its own, with a limit that turns a hang into
//! a failure, and futures that are dropped at any poll. Knows nothing of netlink.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use netlane_testkit::patience;
use tokio::runtime::{Builder, Runtime};

/// After so long a test hangs; nothing here takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A runtime of one thread: nothing else runs while the body does not wait.
pub fn current_thread() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A runtime of some worker threads.
pub fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Runs a body on a runtime of one thread.
pub fn play<F: Future>(body: F) -> F::Output {
    play_on(&current_thread(), body)
}

/// Runs a body on a runtime, and panics if it hangs.
pub fn play_on<F: Future>(runtime: &Runtime, body: F) -> F::Output {
    runtime.block_on(within_patience(body))
}

/// Panics if the future hangs.
pub async fn within_patience<F: Future>(body: F) -> F::Output {
    tokio::time::timeout(patience(PATIENCE), body)
        .await
        .expect("the test hangs")
}

/// Polls a future `polls` times, letting others have their turn in between, and drops it unless it
/// is ready.
pub async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for poll in 0..polls {
        if poll > 0 {
            tokio::task::yield_now().await;
        }
        let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        if let Poll::Ready(output) = polled.await {
            return Some(output);
        }
    }
    None
}

/// Waits until something holds, looking again whenever others have had their turn.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(patience(PATIENCE) / 2, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waited.await.is_ok(), "never came true: {what}");
}
