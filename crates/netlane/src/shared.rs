//! What the handles of a connection and its task share. Owns the order of the
//! end: first nothing new, then nothing at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use netlane_proto::Profile;
use netlane_sys::Socket;
use tokio::runtime;
use tokio::sync::Notify;

use crate::Error;
use crate::activity::Activities;
use crate::config::Config;
use crate::drivers::Drivers;
use crate::dump::{DumpPool, LONG_PART};
use crate::events::EventLanes;
use crate::lane::{Lane, Sizes};
use crate::operations::Operations;
use crate::pace::QUICK;
use crate::protocol::Lanes;
use crate::statistics::{Counters, Statistics};
use crate::workers::Workers;

/// What the handles of a connection share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) lane: Arc<Lane>,
    /// The request lane's port id.
    pub(crate) port: u32,
    /// The longest message in bytes: the kernel refuses a datagram above
    /// `SO_SNDBUF` less 32.
    pub(crate) longest: usize,
    pub(crate) dumps: DumpPool,
    pub(crate) events: EventLanes,
    pub(crate) operations: Operations,
    /// The same of dumps, by their longest part.
    pub(crate) dump_operations: Operations,
    pub(crate) workers: Workers,
    pub(crate) counters: Arc<Counters>,
    pub(crate) drivers: Drivers,
    /// Why nothing new is accepted, once that is so.
    closed: OnceLock<Error>,
    /// Why nothing goes on, once that is so.
    ended: OnceLock<Error>,
    /// Tells those who wait for that.
    over: Notify,
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
        let longest = socket.send_buffer()?.saturating_sub(32);
        let lane = Lane::new(socket, profile, sizes, envelope, Arc::clone(&counters));
        lane.coalesce(config.requests_per_datagram(), longest);
        Ok(Arc::new(Self {
            config,
            lane: Arc::new(lane),
            port: profile.port,
            longest,
            dumps: DumpPool::default(),
            events: EventLanes::default(),
            operations: Operations::within(QUICK),
            dump_operations: Operations::within(LONG_PART),
            workers,
            counters,
            drivers: Drivers::default(),
            closed: OnceLock::new(),
            ended: OnceLock::new(),
            over: Notify::new(),
            activities: Activities::default(),
            runtime: OnceLock::new(),
            abandoned: AtomicBool::new(false),
        }))
    }

    /// Whether everything runs on one socket.
    pub(crate) fn is_single(&self) -> bool {
        self.config.lanes == Lanes::Single
    }

    /// The runtime that polls the Connection, if it was ever polled.
    pub(crate) fn runtime(&self) -> Option<runtime::Handle> {
        self.runtime.get().cloned()
    }

    /// Whether the Connection was ever polled.
    pub(crate) fn is_attended(&self) -> bool {
        self.runtime.get().is_some()
    }

    /// The Connection is polled: where, is remembered from the first time on.
    pub(crate) fn note_runtime(&self) {
        if self.runtime.get().is_none()
            && let Ok(runtime) = runtime::Handle::try_current()
        {
            let _ = self.runtime.set(runtime);
        }
    }

    /// What the connection has seen so far.
    pub(crate) fn statistics(&self) -> Statistics {
        // The lanes of events have given theirs after each drive.
        self.lane.fold_counted();
        self.counters.snapshot()
    }

    /// The caller's runtime, or else the Connection's.
    pub(crate) fn runtime_here(&self) -> Option<runtime::Handle> {
        runtime::Handle::try_current()
            .ok()
            .or_else(|| self.runtime())
    }

    /// What a caller whose deadline passed should know.
    pub(crate) fn hint(&self) -> &'static str {
        match self.is_attended() {
            true => "",
            false => "; the Connection was never polled: spawn it (tokio::spawn(connection))",
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

    /// Waits until the connection has ended.
    pub(crate) async fn over(&self) {
        // It hears of every end from its making on.
        let over = self.over.notified();
        if self.check_alive().is_ok() {
            over.await;
        }
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
        self.over.notify_waiters();
        self.workers.close();
        self.drivers.wake();
    }

    /// The last handle, dump or stream is gone.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
        self.drivers.wake();
    }

    /// Whether nobody has a handle, dump, subscription or stream any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }
}
