//! One dump on a connection's single lane. Owns the wait for its parts; the
//! lane reads them, queues dumps behind each other and discards the rest of
//! one that was given up.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use netlane_proto::{Expect, Sequence, Timing};
use netlane_wire::Frame;

use super::Terms;
use super::reading::End;
use super::socket::{EBUSY, MAX_ATTEMPTS};
use crate::Error;
use crate::answer::{Question, judge};
use crate::deadline::Deadline;
use crate::full_peer::Patience;
use crate::lane::{Begun, Ending, Finished, Order, Payload};
use crate::pace::{self, Timed};
use crate::shared::Shared;
use crate::statistics::count;

/// A dump whose parts arrive on the request lane.
#[derive(Debug)]
pub(crate) struct SharedDump {
    order: Option<Order>,
    request: Payload,
    /// When its parts are there: synchronous if each is made by reading the one
    /// before it, so that an empty queue means that the rest is lost.
    timing: Timing,
    sequence: Option<Sequence>,
    deadline: Option<Deadline>,
    /// With a peer whose queue is full.
    patience: Patience,
    end: Option<End>,
    /// Sends that found the socket busy with a dump of nobody's.
    attempts: u32,
}

impl SharedDump {
    pub(crate) fn new(order: Order, timing: Timing) -> Self {
        let request = order.bytes.clone();
        Self {
            order: Some(Order { timing, ..order }),
            request,
            timing,
            sequence: None,
            deadline: None,
            patience: Patience::default(),
            end: None,
            attempts: 0,
        }
    }

    /// The request, finished.
    pub(crate) fn request(&self) -> &[u8] {
        &self.request
    }

    /// When the parts are there.
    pub(crate) fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
        if let Some(order) = &mut self.order {
            order.timing = timing;
        }
    }

    /// Begins anew after an end.
    pub(crate) fn restart(&mut self) {
        self.renew();
        self.end = None;
        self.attempts = 0;
        self.patience = Patience::default();
    }

    /// Makes the request ready to be sent once more.
    fn renew(&mut self) {
        self.order = Some(Order {
            kind: crate::lane::kind_of(&self.request),
            command: 0,
            bytes: self.request.clone(),
            expect: Expect::Dump,
            timing: self.timing,
            to: None,
            plain: false,
        });
        self.sequence = None;
    }

    /// Ready with the sequence number and entries in `chunk`, or with the end.
    pub(crate) fn poll_fill(
        &mut self,
        shared: &Arc<Shared>,
        terms: Terms,
        context: &mut Context<'_>,
        chunk: &mut Bytes,
    ) -> Poll<Result<u32, End>> {
        if let Some(end) = self.end.take() {
            return Poll::Ready(Err(end));
        }
        loop {
            if self.patience.poll(shared, context).is_pending() {
                return self.poll_deadline(shared, terms.deadline, context);
            }
            // It may be read to its end at once: others have their turn before.
            if self.order.is_some() && !pace::has_budget() {
                pace::yield_turn(context);
                return Poll::Pending;
            }
            let begun = match (self.order.take(), self.sequence) {
                (Some(order), _) => Self::begin(order, shared, context),
                (None, Some(sequence)) => shared.lane.check(sequence, context.waker()),
                (None, None) => {
                    let error = Error::invalid("a dump was polled after its end");
                    return Poll::Ready(Err(Err(error)));
                }
            };
            return match begun {
                begun if begun.found_peer_full() => {
                    self.try_later()?;
                    continue;
                }
                Begun::Pending(sequence) => {
                    self.sequence = Some(sequence);
                    let frames = shared.lane.take_replies(sequence);
                    if frames.is_empty() {
                        return self.poll_deadline(shared, terms.deadline, context);
                    }
                    self.deadline = None;
                    *chunk = join(&frames);
                    Poll::Ready(Ok(sequence.get()))
                }
                Begun::Finished(finished) if self.found_busy(&finished, shared) => continue,
                Begun::Finished(finished) => Poll::Ready(self.finish(finished, terms, chunk)),
                Begun::Closed(error) => Poll::Ready(Err(Err(error))),
                Begun::NotSent(error) => Poll::Ready(Err(Err(Error::not_sent(error)))),
            };
        }
    }

    /// Sends the request, or publishes it.
    fn begin(mut order: Order, shared: &Arc<Shared>, context: &mut Context<'_>) -> Begun {
        order.to = shared.config.default_address();
        let timed = Timed::start();
        let begun = shared.lane.begin(&mut order, context.waker());
        timed.stop();
        begun
    }

    /// The peer's queue is full: begins anew after a while.
    fn try_later(&mut self) -> Result<(), End> {
        self.renew();
        self.patience.try_later().map_err(Err)
    }

    /// Whether the kernel refused because a dump runs on this socket that is
    /// not the lane's: a zombie, or one from before the socket was adopted.
    /// Reading is what ends it; then the dump is begun anew.
    fn found_busy(&mut self, finished: &Finished, shared: &Arc<Shared>) -> bool {
        let busy = matches!(finished.ending, Some(Ending::Refused { errno: EBUSY, .. }));
        if !busy || shared.config.peers || self.attempts >= MAX_ATTEMPTS {
            return false;
        }
        self.attempts += 1;
        shared.lane.drive_all();
        self.renew();
        true
    }

    /// The lane has read the end. Its last entries come before it.
    fn finish(
        &mut self,
        mut finished: Finished,
        terms: Terms,
        chunk: &mut Bytes,
    ) -> Result<u32, End> {
        self.sequence = None;
        let (header_len, table) = terms.question;
        let frames = std::mem::take(&mut finished.replies);
        let question = Question {
            bytes: &self.request,
            header_len,
            table,
        };
        let end = match judge(finished, question) {
            Ok(answer) if answer.interrupted => Err(Error::interrupted()),
            Ok(answer) => Ok(answer.report),
            Err(error) => Err(error),
        };
        let Some(first) = frames.first() else {
            return Err(end);
        };
        self.end = Some(end);
        *chunk = join(&frames);
        Ok(first.header().sequence)
    }

    fn poll_deadline(
        &mut self,
        shared: &Arc<Shared>,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<Result<u32, End>> {
        let timer = self.deadline.get_or_insert_with(|| Deadline::new(deadline));
        timer.poll(shared, context).map(|()| {
            count(&shared.counters.timed_out);
            let Some(sequence) = self.sequence.take() else {
                return Err(Err(Error::never_sent(deadline, shared.hint())));
            };
            shared.lane.cancel(sequence);
            Err(Err(Error::timed_out(deadline, shared.hint())))
        })
    }

    /// The consumer is gone: the lane reads the rest and discards it.
    pub(crate) fn give_up(&mut self, shared: &Arc<Shared>) {
        if let Some(sequence) = self.sequence.take() {
            shared.lane.desert(sequence);
        }
    }
}

/// Frames one after the other, as they stand in a datagram.
fn join(frames: &[Frame]) -> Bytes {
    let mut joined = BytesMut::new();
    for frame in frames {
        joined.resize(joined.len().next_multiple_of(4), 0);
        joined.extend_from_slice(frame.bytes());
    }
    joined.freeze()
}
