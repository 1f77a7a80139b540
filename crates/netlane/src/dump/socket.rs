//! One dump on a socket of its own. Owns the loop of reading it: the kernel
//! makes the next part inside recv, so a read either brings it or proves that
//! something is wrong. Mirrors `netlink_dump` of net/netlink/af_netlink.c.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use netlane_proto::Timing;
use netlane_wire::{AttributeTable, Flags, Message};

use super::pool::{DumpPool, DumpSocket};
use super::reading::{End, Ending, Running};
use super::wait::Wait;
use crate::Error;
use crate::answer::Question;
use crate::lane::Payload;
use crate::pace::{self, Timed};
use crate::shared::Shared;
use crate::statistics::count;

/// A dump that reads its own socket.
#[derive(Debug)]
pub(crate) struct PrivateDump {
    request: Payload,
    timing: Timing,
    state: State,
    /// The sequence number of the request that was sent last.
    sequence: u32,
    /// Bytes of the buffer that hold entries not yet taken.
    part: usize,
    /// How the dump ended, once its last entries are taken.
    end: Option<End>,
    attempts: u32,
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

impl PrivateDump {
    pub(crate) const fn new(request: Payload, timing: Timing) -> Self {
        Self {
            request,
            timing,
            state: State::Idle,
            sequence: 0,
            part: 0,
            end: None,
            attempts: 0,
        }
    }

    pub(crate) const fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// The request, finished.
    pub(crate) fn request(&self) -> &[u8] {
        &self.request
    }

    /// Begins anew after an end.
    pub(crate) fn restart(&mut self) {
        self.state = State::Idle;
        self.part = 0;
        self.end = None;
        self.attempts = 0;
    }

    /// The entries that are ready: whole frames, controls and strangers among
    /// them. They are gone with the next call of `poll_fill`.
    pub(crate) fn take_part(&mut self) -> &[u8] {
        let len = std::mem::take(&mut self.part);
        let buffer: &[u8] = match &self.state {
            State::Running(running) => &running.socket.buffer,
            State::Over(socket) | State::InDoubt(socket) => &socket.buffer,
            State::Idle | State::Gone => &[],
        };
        buffer.get(..len).unwrap_or_default()
    }

    /// Ready with the sequence number when entries are ready, or with the end.
    pub(crate) fn poll_fill(
        &mut self,
        shared: &Arc<Shared>,
        deadline: Duration,
        question: (Option<usize>, Option<&'static AttributeTable>),
        context: &mut Context<'_>,
    ) -> Poll<Result<u32, End>> {
        loop {
            if self.part > 0 {
                return Poll::Ready(Ok(self.sequence));
            }
            if let Some(end) = self.end.take() {
                self.release(shared);
                return Poll::Ready(Err(end));
            }
            if let Err(error) = shared.check_alive() {
                self.end = Some(Err(error));
                continue;
            }
            if !pace::has_budget() {
                pace::yield_turn(context);
                return Poll::Pending;
            }
            let timed = Timed::start();
            let step = self.step(shared, question);
            timed.stop();
            match step {
                Ok(Step::Again) => {}
                Ok(Step::Wait) => {
                    if let Some(end) = ready!(self.poll_wait(shared, deadline, context)) {
                        self.end = Some(Err(end));
                    }
                }
                Err(error) => self.end = Some(Err(error)),
            }
        }
    }

    /// One system call's worth of progress.
    fn step(
        &mut self,
        shared: &Arc<Shared>,
        question: (Option<usize>, Option<&'static AttributeTable>),
    ) -> Result<Step, Error> {
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
                    self.finish(shared, end, question)
                }
                (entries, None) => {
                    self.part = entries;
                    Ok(Step::Again)
                }
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stalled(),
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
    fn stalled(&mut self) -> Result<Step, Error> {
        let State::Running(running) = &mut self.state else {
            return Ok(Step::Again);
        };
        if self.timing == Timing::Late {
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
        question: (Option<usize>, Option<&'static AttributeTable>),
    ) -> Result<Step, Error> {
        let State::Running(running) = std::mem::replace(&mut self.state, State::Idle) else {
            return Ok(Step::Again);
        };
        ending.count(&shared.counters);
        let retry = running.entries == 0 && self.attempts < MAX_ATTEMPTS;
        let socket = running.socket;
        match ending {
            // Another dump still runs on this socket (a zombie of the kernel):
            // it must not be used again.
            Ending::Refused { errno: EBUSY, .. } if retry => {
                drop(socket);
                let fresh = DumpPool::open(&shared.config)?;
                return self.begin(shared, fresh).map(|()| Step::Again);
            }
            // The entry was larger than the first part may be; the kernel
            // sizes parts by the reader's largest receive so far.
            Ending::Refused {
                errno: EMSGSIZE, ..
            } if retry => {
                return self.begin(shared, socket).map(|()| Step::Again);
            }
            // No proof that the dump has ended in the kernel.
            Ending::Refused { errno: ENOBUFS, .. } => self.state = State::InDoubt(socket),
            _ => self.state = State::Over(socket),
        }
        let (header_len, table) = question;
        self.end = Some(ending.verdict(Question {
            bytes: &self.request,
            header_len,
            table,
        }));
        Ok(Step::Again)
    }

    /// Waits for readiness, no longer than the deadline. Ready with `None` if
    /// there may be something to read.
    fn poll_wait(
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
    fn release(&mut self, shared: &Arc<Shared>) {
        if let State::Over(socket) = std::mem::replace(&mut self.state, State::Gone) {
            shared.dumps.give_back(socket);
        }
    }

    /// The consumer is gone.
    pub(crate) fn give_up(&mut self, shared: &Arc<Shared>) {
        if matches!(self.state, State::Running(_)) {
            count(&shared.counters.cancelled);
        }
        self.release(shared);
    }
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
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
    use std::task::Waker;

    use netlane_sys::{Protocol, Received};

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
    fn received(handle: &Handle, bytes: &[u8], full_len: usize) -> (PrivateDump, Option<Ending>) {
        let shared = &handle.keep().shared;
        let mut dump = PrivateDump::new(Payload::default(), Timing::Synchronous);
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
        dump.finish(shared, end.unwrap(), (None, None)).unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut fill = |dump: &mut PrivateDump| {
            dump.poll_fill(shared, Duration::ZERO, (None, None), &mut context)
        };
        assert!(fill(&mut dump).is_ready());
        assert_eq!(dump.take_part(), last);
        let Poll::Ready(Err(Err(error))) = fill(&mut dump) else {
            panic!("no error");
        };
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

    const SEQUENCE: u32 = 7;
}
