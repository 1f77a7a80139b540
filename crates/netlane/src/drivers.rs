//! Who drives a lane when no caller does: late answers, events, what a caller
//! left unfinished. Owns the watching of readiness, and the way of a driver to
//! the Connection, which runs it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;

use futures::task::AtomicWaker;
use netlane_sys::Watch;

use crate::Error;
use crate::lane::Lane;
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

/// Drives a lane when it calls, and watches its socket for as long as only
/// readiness can tell what comes.
pub(crate) async fn attend(lane: Arc<Lane>) {
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
fn settle(lane: &Lane) -> bool {
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
async fn watch(lane: &Arc<Lane>) -> std::io::Result<()> {
    let watch = Watch::register(Arc::clone(&lane.socket))?;
    // What arrived before the registration.
    lane.drive_all();
    while lane.arm() {
        tokio::select! {
            // Cleared before reading: what arrives from then on, or is left by
            // a reader that stops early, makes a new event or a signal.
            readable = watch.ready() => readable?.clear(),
            () = lane.signal.notified() => {}
        }
        if !settle(lane) {
            return Ok(());
        }
        pace::rest().await;
    }
    Ok(())
}
