//! One dump on a socket of its own. Owns the loop of reading it: the kernel
//! makes the next part inside recv, so a read either brings it or proves that
//! something is wrong. Mirrors `netlink_dump` of net/netlink/af_netlink.c.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use netlane_proto::{Datagram, DumpReader, Outcome, Timing};
use netlane_sys::Received;
use netlane_wire::{AttributeTable, Flags, Message};

use super::pool::{DumpPool, DumpSocket};
use super::wait::Wait;
use crate::Error;
use crate::answer::Question;
use crate::lane::{Payload, Report, report_of};
use crate::pace::{self, Timed};
use crate::shared::Shared;
use crate::statistics::{Counters, count, count_many};

/// How a dump ended: without an error, or with one.
pub(crate) type End = Option<Error>;

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
    Over(Option<DumpSocket>),
}

#[derive(Debug)]
struct Running {
    socket: DumpSocket,
    reader: DumpReader,
    /// A no-op was sent to restart a dump that had stalled, and nothing of the
    /// dump has come since.
    kicked: bool,
    /// Receive errors since something of the dump came.
    failures: u32,
    entries: usize,
    wait: Option<Wait>,
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
            State::Over(Some(socket)) => &socket.buffer,
            _ => &[],
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
                self.end = Some(Some(error));
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
                        self.end = Some(Some(end));
                    }
                }
                Err(error) => self.end = Some(Some(error)),
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
            State::Over(_) => return Err(Error::invalid("a dump was polled after its end")),
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
        let reader = DumpReader::new(sequence);
        self.state = State::Running(Box::new(Running {
            socket,
            reader,
            kicked: false,
            failures: 0,
            entries: 0,
            wait: None,
        }));
        Ok(())
    }

    /// EAGAIN before the end. A kernel that answers at once has stalled: any
    /// message that is received restarts it (KERNEL: the next part is made
    /// after a datagram was taken), so one is provoked, once.
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
        running.kicked = true;
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
            // Not a proof that the dump has ended: its socket is closed.
            Ending::Refused { errno: ENOBUFS, .. } => self.state = State::Over(None),
            _ => self.state = State::Over(Some(socket)),
        }
        self.end = Some(self.verdict(ending, question));
        Ok(Step::Again)
    }

    /// What the ending means to the consumer.
    fn verdict(
        &self,
        ending: Ending,
        (header_len, table): (Option<usize>, Option<&'static AttributeTable>),
    ) -> End {
        match ending {
            Ending::Complete { interrupted } => interrupted.then(Error::interrupted),
            Ending::Truncated { full_len: 0 } => {
                Some(Error::unknown("a part of the dump was lost"))
            }
            Ending::Truncated { full_len } => Some(Error::unknown(format!(
                "a part of the dump was {full_len} bytes, longer than the receive buffer; \
                 Builder::frame_size sets it"
            ))),
            Ending::Refused { errno, report } => {
                let question = Question {
                    bytes: &self.request,
                    header_len,
                    table,
                };
                let path = question.path(&report);
                Some(Error::refused(errno, report, path))
            }
            Ending::Lost => Some(Error::unknown("the kernel lost data of the dump")),
        }
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
                running.wait.insert(Wait::new(socket, deadline))
            }
        };
        let ready = wait.poll(shared, context);
        if ready.is_ready() {
            running.wait = None;
        }
        ready
    }

    /// Gives the socket back to the pool if its dump has ended.
    fn release(&mut self, shared: &Arc<Shared>) {
        if let State::Over(socket) = &mut self.state
            && let Some(socket) = socket.take()
        {
            shared.dumps.give_back(socket);
        }
    }

    /// The consumer is gone: a socket whose dump runs is closed, which ends it
    /// in the kernel.
    pub(crate) fn give_up(&mut self, shared: &Arc<Shared>) {
        self.release(shared);
        if matches!(self.state, State::Running(_)) {
            count(&shared.counters.cancelled);
        }
        self.state = State::Over(None);
    }
}

impl Running {
    /// One datagram. Returns how many bytes of the buffer hold entries, and the
    /// end if that was it.
    fn take_in(&mut self, received: &Received, counters: &Counters) -> (usize, Option<Ending>) {
        count(&counters.datagrams_received);
        let datagram = Datagram {
            full_len: received.full_len,
            nsid: received.nsid,
            ..Datagram::from_kernel(self.socket.buffer.get(..received.len).unwrap_or_default())
        };
        let part = self.reader.feed(&datagram);
        self.entries += part.entries;
        if part.entries > 0 {
            self.kicked = false;
            self.failures = 0;
        }
        // The answer to the kick is no stranger.
        let expected = usize::from(self.kicked);
        count_many(&counters.stray, part.strangers.saturating_sub(expected));
        let entries = if part.entries > 0 { received.len } else { 0 };
        (entries, part.end.map(Ending::from))
    }

    /// A part was lost, or could not be made (KERNEL: `netlink_dump` failing
    /// inside recvmsg). There is more to read: the end is still to come.
    fn failed(&mut self, error: io::Error, counters: &Counters) -> Result<(), Error> {
        count(&counters.overruns);
        self.failures += 1;
        if self.failures > MAX_FAILURES {
            return Err(Error::socket(error));
        }
        self.reader.damage(0);
        tracing::warn!(%error, "receive error during a dump");
        Ok(())
    }
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Again,
    Wait,
}

/// How the dump ended, owned.
#[derive(Debug)]
enum Ending {
    Complete { interrupted: bool },
    Refused { errno: i32, report: Report },
    Truncated { full_len: usize },
    Lost,
}

impl Ending {
    fn count(&self, counters: &Counters) {
        count(match self {
            Self::Complete { .. } => &counters.answered,
            Self::Refused { .. } => &counters.refused,
            Self::Truncated { .. } | Self::Lost => &counters.lost,
        });
    }
}

impl From<Outcome<'_>> for Ending {
    fn from(outcome: Outcome<'_>) -> Self {
        match outcome {
            Outcome::Complete { interrupted, .. } => Self::Complete { interrupted },
            Outcome::Refused { errno, extended } => Self::Refused {
                errno,
                report: report_of(extended),
            },
            Outcome::Truncated { full_len } => Self::Truncated { full_len },
            _ => Self::Lost,
        }
    }
}

/// Receive errors without progress after which a dump is given up.
const MAX_FAILURES: u32 = 64;

/// Sends of one dump: the first, and after a zombie or an entry too large.
pub(super) const MAX_ATTEMPTS: u32 = 3;

/// Errno values of Linux; those that differ on MIPS or SPARC only cost a retry.
pub(super) const EBUSY: i32 = 16;
const EMSGSIZE: i32 = 90;
const ENOBUFS: i32 = 105;
