//! The testkit's kernel in memory as a lane's socket. Owns the place of its
//! steps in an order of events: each is one access to a lock that loom knows;
//! and what the types of messages do.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use netlane_sys::{Address, Received};
use netlane_testkit::kernel::{self, Reaction};
use netlane_wire::{Flags, FrameView, Header, Message, kind};

use crate::lane::Transport;
use crate::sync::{Mutex, MutexGuard};

/// Acknowledged inside `send`.
pub(super) const QUICK: u16 = 16;
/// Executed, and not answered before [`Kernel::answer`].
pub(super) const LATE: u16 = 17;
/// Executed, and never answered.
pub(super) const LOST: u16 = 18;
/// `send` fails: not executed.
pub(super) const REJECTED: u16 = 19;
/// One reply, then the acknowledgement.
pub(super) const REPLIED: u16 = 20;
/// A dump of one entry; its `NLMSG_DONE` comes by itself.
pub(super) const TABLE: u16 = 21;

/// A socket and the kernel behind it. Before a step of a system call others may
/// do theirs, and after the last before the call returns.
pub(super) struct Kernel {
    kernel: Mutex<kernel::Kernel<Handler>>,
    executed: Arc<AtomicUsize>,
}

type Handler = Box<dyn FnMut(FrameView<'_>) -> Reaction + Send>;

impl Kernel {
    pub(super) fn new(receive_buffer: usize) -> Arc<Self> {
        let executed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&executed);
        let handler: Handler = Box::new(move |request| {
            count.fetch_add(1, Ordering::Relaxed);
            react(request)
        });
        let kernel = Mutex::new(kernel::Kernel::new(PORT, receive_buffer, handler));
        Arc::new(Self { kernel, executed })
    }

    /// How many requests were executed.
    pub(super) fn executed(&self) -> usize {
        self.executed.load(Ordering::Relaxed)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, kernel::Kernel<Handler>> {
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acknowledges a request that was executed before.
    pub(super) fn answer(&self, sequence: u32) {
        let request = Message::new(LATE, Flags::REQUEST);
        let request = request.into_frame(sequence, PORT).unwrap();
        let payload = [&[0; 4], request.bytes().as_ref()].concat();
        let answer = Message::raw(kind::ERROR, Flags::empty(), &payload);
        let answer = answer.into_frame(sequence, PORT).unwrap();
        self.lock().unicast(answer.bytes().as_ref());
    }
}

impl Transport for Kernel {
    fn send(&self, bytes: &[u8], _: Option<Address>) -> io::Result<()> {
        if Header::read(bytes).unwrap().kind == REJECTED {
            drop(self.lock());
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let mut kernel = self.lock();
        let mut call = kernel.begin(bytes);
        // A request is executed as its first answer is queued.
        while kernel.advance(&mut call) && kernel.advance(&mut call) {
            drop(kernel);
            kernel = self.lock();
        }
        Ok(())
    }

    fn receive(&self, buffer: &mut [u8], _: bool) -> io::Result<Received> {
        self.lock().receive(buffer)
    }

    fn drops(&self) -> Option<u32> {
        Some(self.lock().drops())
    }
}

fn react(request: FrameView<'_>) -> Reaction {
    let entry = || Message::new(REPLIED, Flags::empty());
    match request.header().kind {
        REPLIED => Reaction::done().reply(entry()),
        TABLE => Reaction::dump([entry()]).with_split_done(),
        _ => Reaction::done(),
    }
}

/// The socket's port id.
pub(super) const PORT: u32 = 7;
