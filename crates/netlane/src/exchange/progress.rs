//! The future of one request: where it starts, when it steps aside for others,
//! when it gives up, what happens when it is dropped.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use netlane_proto::Sequence;
use netlane_sys::Address;
use netlane_wire::{Header, rare};
use tracing::Span;

use super::{Asking, Exchange, Stage};
use crate::activity::Activity;
use crate::answer::{Question, judge};
use crate::deadline::Deadline;
use crate::error::Asked;
use crate::lane::{Begun, Cancelled, Ending, Finished, Order};
use crate::operations::Operation;
use crate::pace::{self, Timed};
use crate::shared::Shared;
use crate::spans;
use crate::statistics::count;
use crate::{Answer, Error, ErrorKind};

type Outcome = Result<Answer, Error>;

/// What making a request came to: its answer, if it was acknowledged at once and
/// nobody traces it; else what is to be said. Apart, so that what most requests
/// come to is not copied on its way out.
type Made = Result<Answer, Poll<Outcome>>;

impl Future for Exchange {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let this = &mut *self;
        let made = match this.stage {
            Stage::Ready => this.start(context),
            _ => {
                rare();
                Err(this.go_on(context))
            }
        };
        match made {
            Ok(answer) => {
                this.stage = Stage::Done;
                Poll::Ready(Ok(answer))
            }
            Err(said) => {
                rare();
                this.say(said, context)
            }
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(sequence) = self.leave() {
            self.keep.shared.lane.desert(sequence);
            spans::note_cancelled(self.span());
        }
    }
}

impl Exchange {
    /// Says what became of it, or makes it again.
    #[inline(never)]
    fn say(&mut self, mut said: Poll<Outcome>, context: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = loop {
            let outcome = ready!(said);
            if !self.is_to_be_repeated(&outcome) {
                break outcome;
            }
            self.renew();
            said = match self.start(context) {
                Ok(answer) => Poll::Ready(Ok(answer)),
                Err(said) => said,
            };
        };
        if let Some(sequence) = self.leave() {
            // It was sent, and nobody waits for more.
            self.keep.shared.lane.cancel(sequence);
        }
        if let Some(extras) = self.extras.take() {
            spans::note_outcome(&extras.span, &outcome);
        }
        Poll::Ready(outcome.map_err(|error| self.label(error)))
    }

    /// A poll after the first.
    #[inline(never)]
    fn go_on(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.stage {
            Stage::Waiting(sequence) => self.look(sequence, context),
            Stage::Aside(sequence) => {
                let timed = Timed::start();
                let begun = self.keep.shared.lane.revisit(sequence, context.waker());
                timed.stop();
                self.stage = Stage::Waiting(sequence);
                self.looked(begun, context)
            }
            _ => Poll::Ready(Err(Error::invalid("a request was polled after its end"))),
        }
    }

    /// The first poll, or one that tries again.
    #[inline(always)]
    fn start(&mut self, context: &mut Context<'_>) -> Made {
        if spans::are_wanted() || self.extras.is_some() || self.order.to.is_some() {
            rare();
            match self.prepare(context) {
                Ok(true) => {}
                Ok(false) => return Err(self.wait(context)),
                Err(error) => return Err(Poll::Ready(Err(error))),
            }
        } else if let Err(error) = self.keep.shared.check_open() {
            rare();
            return Err(Poll::Ready(Err(error)));
        }
        self.make(context)
    }

    /// Makes the request: here, if that is quick and this thread may.
    #[inline(always)]
    fn make(&mut self, context: &mut Context<'_>) -> Made {
        let shared = &self.keep.shared;
        let operation = Operation::of(shared.config.protocol, self.order.kind, &self.order.bytes);
        let slow = self
            .slow
            .unwrap_or_else(|| !shared.operations.is_quick(operation));
        if shared.config.offload.is_aside(slow) {
            rare();
            return Err(self.offload(operation, context));
        }
        if !pace::has_budget() || shared.lane.is_crowded() {
            rare();
            return Err(self.step_aside(context));
        }
        let timed = Timed::start();
        let begun = shared.lane.begin(&mut self.order, context.waker());
        if shared.operations.note(operation, timed.stop()) {
            self.note_slow(operation);
        }
        match begun {
            Begun::Finished(Finished {
                ending: Some(Ending::Acknowledged(report)),
                replies,
                ..
            }) if self.extras.is_none() => Ok(Answer::acknowledged(replies, report)),
            Begun::Finished(finished) => {
                rare();
                Err(self.finished(finished, context))
            }
            Begun::Pending(sequence) => {
                rare();
                Err(self.pending(sequence, context))
            }
            Begun::NotSent(error) => {
                rare();
                Err(self.not_sent(error, context))
            }
            Begun::Closed(error) => {
                rare();
                Err(Poll::Ready(Err(error)))
            }
        }
    }

    /// It has ended at once: somebody wants to know more of it, or it was not
    /// acknowledged.
    #[inline(never)]
    fn finished(&mut self, finished: Finished, context: &mut Context<'_>) -> Poll<Outcome> {
        let refused = finished.found_peer_full();
        let looked = self.looked(Begun::Finished(finished), context);
        if !refused && self.extras.is_some() {
            self.record_sequence();
        }
        looked
    }

    /// It has not been answered at once.
    #[inline(never)]
    fn pending(&mut self, sequence: Sequence, context: &mut Context<'_>) -> Poll<Outcome> {
        self.stage = Stage::Waiting(sequence);
        spans::note_sequence(self.span(), sequence);
        self.wait(context)
    }

    /// It could not be sent.
    #[cold]
    fn not_sent(&mut self, error: io::Error, context: &mut Context<'_>) -> Poll<Outcome> {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.try_later(context),
            _ => Poll::Ready(Err(Error::not_sent(error))),
        }
    }

    /// Has whoever drives next send the request: others have their turn.
    #[inline(never)]
    fn step_aside(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        let sequence = self.keep.shared.lane.publish(&mut self.order)?;
        self.stage = Stage::Aside(sequence);
        spans::note_sequence(self.span(), sequence);
        pace::yield_turn(context);
        Poll::Pending
    }

    #[cold]
    fn note_slow(&self, operation: Operation) {
        count(&self.keep.shared.counters.slow);
        tracing::debug!(parent: self.span(), ?operation, "a slow request, on the thread that awaits it");
    }

    /// What only few requests need before they are made. Says whether it is time
    /// for that: a peer that was full is not tried again at once.
    #[cold]
    fn prepare(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let shared = &self.keep.shared;
        let extras = self.extras.get_or_insert_default();
        if let Some(patience) = &mut extras.patience {
            return Ok(patience.poll(shared, context).is_ready());
        }
        extras.span = spans::request(asked(shared, &self.order), &self.order);
        if let Some(error) = extras.impossible.take() {
            return Err(error);
        }
        match self.order.to {
            Some(to) if to != Address::KERNEL => {
                extras.activity = Some(Activity::begin(shared)?);
            }
            _ => shared.check_open()?,
        }
        Ok(true)
    }

    /// None, if nobody traces.
    fn span(&self) -> &Span {
        static NONE: Span = Span::none();
        self.extras.as_ref().map_or(&NONE, |extras| &extras.span)
    }

    /// The peer's queue is full: tries again after a while.
    fn try_later(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        self.stage = Stage::Ready;
        let extras = self.extras.get_or_insert_default();
        let patience = extras.patience.get_or_insert_default();
        patience.try_later()?;
        if patience.poll(&self.keep.shared, context).is_ready() {
            context.waker().wake_by_ref();
        }
        self.wait(context)
    }

    /// Has a thread of the connection's own make the system call.
    #[inline(never)]
    fn offload(&mut self, operation: Operation, context: &mut Context<'_>) -> Poll<Outcome> {
        let shared = Arc::clone(&self.keep.shared);
        let sequence = shared.lane.enlist(&mut self.order)?;
        count(&shared.counters.offloaded);
        // A copy stays here, to find the attribute a refusal points at.
        let order = self.order.clone();
        let job = {
            let shared = Arc::clone(&shared);
            Box::new(move || {
                let timed = Timed::start();
                shared.lane.send_enlisted(sequence, &order);
                let took = timed.stop();
                if shared.operations.note(operation, took) {
                    count(&shared.counters.slow);
                    tracing::debug!(?operation, ?took, "a slow request");
                }
            })
        };
        if shared.workers.submit(job).is_err() {
            shared.lane.cancel(sequence);
            let text = "no thread for a request that may sleep: too many wait already";
            return Poll::Ready(Err(Error::not_sent_because(text)));
        }
        self.stage = Stage::Waiting(sequence);
        spans::note_sequence(self.span(), sequence);
        self.look(sequence, context)
    }

    /// Looks whether the conversation has ended.
    fn look(&mut self, sequence: Sequence, context: &mut Context<'_>) -> Poll<Outcome> {
        let begun = self.keep.shared.lane.check(sequence, context.waker());
        self.looked(begun, context)
    }

    fn looked(&mut self, begun: Begun, context: &mut Context<'_>) -> Poll<Outcome> {
        match begun {
            Begun::Finished(mut finished) if finished.found_peer_full() => {
                if self.order.bytes.is_empty() {
                    self.order.bytes = std::mem::take(&mut finished.request);
                }
                self.try_later(context)
            }
            Begun::Finished(finished) => {
                self.stage = Stage::Done;
                Poll::Ready(self.judge(finished))
            }
            _ => self.wait(context),
        }
    }

    /// Waits, no longer than the deadline.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        // What has not been sent yet is not given up, or it never would be.
        if self.unawaited
            && let Stage::Waiting(sequence) = self.stage
            && self.keep.shared.lane.is_sent(sequence)
        {
            return Poll::Ready(Ok(Answer::default()));
        }
        let shared = &self.keep.shared;
        let extras = self.extras.get_or_insert_default();
        let deadline = extras
            .deadline
            .get_or_insert_with(|| Deadline::new(shared.config.deadline));
        ready!(deadline.poll(shared, context));
        let limit = deadline.limit();
        let sequence = self.leave();
        let shared = &self.keep.shared;
        count(&shared.counters.timed_out);
        let cancelled = sequence.map(|sequence| shared.lane.cancel(sequence));
        let hint = shared.hint();
        Poll::Ready(Err(match cancelled {
            // Without a sequence it waits for a peer to make room.
            None | Some(Cancelled::Withdrawn) => Error::never_sent(limit, hint),
            Some(_) => Error::timed_out(limit, hint),
        }))
    }

    /// Whether the request is to be made again: its answer is lost, and its
    /// caller says that twice is as good as once.
    fn is_to_be_repeated(&self, outcome: &Outcome) -> bool {
        let lost = [ErrorKind::OutcomeUnknown, ErrorKind::Incomplete];
        self.repeats > 0
            && outcome
                .as_ref()
                .is_err_and(|error| lost.contains(&error.kind()) && !error.is_closed())
    }

    /// Begins anew.
    #[cold]
    fn renew(&mut self) {
        self.repeats -= 1;
        self.repeated = true;
        self.extras().patience = None;
        self.stage = Stage::Ready;
        tracing::debug!(parent: self.span(), "the answer is lost; the request is made again");
    }

    fn judge(&mut self, mut finished: Finished) -> Outcome {
        if self.order.bytes.is_empty() {
            self.order.bytes = std::mem::take(&mut finished.request);
        }
        let bytes = &self.order.bytes;
        let Asking { header_len, table } = self.question;
        let question = Question {
            bytes,
            header_len,
            table,
        };
        judge(finished, question).or_else(|error| self.forgive(error))
    }

    /// An error that is none for this caller.
    #[cold]
    fn forgive(&self, error: Error) -> Outcome {
        // Whether a refusal is known by now is chance; nobody waits for it.
        if self.unawaited && error.is_refused() {
            count(&self.keep.shared.counters.refused_unawaited);
            return Ok(Answer::default());
        }
        // The first one did it, though its answer was lost.
        if self.repeated && matches!(error.errno(), Some(EEXIST | ENOENT)) {
            return Ok(Answer::default());
        }
        Err(error)
    }

    /// Says what an error is about.
    #[cold]
    fn label(&self, error: Error) -> Error {
        let shared = &self.keep.shared;
        error
            .about(asked(shared, &self.order))
            .sized(self.order.bytes.len(), shared.longest)
    }

    /// Waits for nothing any more. Returns the conversation, if there is one.
    fn leave(&mut self) -> Option<Sequence> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Aside(sequence) | Stage::Waiting(sequence) => Some(sequence),
            Stage::Ready | Stage::Done => None,
        }
    }

    /// Notes the sequence of a request that was begun and answered in one go.
    fn record_sequence(&self) {
        if let Some(header) = Header::read(&self.order.bytes) {
            self.span().record("sequence", header.sequence);
        }
    }
}

/// What a request is, for an error or a span.
fn asked(shared: &Shared, order: &Order) -> Asked {
    Asked {
        protocol: shared.config.protocol,
        kind: order.kind,
    }
}

/// Errno values of Linux on every architecture.
const ENOENT: i32 = 2;
const EEXIST: i32 = 17;

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use netlane_sys::{Socket, SocketKind};
    use netlane_wire::{Flags, Message};

    use super::*;
    use crate::{Expect, Protocol};

    fn socket() -> Socket {
        let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
        socket.bind(Address::KERNEL).unwrap();
        socket
    }

    /// Fails when a full peer is given up at once where a request waits behind what the lane reads.
    #[tokio::test]
    async fn a_peer_that_was_full_is_tried_again_although_its_request_had_to_wait() {
        let (peer, stranger) = (socket(), socket());
        peer.set_receive_buffer(4096).unwrap();
        let to = peer.local_address().unwrap();
        while stranger.send_to(&[0; 16], to).is_ok() {}

        let handle = crate::spawn(Protocol::USERSOCK).unwrap();
        let message = Message::new(32, Flags::REQUEST);
        let mut request = pin!(handle.request(message).expect(Expect::Reply).to(to));
        request.keep.shared.lane.lose();
        let early = futures::poll!(&mut request);
        assert!(early.is_pending(), "{early:?}");
        // As soon as the peer reads, it is asked, and says the same.
        let peer = async {
            let mut buffer = [0; 4096];
            let answer = loop {
                match peer.recv_from(&mut buffer) {
                    Ok(received) if received.sender != stranger.local_address().unwrap() => {
                        break peer.send_to(&buffer[..received.len], received.sender);
                    }
                    _ => tokio::task::yield_now().await,
                }
            };
            answer.unwrap();
        };
        let (answer, ()) = futures::join!(request, peer);
        assert_eq!(answer.unwrap().replies.len(), 1);
    }
}
