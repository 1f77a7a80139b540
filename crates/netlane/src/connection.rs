//! The connection: everything its handles share, and the task that drives what
//! no caller drives: late answers, events, what a caller left unfinished, and
//! the end. Owns the lives of the lanes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::AtomicWaker;
use netlane_proto::Profile;
use netlane_sys::{Address, Socket, Watch};
use tokio::runtime;

use crate::Error;
use crate::activity::Activities;
use crate::builder::Config;
use crate::dump::DumpPool;
use crate::events::EventLanes;
use crate::handle::{Alive, Handle};
use crate::lane::{Lane, Sizes};
use crate::operations::Operations;
use crate::pace::{self, Timed};
use crate::protocol::Lanes;
use crate::statistics::Counters;
use crate::workers::Workers;

/// What the handles of a connection share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) lane: Arc<Lane>,
    /// The request lane's port id.
    pub(crate) port: u32,
    pub(crate) dumps: DumpPool,
    pub(crate) events: EventLanes,
    pub(crate) operations: Operations,
    pub(crate) workers: Workers,
    pub(crate) counters: Arc<Counters>,
    pub(crate) drivers: Drivers,
    /// Why nothing new is accepted, once that is so.
    closed: OnceLock<Error>,
    /// Why nothing goes on, once that is so.
    ended: OnceLock<Error>,
    pub(crate) activities: Activities,
    /// The runtime that polls the Connection.
    runtime: OnceLock<runtime::Handle>,
    /// Every handle, dump, subscription and stream is gone.
    abandoned: AtomicBool,
}

impl Shared {
    pub(crate) fn new(
        config: Config,
        socket: Socket,
        profile: Profile,
        workers: Workers,
    ) -> Result<Arc<Self>, Error> {
        let counters = Arc::new(Counters::default());
        let receive_buffer = socket.receive_buffer()?;
        let sizes = Sizes {
            receive_buffer,
            frame: config.frame_size,
            wipe: config.wipe,
        };
        let envelope = config.lanes == Lanes::Single;
        let socket = Arc::new(socket);
        let send_buffer = socket.send_buffer()?;
        let lane = Lane::new(socket, profile, sizes, envelope, Arc::clone(&counters));
        lane.coalesce(
            config.requests_per_datagram(),
            // The kernel refuses a datagram above SO_SNDBUF less 32.
            send_buffer.saturating_sub(32),
        );
        Ok(Arc::new(Self {
            config,
            lane: Arc::new(lane),
            port: profile.port,
            dumps: DumpPool::default(),
            events: EventLanes::default(),
            operations: Operations::default(),
            workers,
            counters,
            drivers: Drivers::default(),
            closed: OnceLock::new(),
            ended: OnceLock::new(),
            activities: Activities::default(),
            runtime: OnceLock::new(),
            abandoned: AtomicBool::new(false),
        }))
    }

    /// Whether everything runs on one socket.
    pub(crate) fn is_single(&self) -> bool {
        self.config.lanes == Lanes::Single
    }

    /// The address for a request that names none: `None` where the socket is
    /// connected to the kernel.
    pub(crate) fn default_address(&self) -> Option<Address> {
        self.config.peers.then_some(self.config.peer)
    }

    /// The runtime that polls the Connection, if it was ever polled.
    pub(crate) fn runtime(&self) -> Option<runtime::Handle> {
        self.runtime.get().cloned()
    }

    /// The caller's runtime, or else the Connection's.
    pub(crate) fn runtime_here(&self) -> Option<runtime::Handle> {
        runtime::Handle::try_current()
            .ok()
            .or_else(|| self.runtime())
    }

    /// What a caller whose deadline passed should know.
    pub(crate) fn hint(&self) -> &'static str {
        match self.runtime.get() {
            Some(_) => "",
            None => "; the Connection was never polled: spawn it (tokio::spawn(connection))",
        }
    }

    /// An error if the connection has ended or is ending.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        self.closed.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// An error if the connection has ended: also what was begun must stop.
    pub(crate) fn check_alive(&self) -> Result<(), Error> {
        self.ended.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Nothing new is accepted from now on.
    pub(crate) fn refuse(&self, error: Error) {
        let _ = self.closed.set(error);
    }

    /// Waits until nothing is under way that was begun before.
    pub(crate) async fn idle(&self) {
        self.activities.idle().await;
        self.lane.idle().await;
    }

    /// Ends everything: every waiter gets `error`.
    pub(crate) fn end(&self, error: &Error) {
        self.refuse(error.clone());
        let _ = self.ended.set(error.clone());
        self.lane.end(error.clone());
        self.events.end(error);
        self.dumps.clear();
        self.workers.close();
        self.drivers.wake();
    }

    /// The last handle, dump or stream is gone.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.drivers.wake();
    }
}

/// The driver of last resort: a future to be spawned.
///
/// It reads what arrives when no caller is reading, delivers events, and
/// finishes what a caller has left. It is ready when the connection has ended:
/// after [`Handle::close`](crate::Handle::close), when the last handle, dump
/// and stream is gone, or when its socket has failed.
///
/// Requests whose answers are there when sendmsg returns work without it; all
/// others end at their deadline with an error that says so.
///
/// # Errors
///
/// What ended it, if that was not its users' wish.
///
/// # Cancel safety
///
/// Dropping it ends the connection: every waiter gets an error at once.
#[must_use = "spawn the Connection: it delivers events and late answers"]
pub struct Connection {
    shared: Arc<Shared>,
    running: FuturesUnordered<Driver>,
}

impl Connection {
    pub(crate) fn new(shared: Arc<Shared>) -> (Handle, Self) {
        shared.drivers.add(attend(Arc::clone(&shared.lane)));
        let keep = Arc::new(Alive {
            shared: Arc::clone(&shared),
        });
        (
            Handle::new(keep),
            Self {
                shared,
                running: FuturesUnordered::new(),
            },
        )
    }
}

impl Future for Connection {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.shared.runtime.get().is_none()
            && let Ok(runtime) = runtime::Handle::try_current()
        {
            let _ = this.shared.runtime.set(runtime);
        }
        this.shared.drivers.register(context);
        if this.shared.abandoned.load(Ordering::Acquire) {
            this.shared.end(&Error::closed());
        }
        loop {
            this.running.extend(this.shared.drivers.take());
            match this.running.poll_next_unpin(context) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) if this.shared.drivers.is_empty() => break,
                Poll::Ready(None) => {}
                Poll::Pending => {
                    // The request lane's end is the connection's.
                    match this.shared.lane.ended() {
                        Some(error) => this.shared.end(&error),
                        None => return Poll::Pending,
                    }
                    if this.running.is_empty() {
                        break;
                    }
                    return Poll::Pending;
                }
            }
        }
        let ended = this.shared.lane.ended().unwrap_or_else(Error::closed);
        this.shared.end(&ended);
        Poll::Ready(if ended.is_wish() { Ok(()) } else { Err(ended) })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.end(&Error::connection_dropped());
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("protocol", &self.shared.config.protocol)
            .field("port", &self.shared.port)
            .finish_non_exhaustive()
    }
}

/// The driver of one lane.
type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

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

    fn take(&self) -> Vec<Driver> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_empty(&self) -> bool {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    fn register(&self, context: &Context<'_>) {
        self.waker.register(context.waker());
    }

    fn wake(&self) {
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
