//! The ways to lose interest in a future. Owns nothing but that; must not know what the futures do.

use std::future::{Future, ready};
use std::panic;
use std::time::Duration;

use fastrand::Rng;
use tokio::{select, task, time};

use crate::stage::drop_after;

/// Drops a future at one of its await points, unless it is ready before.
///
/// # Panics
///
/// With the panic of the future.
pub async fn abandon<F>(future: F, random: &mut Rng) -> Option<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match random.u8(0..9) {
        0 => {
            drop(future);
            None
        }
        1 | 2 => drop_after(random.usize(1..8), future).await,
        3 => time::timeout(Duration::ZERO, future).await.ok(),
        4 => {
            let limit = Duration::from_micros(random.u64(0..3000));
            time::timeout(limit, future).await.ok()
        }
        5 => select! {
            biased;
            output = future => Some(output),
            () = ready(()) => None,
        },
        6 => select! {
            biased;
            () = turns(random.usize(0..5)) => None,
            output = future => Some(output),
        },
        7 => abort(future, random.usize(0..5)).await,
        _ => drop_elsewhere(future, random.usize(1..4)).await,
    }
}

/// Lets others have their turn so many times.
async fn turns(count: usize) {
    for _ in 0..count {
        task::yield_now().await;
    }
}

/// As a task of its own, which is aborted after so many turns of this one.
async fn abort<F>(future: F, after: usize) -> Option<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let task = tokio::spawn(future);
    turns(after).await;
    task.abort();
    match task.await {
        Ok(output) => Some(output),
        Err(error) if error.is_cancelled() => None,
        Err(error) => panic::resume_unwind(error.into_panic()),
    }
}

/// Polled by this thread, dropped by another.
async fn drop_elsewhere<F>(future: F, polls: usize) -> Option<F::Output>
where
    F: Future + Send + 'static,
{
    let mut future = Box::pin(future);
    let output = drop_after(polls, &mut future).await;
    task::spawn_blocking(move || drop(future))
        .await
        .expect("dropping panics nowhere");
    output
}
