//! A kernel in memory behind one netlink socket, for simulation: it answers
//! inside [`send`](Kernel::send), and its receive queue overruns as the real one
//! does.
//!
//! It is a plain state machine without a socket, a clock or a thread, so a test
//! that drives it from a seed replays exactly. What it models is what makes a
//! transport lose things:
//!
//! - the receive buffer, counted in [`truesize`]; from an overrun until the
//!   queue was read empty *everything* is refused, and `ENOBUFS` is reported
//!   once, before all that is queued; every refusal counts as a drop;
//! - one dump on the socket at a time (`EBUSY`), whose first part is made inside
//!   `send` and each other by a [`receive`](Kernel::receive), which overtakes the
//!   first if it comes before that is queued; `NLM_F_DUMP_INTR`; `NLMSG_DONE`
//!   with an errno or in a datagram of its own; a dump that cannot begin for want
//!   of room and yet stays (a *zombie*);
//! - acknowledgements as with `NETLINK_CAP_ACK`, in order behind the replies.
//!
//! ```
//! use netlane_testkit::kernel::{Kernel, Reaction};
//! use netlane_wire::{Control, Flags, FrameView, Message, set_sequence_port};
//!
//! // Whatever it is asked, it has nothing to say but yes. The default buffer.
//! let mut kernel = Kernel::new(100, 212_992, |_: FrameView<'_>| Reaction::done());
//!
//! // 300 requests in one datagram: more acknowledgements than the buffer holds.
//! let mut request = Message::new(16, Flags::REQUEST | Flags::ACK).finish().unwrap();
//! set_sequence_port(&mut request, 1, 100);
//! kernel.send(&request.repeat(300));
//! assert_eq!(kernel.drops(), 300 - 256);
//!
//! // The overrun is reported first, then what had fitted.
//! let mut buffer = [0; 4096];
//! let overrun = kernel.receive(&mut buffer).unwrap_err();
//! assert_eq!(overrun.raw_os_error(), Some(105));
//! let received = kernel.receive(&mut buffer).unwrap();
//! let frame = FrameView::new(&buffer[..received.len]).unwrap();
//! assert!(matches!(frame.control(), Control::Ack(ack) if ack.errno() == 0));
//!
//! // Until the queue is empty, answers are refused without a further word.
//! kernel.send(&request);
//! assert_eq!(kernel.drops(), 300 - 256 + 1);
//! while kernel.receive(&mut buffer).is_ok() {}
//! kernel.send(&request);
//! assert!(kernel.receive(&mut buffer).is_ok());
//! ```

mod queue;
mod reaction;

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::io;

use netlane_sys::{Address, Received};
use netlane_wire::{Flags, FrameView, Frames, Header, Message, kind};

use crate::Datagram;
use queue::{Queue, SHARED_INFO};
use reaction::Dump;

pub use queue::truesize;
pub use reaction::Reaction;

/// One netlink socket and the kernel behind it. The handler is what a family's
/// `doit` and `dumpit` are: it is called once for each request, in order.
pub struct Kernel<H> {
    port: u32,
    handler: H,
    queue: Queue,
    groups: BTreeSet<u32>,
    dump: Option<Dump>,
    /// The largest receive call so far, which sizes the parts of dumps.
    largest: usize,
}

/// A send in progress; see [`Kernel::begin`].
#[derive(Debug)]
pub struct Call {
    requests: VecDeque<Vec<u8>>,
    /// What the request that was executed last still has to say.
    answers: VecDeque<Answer>,
}

/// What is to be queued.
#[derive(Debug)]
enum Answer {
    /// If there is room.
    Message(Datagram),
    /// The first part of a dump that goes on.
    Part(Part),
}

/// A part of a dump that is made and not yet queued, and its truesize.
#[derive(Debug)]
struct Part(Datagram, usize);

impl<H> Kernel<H> {
    /// A socket with this port id and receive buffer (as read back, in bytes).
    pub const fn new(port: u32, receive_buffer: usize, handler: H) -> Self {
        Self {
            port,
            handler,
            queue: Queue::new(receive_buffer),
            groups: BTreeSet::new(),
            dump: None,
            largest: 0,
        }
    }

    /// The port id.
    pub const fn port(&self) -> u32 {
        self.port
    }

    /// Receives one datagram, as `recvmsg` with `MSG_DONTWAIT` and `MSG_TRUNC`
    /// does; with a dump under way it makes the next part.
    ///
    /// # Errors
    ///
    /// An error that waits to be reported, before any data; [`WouldBlock`] if
    /// there is nothing.
    ///
    /// [`WouldBlock`]: io::ErrorKind::WouldBlock
    pub fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let received = self.take(buffer);
        // Whatever it brought.
        self.queue.wake();
        received
    }

    fn take(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        if let Some(errno) = self.queue.take_error() {
            return Err(io::Error::from_raw_os_error(errno));
        }
        let datagram = self.queue.pop().ok_or(io::ErrorKind::WouldBlock)?;
        self.largest = self.largest.max(buffer.len().min(LARGEST_PART));
        let len = datagram.bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), datagram.bytes.get(..len)) {
            to.copy_from_slice(from);
        }
        if self.dump.is_some() && self.queue.allocated() <= self.queue.receive_buffer() / 2 {
            match self.make_part() {
                Ok(Part(datagram, truesize)) => self.queue.push(datagram, truesize),
                Err(errno) => self.queue.set_error(errno),
            }
        }
        let mut received = Received::default();
        received.len = len;
        received.full_len = datagram.bytes.len();
        received.sender = datagram.sender;
        received.group = datagram.group;
        Ok(received)
    }

    /// The kernel speaks unasked, or late: a datagram to this socket alone.
    /// Says whether it was queued.
    pub fn unicast(&mut self, bytes: impl Into<Vec<u8>>) -> bool {
        self.queue.offer(Datagram::from_kernel(bytes))
    }

    /// An event: queued, or refused, if the socket is a member of the group.
    /// Says whether it was queued.
    pub fn multicast(&mut self, group: u32, bytes: impl Into<Vec<u8>>) -> bool {
        let datagram = Datagram {
            group: Some(group),
            ..Datagram::from_kernel(bytes)
        };
        self.groups.contains(&group) && self.queue.offer(datagram)
    }

    /// A user program's datagram. If there is no room it is refused at its
    /// sender, which is no overrun here. Says whether it was queued.
    pub fn forged(&mut self, port: u32, bytes: impl Into<Vec<u8>>) -> bool {
        self.queue.offer_politely(Datagram {
            sender: Address::port(port),
            ..Datagram::from_kernel(bytes)
        })
    }

    /// What is queued, oldest first.
    pub fn queue(&self) -> impl Iterator<Item = &Datagram> {
        self.queue.iter()
    }

    /// Swaps the two oldest datagrams, which no kernel does.
    pub fn swap_next(&mut self) {
        self.queue.swap_first();
    }

    /// Loses the oldest datagram without a word. If that empties the queue, it
    /// is the next receive call that ends a congestion.
    pub fn discard_next(&mut self) {
        self.queue.pop();
    }

    /// Joins a group.
    pub fn join(&mut self, group: u32) {
        self.groups.insert(group);
    }

    /// The table that is being dumped has changed: the next message of the dump
    /// says so by `NLM_F_DUMP_INTR`.
    pub const fn change(&mut self) {
        if let Some(dump) = &mut self.dump {
            dump.changed = true;
        }
    }

    /// After so many datagrams, one that finds others queued finds no room,
    /// whatever room there is. Parts of dumps do not count.
    pub const fn refuse_after(&mut self, datagrams: usize) {
        self.queue.refuse_after(datagrams);
    }

    /// The next receive call fails with this errno, though nothing was refused
    /// (`netlink_set_err`, or two readers that race at the end of a dump).
    pub const fn fail_next(&mut self, errno: i32) {
        self.queue.set_error(errno);
    }

    /// Datagrams refused so far (`SK_MEMINFO_DROPS`).
    pub const fn drops(&self) -> u32 {
        self.queue.drops()
    }

    /// Bytes of the receive buffer in use (`SK_MEMINFO_RMEM_ALLOC`).
    pub const fn allocated(&self) -> usize {
        self.queue.allocated()
    }

    /// Datagrams that are queued.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The errno that the next receive call reports, if any.
    pub const fn error(&self) -> Option<i32> {
        self.queue.error()
    }

    /// Whether a receive call would find anything, be it an error.
    pub fn is_readable(&self) -> bool {
        self.queue.has_something()
    }

    /// Datagrams queued and errors reported so far, read or not: each is an edge
    /// for who waits for readiness (`EPOLLET`).
    pub const fn arrivals(&self) -> u64 {
        self.queue.arrivals()
    }

    /// Whether everything is refused until the queue was read empty.
    pub const fn is_congested(&self) -> bool {
        self.queue.is_congested()
    }

    /// Whether a dump is under way.
    pub const fn is_dumping(&self) -> bool {
        self.dump.is_some()
    }

    /// Makes the next part of the dump (`netlink_dump`), to be queued.
    fn make_part(&mut self) -> Result<Part, i32> {
        let Some(dump) = &mut self.dump else {
            return Err(EINVAL);
        };
        if self.queue.allocated() >= self.queue.receive_buffer() {
            return Err(ENOBUFS);
        }
        let room = self.largest.max(FIRST_PART);
        let (bytes, ended) = dump.part(room, self.port);
        if ended {
            self.dump = None;
        }
        Ok(Part(Datagram::from_kernel(bytes), truesize(room)))
    }
}

impl<H: FnMut(FrameView<'_>) -> Reaction> Kernel<H> {
    /// Sends a datagram: every request in it is executed, and its answers are
    /// queued or refused, before this returns.
    pub fn send(&mut self, bytes: &[u8]) {
        let mut call = self.begin(bytes);
        while self.advance(&mut call) {}
    }

    /// Begins a send whose steps are the caller's: between them other things may
    /// happen, as they do beside a real `sendmsg`.
    pub fn begin(&self, bytes: &[u8]) -> Call {
        // A bad length ends the datagram without a word.
        let frames = Frames::new(bytes).map_while(Result::ok);
        Call {
            requests: frames.map(|frame| frame.bytes().to_vec()).collect(),
            answers: VecDeque::new(),
        }
    }

    /// One step of a send: executes the next request, or offers one datagram of
    /// its answer to the receive queue. `false` if nothing was left to do.
    pub fn advance(&mut self, call: &mut Call) -> bool {
        match call.answers.pop_front() {
            Some(Answer::Message(datagram)) => drop(self.queue.offer(datagram)),
            Some(Answer::Part(Part(datagram, truesize))) => self.queue.push(datagram, truesize),
            None => return self.execute_next(call),
        }
        true
    }

    fn execute_next(&mut self, call: &mut Call) -> bool {
        let Some(request) = call.requests.pop_front() else {
            return false;
        };
        if let Ok(frame) = FrameView::new(&request) {
            call.answers = self.execute(frame);
        }
        true
    }

    /// Runs the handler; returns what is to be queued (`netlink_rcv_skb`).
    fn execute(&mut self, frame: FrameView<'_>) -> VecDeque<Answer> {
        let header = frame.header();
        let skipped = !header.flags.contains(Flags::REQUEST) || header.kind < kind::MIN_TYPE;
        let reaction = match skipped {
            true => Reaction::done(),
            false => (self.handler)(frame),
        };
        let answers = reaction.replies.into_iter().filter_map(|(group, message)| {
            let bytes = addressed(message, header.sequence, self.port)?;
            Some(Answer::Message(Datagram {
                group,
                ..Datagram::from_kernel(bytes)
            }))
        });
        let mut answers: VecDeque<_> = answers.collect();
        let errno = match reaction.dump {
            Some(dump) => match self.begin_dump(dump, header.sequence) {
                Ok(part) => {
                    answers.extend(part.map(Answer::Part));
                    return answers;
                }
                Err(errno) => errno,
            },
            None => reaction.errno,
        };
        if errno != 0 || header.flags.contains(Flags::ACK) {
            let acknowledgement = Datagram::from_kernel(acknowledgement(header, errno));
            answers.push_back(Answer::Message(acknowledgement));
        }
        answers
    }

    /// Begins a dump, whose first part is made at once. If that is the last, it
    /// is queued at once too; else the lock of dumps is given up before. A dump
    /// that finds no room is refused, and stays.
    fn begin_dump(&mut self, dump: Dump, sequence: u32) -> Result<Option<Part>, i32> {
        if self.dump.is_some() {
            return Err(EBUSY);
        }
        self.dump = Some(Dump { sequence, ..dump });
        let part = self.make_part()?;
        if self.dump.is_some() {
            return Ok(Some(part));
        }
        self.queue.push(part.0, part.1);
        Ok(None)
    }
}

impl<H> fmt::Debug for Kernel<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel")
            .field("port", &self.port)
            .field("queue", &self.queue)
            .field("dump", &self.dump)
            .finish_non_exhaustive()
    }
}

impl Dump {
    /// The next part, of at most `room` bytes; says whether it was the last.
    fn part(&mut self, room: usize, port: u32) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let mut errno = self.errno;
        while let Some(entry) = self.entries.front() {
            let len = entry.len().next_multiple_of(4);
            if bytes.len() + len > room {
                if !bytes.is_empty() {
                    return (bytes, false);
                }
                // Not even alone: it takes a larger receive call first.
                errno = EMSGSIZE;
                break;
            }
            let flags = self.flags();
            if let Some(mut entry) = self.entries.pop_front() {
                entry.set_flags(entry.flags() | flags);
                bytes.extend(addressed(entry, self.sequence, port).unwrap_or_default());
            }
        }
        if self.split_done && !bytes.is_empty() {
            return (bytes, false);
        }
        let done = Message::raw(kind::DONE, self.flags(), &(-errno).to_ne_bytes());
        let done = addressed(done, self.sequence, port).unwrap_or_default();
        if bytes.len() + done.len() > room {
            return (bytes, false);
        }
        bytes.extend(done);
        (bytes, true)
    }

    /// `NLM_F_MULTI`, and once after a change `NLM_F_DUMP_INTR`.
    const fn flags(&mut self) -> Flags {
        match std::mem::replace(&mut self.changed, false) {
            true => Flags::MULTI.union(Flags::DUMP_INTR),
            false => Flags::MULTI,
        }
    }
}

/// `NLMSG_ERROR` as the kernel writes it on a socket with `NETLINK_CAP_ACK`:
/// errno 0 acknowledges.
fn acknowledgement(request: Header, errno: i32) -> Vec<u8> {
    let mut payload = (-errno).to_ne_bytes().to_vec();
    payload.extend(request.to_bytes());
    let message = Message::raw(kind::ERROR, Flags::CAPPED, &payload);
    addressed(message, request.sequence, request.port).unwrap_or_default()
}

/// A message's padded bytes with its sequence and port.
fn addressed(message: Message, sequence: u32, port: u32) -> Option<Vec<u8>> {
    let frame = message.into_frame(sequence, port).ok()?;
    let mut bytes = frame.bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    Some(bytes)
}

/// The room of a dump's first part: `NLMSG_GOODSIZE` with 4 KiB pages.
const FIRST_PART: usize = 4096 - SHARED_INFO;
/// The most that a large receive call makes of it.
const LARGEST_PART: usize = 32 * 1024 - SHARED_INFO;

/// Errno values of Linux.
const EBUSY: i32 = 16;
const EINVAL: i32 = 22;
const EMSGSIZE: i32 = 90;
const ENOBUFS: i32 = 105;
