//! The lane's socket in the simulation: the kernel in memory, with faults, and
//! with others who have their turn inside every system call. Owns what was
//! really received; judges nothing.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use netlane_sys::{Address, Received};
use netlane_testkit::kernel::{Kernel, Reaction};
use netlane_wire::{FrameView, Frames, Header};

use super::truth::{PORT, SharedTruth};
use super::world::World;
use crate::lane::Transport;

type Handler = Box<dyn FnMut(FrameView<'_>) -> Reaction + Send>;

/// The simulated socket.
pub(super) struct SimulatedSocket {
    kernel: Mutex<Kernel<Handler>>,
    pub(super) truth: SharedTruth,
    faults: Mutex<Faults>,
    /// Arrivals when the Connection last looked.
    noticed: AtomicU64,
    /// Whose turn it is inside a system call.
    pub(super) world: OnceLock<Weak<World>>,
}

/// What is to go wrong with the next call that can.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The next send fails with this errno.
    pub(super) send: Option<i32>,
    /// The next receive call is interrupted by a signal.
    pub(super) signal: bool,
    /// The next datagram is cut to so many bytes.
    pub(super) cut: Option<usize>,
    /// The next answer comes a second time, later.
    pub(super) twice: bool,
}

impl SimulatedSocket {
    pub(super) fn new(receive_buffer: usize) -> Self {
        let truth = SharedTruth::default();
        let shared = truth.clone();
        let handler: Handler = Box::new(move |frame| shared.execute(frame));
        Self {
            kernel: Mutex::new(Kernel::new(PORT, receive_buffer, handler)),
            truth,
            faults: Mutex::default(),
            noticed: AtomicU64::new(0),
            world: OnceLock::new(),
        }
    }

    pub(super) fn kernel(&self) -> MutexGuard<'_, Kernel<Handler>> {
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything has arrived since the last call: who watches readiness
    /// is told of that, whoever has read it, and of nothing else.
    pub(super) fn take_edge(&self) -> bool {
        let arrivals = self.kernel().arrivals();
        self.noticed.swap(arrivals, Ordering::Relaxed) != arrivals
    }

    /// Others have their turn, as threads do beside a system call.
    fn interlude(&self) {
        if let Some(world) = self.world.get().and_then(Weak::upgrade) {
            world.interlude();
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if let Some(world) = self.world.get().and_then(Weak::upgrade) {
            world.tell(what);
        }
    }

    fn receive_now(&self, buffer: &mut [u8]) -> io::Result<Received> {
        if std::mem::take(&mut self.faults().signal) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let room = self.faults().cut.unwrap_or(usize::MAX).min(buffer.len());
        let received = self.kernel().receive(&mut buffer[..room])?;
        let bytes = &buffer[..received.len];
        self.faults().cut = None;
        if received.sender != Address::KERNEL {
            return Ok(received);
        }
        self.record(bytes, received.is_truncated());
        let answer = Header::read(bytes).filter(|_| received.group.is_none());
        if let Some(header) = answer
            && std::mem::take(&mut self.faults().twice)
        {
            if let Some(record) = self.truth.lock().named(header.sequence) {
                record.doubled = true;
            }
            self.kernel().unicast(bytes);
        }
        Ok(received)
    }

    /// Notes what has been received.
    fn record(&self, bytes: &[u8], cut: bool) {
        let mut truth = self.truth.lock();
        let mut rest = 0;
        for frame in Frames::new(bytes).map_while(Result::ok) {
            rest += frame.bytes().len().next_multiple_of(4);
            if cut && let Some(record) = truth.named(frame.header().sequence) {
                record.cut = true;
            }
            truth.received(frame);
        }
        let behind = bytes.get(rest..).and_then(Header::read);
        if let Some(record) = behind.and_then(|header| truth.named(header.sequence)) {
            record.cut = true;
        }
    }
}

impl Transport for SimulatedSocket {
    fn send(&self, bytes: &[u8], _: Option<Address>) -> io::Result<()> {
        self.interlude();
        if let Some(errno) = self.faults().send.take() {
            return Err(io::Error::from_raw_os_error(errno));
        }
        let mut call = self.kernel().begin(bytes);
        while self.kernel().advance(&mut call) {
            self.interlude();
        }
        self.tell(|| format!("sent; {} refused so far", self.kernel().drops()));
        Ok(())
    }

    fn receive(&self, buffer: &mut [u8], _: bool) -> io::Result<Received> {
        self.interlude();
        let received = self.receive_now(buffer);
        self.tell(|| match &received {
            Ok(received) => format!(
                "received {received:?} {:?}",
                Header::read(&buffer[..received.len])
            ),
            Err(error) => format!("received nothing: {error}"),
        });
        self.interlude();
        received
    }

    fn drops(&self) -> Option<u32> {
        Some(self.kernel().drops())
    }

    fn queued(&self) -> Option<usize> {
        Some(self.kernel().allocated())
    }
}
