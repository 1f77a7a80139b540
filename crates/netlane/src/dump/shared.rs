//! One dump on a connection's single lane. Owns the wait for its parts; the
//! lane reads them, queues dumps behind each other and discards the rest of
//! one that was given up.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use netlane_proto::Sequence;
use netlane_wire::{AttributeTable, Frame};

use super::socket::End;
use crate::Error;
use crate::answer::{Question, judge};
use crate::connection::Shared;
use crate::deadline::Deadline;
use crate::lane::{Begun, Order, Payload, Waiting};
use crate::statistics::count;

/// A dump whose parts arrive on the request lane.
#[derive(Debug)]
pub(crate) struct SharedDump {
    order: Option<Order>,
    request: Payload,
    sequence: Option<Sequence>,
    deadline: Option<Deadline>,
    end: Option<End>,
}

impl SharedDump {
    pub(crate) fn new(mut order: Order) -> Self {
        // Its parts are made while it is read, so silence proves nothing.
        order.timing = netlane_proto::Timing::Late;
        let request = order.bytes.clone();
        Self {
            order: Some(order),
            request,
            sequence: None,
            deadline: None,
            end: None,
        }
    }

    /// Begins anew after an end.
    pub(crate) fn restart(&mut self) {
        self.order = Some(Order {
            kind: crate::lane::kind_of(&self.request),
            bytes: self.request.clone(),
            expect: netlane_proto::Expect::Dump,
            timing: netlane_proto::Timing::Late,
            to: None,
            plain: false,
        });
        self.end = None;
    }

    /// Ready with the sequence number and entries in `chunk`, or with the end.
    pub(crate) fn poll_fill(
        &mut self,
        shared: &Arc<Shared>,
        deadline: Duration,
        question: (Option<usize>, Option<&'static AttributeTable>),
        context: &mut Context<'_>,
        chunk: &mut Bytes,
    ) -> Poll<Result<u32, End>> {
        if let Some(end) = self.end.take() {
            return Poll::Ready(Err(end));
        }
        let begun = match (self.order.take(), self.sequence) {
            (Some(mut order), _) => {
                if let Err(error) = shared.check_open() {
                    return Poll::Ready(Err(Some(error)));
                }
                order.to = shared.default_address();
                let begun = shared.lane.begin(&mut order, context.waker());
                if let Begun::NotSent(error) = begun {
                    return Poll::Ready(Err(Some(Error::not_sent(error))));
                }
                begun
            }
            (None, Some(sequence)) => shared.lane.check(sequence, context.waker()),
            (None, None) => {
                return Poll::Ready(Err(Some(Error::invalid("a dump was polled after its end"))));
            }
        };
        match begun {
            Begun::Pending(sequence) => {
                self.sequence = Some(sequence);
                let frames = shared.lane.take_replies(sequence);
                if frames.is_empty() {
                    return self.poll_deadline(shared, deadline, context);
                }
                self.deadline = None;
                *chunk = join(&frames);
                Poll::Ready(Ok(sequence.get()))
            }
            Begun::Finished(waiting) => Poll::Ready(self.finish(waiting, question, chunk)),
            Begun::Closed(error) => Poll::Ready(Err(Some(error))),
            Begun::NotSent(error) => Poll::Ready(Err(Some(Error::not_sent(error)))),
        }
    }

    /// The lane has read the end. Its last entries come before it.
    fn finish(
        &mut self,
        mut waiting: Waiting,
        (header_len, table): (Option<usize>, Option<&'static AttributeTable>),
        chunk: &mut Bytes,
    ) -> Result<u32, End> {
        self.sequence = None;
        let frames = std::mem::take(&mut waiting.replies);
        let question = Question {
            bytes: &self.request,
            header_len,
            table,
        };
        let end = match judge(waiting, question) {
            Ok(answer) => answer.interrupted.then(Error::interrupted),
            Err(error) => Some(error),
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
            if let Some(sequence) = self.sequence.take() {
                shared.lane.cancel(sequence);
            }
            Err(Some(Error::timed_out(deadline, shared.hint())))
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
