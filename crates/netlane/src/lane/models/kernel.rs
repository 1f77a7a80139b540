//! The testkit's kernel in memory as a lane's socket. Owns the place of its
//! steps in an order of events: each is one access to a lock that loom knows;
//! and what the types of messages do.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Poll, Waker};

use netlane_sys::{Address, Received};
use netlane_testkit::kernel::{self, Reaction};
use netlane_wire::{Flags, FrameView, Header, Message, kind};

use crate::drivers::Watched;
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
    inside: Mutex<Inside>,
    executed: Arc<AtomicUsize>,
}

struct Inside {
    kernel: kernel::Kernel<Handler>,
    /// What a reactor would know, while the socket is registered.
    readiness: Option<Readiness>,
}

#[derive(Default)]
struct Readiness {
    ready: bool,
    waker: Option<Waker>,
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
        let inside = Inside {
            kernel: kernel::Kernel::new(PORT, receive_buffer, handler),
            readiness: None,
        };
        Arc::new(Self {
            inside: Mutex::new(inside),
            executed,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step of the kernel. What it queues is an edge for who is registered.
    pub(super) fn step<T>(&self, step: impl FnOnce(&mut kernel::Kernel<Handler>) -> T) -> T {
        let mut inside = self.lock();
        let queued = inside.kernel.queued();
        let result = step(&mut inside.kernel);
        let arrived = inside.kernel.queued() > queued;
        let readiness = inside.readiness.as_mut().filter(|_| arrived);
        let waker = readiness.and_then(|readiness| {
            readiness.ready = true;
            readiness.waker.take()
        });
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
        result
    }

    /// How many requests were executed.
    pub(super) fn executed(&self) -> usize {
        self.executed.load(Ordering::Relaxed)
    }

    /// Acknowledges a request that was executed before.
    pub(super) fn answer(&self, sequence: u32) {
        let request = Message::new(LATE, Flags::REQUEST);
        let request = request.into_frame(sequence, PORT).unwrap();
        let payload = [&[0; 4], request.bytes().as_ref()].concat();
        let answer = Message::raw(kind::ERROR, Flags::empty(), &payload);
        let answer = answer.into_frame(sequence, PORT).unwrap();
        self.step(|kernel| kernel.unicast(answer.bytes().as_ref()));
    }
}

impl Transport for Kernel {
    fn send(&self, bytes: &[u8], _: Option<Address>) -> io::Result<()> {
        if Header::read(bytes).unwrap().kind == REJECTED {
            self.step(|_| ());
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        // A request is executed as its first answer is queued.
        let mut call = None;
        while self.step(|kernel| {
            let call = call.get_or_insert_with(|| kernel.begin(bytes));
            kernel.advance(call) && kernel.advance(call)
        }) {}
        Ok(())
    }

    fn receive(&self, buffer: &mut [u8], _: bool) -> io::Result<Received> {
        self.step(|kernel| kernel.receive(buffer))
    }

    fn drops(&self) -> Option<u32> {
        self.step(|kernel| Some(kernel.drops()))
    }

    fn queued(&self) -> Option<usize> {
        self.step(|kernel| Some(kernel.allocated()))
    }
}

/// A registration. What was queued before it is no edge.
pub(super) struct Registration(Arc<Kernel>);

impl Watched for Kernel {
    type Watch = Registration;

    fn watch(socket: &Arc<Self>) -> io::Result<Registration> {
        socket.lock().readiness = Some(Readiness::default());
        Ok(Registration(Arc::clone(socket)))
    }

    async fn ready(watch: &Registration) -> io::Result<()> {
        poll_fn(|context| {
            let mut inside = watch.0.lock();
            let readiness = inside.readiness.as_mut().unwrap();
            if std::mem::take(&mut readiness.ready) {
                return Poll::Ready(Ok(()));
            }
            let replaced = readiness.waker.replace(context.waker().clone());
            drop(inside);
            drop(replaced);
            Poll::Pending
        })
        .await
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // A failed model unwinds; what it holds is of no interest.
        if !std::thread::panicking() {
            let readiness = self.0.lock().readiness.take();
            drop(readiness);
        }
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
