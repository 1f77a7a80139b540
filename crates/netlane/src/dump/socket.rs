//! One dump on a socket of its own. Owns the steps of reading it: the kernel
//! makes the next part inside recv, so a read either brings it or proves that
//! something is wrong. Mirrors `netlink_dump` of net/netlink/af_netlink.c. Who
//! takes the steps, and when, is `private.rs`'s and `ahead.rs`'s.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use netlane_proto::Timing;
use netlane_wire::{Flags, Message};

use super::buffer::Buffer;
use super::pool::{DumpPool, DumpSocket};
use super::reading::{End, Ending, Fate, Running};
use super::wait::Wait;
use super::{LONG_PART, Terms};
use crate::Error;
use crate::answer::Question;
use crate::lane::Payload;
use crate::operations::Operation;
use crate::pace::Timed;
use crate::shared::Shared;
use crate::statistics::count;

/// What makes a dump go on, one step at a time, on whatever thread has it.
#[derive(Debug)]
pub(super) struct Engine {
    request: Payload,
    operation: Operation,
    state: State,
    /// The sequence number of the request that was sent last.
    sequence: u32,
    /// Bytes of the buffer that hold entries not yet taken.
    part: usize,
    /// How the dump ended, once its last entries are taken.
    end: Option<End>,
    /// What it counts as, until somebody has been told of the end: who was told
    /// of a deadline instead has had it counted as that.
    fate: Option<Fate>,
    attempts: u32,
    /// What its steps have taken together.
    spent: Duration,
    /// What the longest of them has taken.
    longest: Duration,
}

#[derive(Debug)]
enum State {
    Idle,
    Running(Box<Running>),
    /// Over, and its socket may carry another.
    Over(DumpSocket),
    /// Over for its reader, but perhaps not in the kernel.
    InDoubt(DumpSocket),
    /// Its socket has been given back, or closed.
    Gone,
}

impl State {
    const fn socket(&mut self) -> Option<&mut DumpSocket> {
        match self {
            Self::Running(running) => Some(&mut running.socket),
            Self::Over(socket) | Self::InDoubt(socket) => Some(socket),
            Self::Idle | Self::Gone => None,
        }
    }
}

impl Engine {
    pub(super) const fn new(request: Payload, operation: Operation) -> Self {
        Self {
            request,
            operation,
            state: State::Idle,
            sequence: 0,
            part: 0,
            end: None,
            fate: None,
            attempts: 0,
            spent: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }

    /// The request, finished.
    pub(super) fn request(&self) -> &[u8] {
        &self.request
    }

    /// The sequence number of its entries.
    pub(super) const fn sequence(&self) -> u32 {
        self.sequence
    }

    pub(super) const fn operation(&self) -> Operation {
        self.operation
    }

    /// What its steps have taken together.
    pub(super) const fn spent(&self) -> Duration {
        self.spent
    }

    /// Whether one of its steps was slow.
    pub(super) fn is_slow(&self) -> bool {
        self.longest > LONG_PART
    }

    /// Begins anew after an end.
    pub(super) fn restart(&mut self) {
        self.state = State::Idle;
        self.part = 0;
        self.end = None;
        self.attempts = 0;
        self.spent = Duration::ZERO;
    }

    /// Whether it has entries that nobody has taken.
    pub(super) const fn has_part(&self) -> bool {
        self.part > 0
    }

    /// Whether a step may come next: what it had was taken, and it has not ended.
    pub(super) const fn is_ready(&self) -> bool {
        self.part == 0 && self.end.is_none()
    }

    /// The entries that are there: whole frames, controls and strangers among
    /// them. They are gone with the next step.
    pub(super) fn take_part(&mut self) -> &[u8] {
        let len = std::mem::take(&mut self.part);
        let socket = self.state.socket();
        socket.map_or(&[][..], |socket| {
            socket.buffer.get(..len).unwrap_or_default()
        })
    }

    /// The buffer with the entries that are there, and their length; the other
    /// one takes its place.
    pub(super) fn exchange_buffer(&mut self, mut other: Buffer) -> (Buffer, usize) {
        let len = std::mem::take(&mut self.part);
        if let Some(socket) = self.state.socket() {
            std::mem::swap(&mut socket.buffer, &mut other);
        }
        (other, len)
    }

    /// How it ended, if it has, for its consumer.
    pub(super) fn take_end(&mut self, shared: &Shared) -> Option<End> {
        let end = self.end.take()?;
        self.count_fate(shared);
        Some(end)
    }

    fn count_fate(&mut self, shared: &Shared) {
        if let Some(fate) = self.fate.take() {
            fate.count(&shared.counters);
        }
    }

    /// It cannot go on.
    pub(super) fn fail(&mut self, error: Error) {
        self.end = Some(Err(error));
    }

    /// One system call's worth of progress; what went wrong is its end.
    pub(super) fn step(&mut self, shared: &Arc<Shared>, terms: Terms) -> Step {
        let timed = Timed::start();
        let step = self.advance(shared, terms);
        self.note(timed.stop(), shared);
        step.unwrap_or_else(|error| {
            self.fail(error);
            Step::Again
        })
    }

    /// A step took so long.
    pub(super) fn note(&mut self, took: Duration, shared: &Shared) {
        self.spent = self.spent.saturating_add(took);
        self.longest = self.longest.max(took);
        if took > LONG_PART {
            count(&shared.counters.slow);
            tracing::debug!(operation = ?self.operation, ?took, "a slow part of a dump");
        }
    }

    fn advance(&mut self, shared: &Arc<Shared>, terms: Terms) -> Result<Step, Error> {
        let running = match &mut self.state {
            State::Running(running) => running,
            State::Idle => {
                let socket = shared.dumps.lease(&shared.config)?;
                self.begin(shared, socket)?;
                return Ok(Step::Again);
            }
            _ => return Err(Error::invalid("a dump was polled after its end")),
        };
        let received = running.socket.socket.recv_from(&mut running.socket.buffer);
        match received {
            Ok(received) if received.sender.port != 0 => {
                count(&shared.counters.foreign);
                Ok(Step::Again)
            }
            Ok(received) => match running.take_in(&received, &shared.counters) {
                (entries, Some(end)) => {
                    self.part = entries;
                    self.finish(shared, end, terms)
                }
                (entries, None) => {
                    self.part = entries;
                    Ok(Step::Again)
                }
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stalled(terms.timing),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Step::Again),
            Err(error) => running
                .failed(error, &shared.counters)
                .map(|()| Step::Again),
        }
    }

    /// Sends the request on a socket without a dump.
    fn begin(&mut self, shared: &Arc<Shared>, mut socket: DumpSocket) -> Result<(), Error> {
        self.attempts += 1;
        let sequence = socket.next_sequence;
        socket.next_sequence = sequence.checked_add(1).unwrap_or(1);
        netlane_wire::set_sequence_port(&mut self.request, sequence, socket.port);
        socket.socket.send(&self.request).map_err(Error::not_sent)?;
        count(&shared.counters.sent);
        count(&shared.counters.datagrams_sent);
        self.sequence = sequence;
        self.state = State::Running(Box::new(Running::new(socket, sequence)));
        Ok(())
    }

    /// EAGAIN before the end. A kernel that answers at once has stalled: any
    /// message that is received restarts it (KERNEL: the next part is made
    /// after a datagram was taken), so one is provoked, once. What is read then
    /// has a hole.
    fn stalled(&mut self, timing: Timing) -> Result<Step, Error> {
        let State::Running(running) = &mut self.state else {
            return Ok(Step::Again);
        };
        if timing == Timing::Late {
            return Ok(Step::Wait);
        }
        if running.kicked {
            return Err(Error::unknown(
                "the rest of the dump is lost: the kernel sends no more of it",
            ));
        }
        running.stalled();
        let flags = Flags::REQUEST | Flags::ACK;
        let kick = Message::new(netlane_wire::kind::NOOP, flags).finish()?;
        running.socket.socket.send(&kick).map_err(Error::not_sent)?;
        tracing::debug!("a dump has stalled; a no-op restarts it");
        Ok(Step::Again)
    }

    /// The end has been read.
    fn finish(
        &mut self,
        shared: &Arc<Shared>,
        ending: Ending,
        terms: Terms,
    ) -> Result<Step, Error> {
        let State::Running(running) = std::mem::replace(&mut self.state, State::Idle) else {
            return Ok(Step::Again);
        };
        self.fate = Some(ending.fate());
        let retry = running.entries == 0 && self.attempts < MAX_ATTEMPTS;
        let socket = running.socket;
        match ending {
            // Another dump still runs on this socket (a zombie of the kernel):
            // it must not be used again.
            Ending::Refused { errno: EBUSY, .. } if retry => {
                self.count_fate(shared);
                drop(socket);
                let fresh = DumpPool::open(&shared.config)?;
                return self.begin(shared, fresh).map(|()| Step::Again);
            }
            // The entry was larger than the first part may be; the kernel
            // sizes parts by the reader's largest receive so far.
            Ending::Refused {
                errno: EMSGSIZE, ..
            } if retry => {
                self.count_fate(shared);
                return self.begin(shared, socket).map(|()| Step::Again);
            }
            // No proof that the dump has ended in the kernel.
            Ending::Refused { errno: ENOBUFS, .. } => self.state = State::InDoubt(socket),
            _ => self.state = State::Over(socket),
        }
        let (header_len, table) = terms.question;
        self.end = Some(ending.verdict(Question {
            bytes: &self.request,
            header_len,
            table,
        }));
        Ok(Step::Again)
    }

    /// Waits for readiness, no longer than the deadline. Ready with `None` if
    /// there may be something to read.
    pub(super) fn poll_wait(
        &mut self,
        shared: &Arc<Shared>,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<Option<Error>> {
        let State::Running(running) = &mut self.state else {
            return Poll::Ready(None);
        };
        let wait = match &mut running.wait {
            Some(wait) => wait,
            None => {
                let socket = Arc::clone(&running.socket.socket);
                let wait = Wait::new(socket, Arc::clone(shared), deadline);
                running.wait.insert(wait)
            }
        };
        let ready = wait.poll(shared, context);
        if ready.is_ready() {
            running.wait = None;
        }
        ready
    }

    /// The dump is over, or its consumer gone: the socket goes back to the pool
    /// if the kernel has no dump on it any more, else it is closed, which ends
    /// that.
    pub(super) fn release(&mut self, shared: &Shared) {
        let state = std::mem::replace(&mut self.state, State::Gone);
        // Of a dump that has not come to its end, quick parts prove nothing.
        if self.is_slow() || matches!(state, State::Over(_)) {
            let longest = std::mem::take(&mut self.longest);
            shared.dump_operations.note(self.operation, longest);
        }
        if let State::Over(socket) = state {
            shared.dumps.give_back(socket);
        }
    }

    /// The consumer is gone.
    pub(super) fn give_up(&mut self, shared: &Shared) {
        match self.state {
            State::Running(_) => count(&shared.counters.cancelled),
            _ => self.count_fate(shared),
        }
        self.release(shared);
    }
}

#[cfg(test)]
impl Engine {
    /// Tells whether its socket is open.
    pub(super) fn watch_socket(&mut self) -> std::sync::Weak<netlane_sys::Socket> {
        let socket = self.state.socket();
        socket.map_or_else(std::sync::Weak::new, |socket| {
            Arc::downgrade(&socket.socket)
        })
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Again,
    Wait,
}

/// Sends of one dump: the first, and after a zombie or an entry too large.
pub(super) const MAX_ATTEMPTS: u32 = 3;

/// Errno values of Linux; those that differ on MIPS or SPARC only cost a retry.
pub(super) const EBUSY: i32 = 16;
const EMSGSIZE: i32 = 90;
const ENOBUFS: i32 = 105;

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use netlane_sys::{Protocol, Received};

    use super::super::fixture::{dump_addresses, engine, operation, terms};
    use super::*;
    use crate::{Builder, Connection, Handle};

    fn connect() -> (Handle, Connection) {
        Builder::new(Protocol::ROUTE).connect().unwrap()
    }

    fn frame(kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Message::raw(kind, Flags::empty(), payload)
            .finish()
            .unwrap();
        netlane_wire::set_sequence_port(&mut bytes, SEQUENCE, 0);
        bytes
    }

    /// A dump whose socket has received these bytes, of a datagram this long.
    fn received(handle: &Handle, bytes: &[u8], full_len: usize) -> (Engine, Option<Ending>) {
        let shared = &handle.keep().shared;
        let mut dump = Engine::new(Payload::default(), operation());
        let mut running = Running::new(DumpPool::open(&shared.config).unwrap(), SEQUENCE);
        running.socket.buffer[..bytes.len()].copy_from_slice(bytes);
        let mut received = Received::default();
        (received.len, received.full_len) = (bytes.len(), full_len);
        let (entries, end) = running.take_in(&received, &shared.counters);
        dump.part = entries;
        dump.state = State::Running(Box::new(running));
        (dump, end)
    }

    #[test]
    fn a_dump_that_ends_for_lack_of_memory_keeps_its_last_entries_but_not_its_socket() {
        let (handle, _connection) = connect();
        let shared = &handle.keep().shared;
        let last = [
            frame(20, b"an entry"),
            frame(netlane_wire::kind::DONE, &(-ENOBUFS).to_ne_bytes()),
        ]
        .concat();
        let (mut dump, end) = received(&handle, &last, last.len());
        let State::Running(running) = &dump.state else {
            panic!("{dump:?}");
        };
        let port = running.socket.port;
        dump.finish(shared, end.unwrap(), terms()).unwrap();
        assert_eq!(dump.take_part(), last);
        let error = dump.take_end(shared).unwrap().unwrap_err();
        dump.release(shared);
        assert_eq!(error.errno(), Some(ENOBUFS));
        // Closed, or still the dump's: either way the next dump gets another.
        assert_ne!(shared.dumps.lease(&shared.config).unwrap().port, port);
    }

    #[test]
    fn what_is_wrong_with_a_part_is_counted_as_what_it_is() {
        let (handle, _connection) = connect();
        let entry = frame(20, b"an entry");
        let broken = [&entry[..], &[7; 20]].concat();
        received(&handle, &broken, broken.len());
        let seen = handle.statistics();
        assert_eq!((seen.malformed, seen.truncated, seen.stray), (1, 0, 0));
        received(&handle, &broken, 50_000);
        let seen = handle.statistics();
        assert_eq!((seen.malformed, seen.truncated, seen.stray), (1, 1, 0));
    }

    /// Fails when what a dump took is not remembered (`Engine::release`).
    #[test]
    fn dumps_with_a_slow_part_are_remembered_and_requests_are_not_mixed_up_with_them() {
        let (handle, _connection) = connect();
        let shared = &handle.keep().shared;
        assert!(shared.dump_operations.is_quick(operation()));
        for _ in 0..2 {
            let mut engine = engine(shared);
            engine.note(LONG_PART * 2, shared);
            engine.give_up(shared);
            // Once for each dump.
            engine.give_up(shared);
        }
        assert_eq!(handle.statistics().slow, 2);
        assert!(!shared.dump_operations.is_quick(operation()));
        assert!(shared.operations.is_quick(operation()));
        let dump = handle.dump(dump_addresses());
        block_on(dump.collect_with_retries(0)).unwrap();
        assert_eq!(handle.statistics().offloaded, 1);
    }

    const SEQUENCE: u32 = 7;
}
