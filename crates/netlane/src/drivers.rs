//! Who drives a lane when no caller does: late answers, events, what a caller
//! left unfinished. Owns the watching of readiness, and the way of a driver to
//! the Connection, which runs it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;

use futures::task::AtomicWaker;
use netlane_sys::{Socket, Watch};

use crate::Error;
use crate::lane::{Lane, Transport};
use crate::pace::{self, Timed};

/// The driver of one lane.
pub(crate) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Drivers on their way to the Connection.
#[derive(Default)]
pub(crate) struct Drivers {
    waiting: Mutex<Vec<Driver>>,
    waker: AtomicWaker,
}

impl Drivers {
    /// Hands a driver to the Connection.
    pub(crate) fn add(&self, driver: impl Future<Output = ()> + Send + 'static) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::pin(driver));
        self.wake();
    }

    pub(crate) fn take(&self) -> Vec<Driver> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    pub(crate) fn register(&self, context: &Context<'_>) {
        self.waker.register(context.waker());
    }

    pub(crate) fn wake(&self) {
        self.waker.wake();
    }
}

impl std::fmt::Debug for Drivers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drivers").finish_non_exhaustive()
    }
}

/// A socket whose readiness can be waited for.
pub(crate) trait Watched: Transport {
    /// A registration with whoever tells of readiness; dropping it ends it.
    type Watch: Send + Sync;

    fn watch(socket: &Arc<Self>) -> io::Result<Self::Watch>;

    /// Waits until there may be something to receive, and clears that: what
    /// arrives from then on is a new event.
    fn ready(watch: &Self::Watch) -> impl Future<Output = io::Result<()>> + Send;
}

impl Watched for Socket {
    type Watch = Watch;

    fn watch(socket: &Arc<Self>) -> io::Result<Watch> {
        Watch::register(Arc::clone(socket))
    }

    async fn ready(watch: &Watch) -> io::Result<()> {
        watch.ready().await?.clear();
        Ok(())
    }
}

/// Drives a lane when it calls, and watches its socket for as long as only
/// readiness can tell what comes.
pub(crate) async fn attend<S: Watched>(lane: Arc<Lane<S>>) {
    loop {
        if !settle(&lane) {
            return;
        }
        if lane.arm() {
            if let Err(error) = watch(&lane).await {
                lane.end(Error::socket(error));
            }
        } else {
            lane.signal.notified().await;
            pace::rest().await;
        }
    }
}

/// Drives the lane once; says whether it goes on.
fn settle<S: Watched>(lane: &Lane<S>) -> bool {
    if lane.has_panicked() {
        lane.end(Error::panicked());
    }
    if lane.ended().is_some() {
        return false;
    }
    let timed = Timed::start();
    lane.drive_all();
    timed.stop();
    true
}

/// Reads the lane's socket whenever there is something, until that is not
/// needed any more. Left in epoll, every answer that its own caller reads would
/// wake this task for nothing.
async fn watch<S: Watched>(lane: &Lane<S>) -> io::Result<()> {
    let watch = S::watch(&lane.socket)?;
    // What arrived before the registration.
    lane.drive_all();
    while lane.arm() {
        tokio::select! {
            // Either way the lane is driven.
            biased;
            // Cleared before reading: what arrives from then on, or is left by
            // a reader that stops early, makes a new event or a signal.
            ready = S::ready(&watch) => ready?,
            () = lane.signal.notified() => {}
        }
        if !settle(lane) {
            return Ok(());
        }
        pace::rest().await;
    }
    Ok(())
}
