//! The future of one request: where it starts, when it steps aside for others,
//! when it gives up, what happens when it is dropped.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use netlane_proto::Sequence;
use tokio::time::Instant;

use super::order::explain_unsent;
use super::{Asking, Exchange, Stage};
use crate::answer::{Question, judge};
use crate::deadline::Deadline;
use crate::lane::{Begun, Waiting};
use crate::operations::Operation;
use crate::pace::{self, Timed};
use crate::statistics::count;
use crate::{Answer, Error};

type Outcome = Result<Answer, Error>;

impl Future for Exchange {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let this = &mut *self;
        let outcome = ready!(this.advance(context));
        // What is still on its way is given up: the deadline has passed.
        this.give_up();
        this.record(&outcome);
        Poll::Ready(outcome.map_err(|error| error.about(this.question.asked)))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Exchange {
    /// One poll, before its result is labelled.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.stage {
            Stage::Ready => self.start(context),
            Stage::Waiting(sequence) => self.look(sequence, context),
            Stage::Aside(sequence) => {
                let timed = Timed::start();
                let begun = self.keep.shared.lane.revisit(sequence, context.waker());
                timed.stop();
                self.stage = Stage::Waiting(sequence);
                self.looked(begun, context)
            }
            Stage::Done => Poll::Ready(Err(Error::invalid("a request was polled after its end"))),
        }
    }

    /// The first poll, or one that tries again.
    fn start(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(error) = self.impossible.take() {
            return Poll::Ready(Err(error));
        }
        if let Some(retry) = &mut self.retry {
            if retry.poll(&self.keep.shared, context).is_pending() {
                return self.wait(context);
            }
            self.retry = None;
        } else {
            self.open_span();
        }
        let shared = &self.keep.shared;
        shared.check_open()?;
        if self.order.to.is_none() {
            self.order.to = shared.default_address();
        }
        let operation = Operation::of(shared.config.protocol, self.order.kind, &self.order.bytes);
        let slow = self
            .slow
            .unwrap_or_else(|| !shared.operations.is_quick(operation));
        if shared.config.offload.is_aside(slow) {
            return self.offload(operation, context);
        }
        if !pace::has_budget() || shared.lane.is_crowded() {
            let sequence = shared.lane.publish(&mut self.order)?;
            self.stage = Stage::Aside(sequence);
            pace::yield_turn(context);
            return Poll::Pending;
        }
        let timed = Timed::start();
        let begun = shared.lane.begin(&mut self.order, context.waker());
        if shared.operations.note(operation, timed.stop()) {
            count(&shared.counters.slow);
            tracing::debug!(parent: &self.span, ?operation, "a request was slower than the budget");
        }
        self.begun(begun, context)
    }

    /// What became of a request begun here.
    fn begun(&mut self, begun: Begun, context: &mut Context<'_>) -> Poll<Outcome> {
        match begun {
            Begun::Finished(waiting) => Poll::Ready(self.judge(waiting)),
            Begun::Closed(error) => Poll::Ready(Err(error)),
            Begun::Pending(sequence) => {
                self.stage = Stage::Waiting(sequence);
                self.wait(context)
            }
            Begun::NotSent(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.try_later(context)
            }
            Begun::NotSent(error) => Poll::Ready(Err(explain_unsent(error, &self.order))),
        }
    }

    /// The peer's queue is full, and nothing wakes a sender when there is room
    /// again (`netlink_attachskb`): try again after a while, for a bounded
    /// time.
    fn try_later(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        let since = *self.full_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= PEER_PATIENCE {
            let text = "the peer does not read: its receive buffer is full";
            return Poll::Ready(Err(Error::not_sent_because(text)));
        }
        self.stage = Stage::Ready;
        let retry = self.retry.insert(Deadline::new(PEER_RETRY));
        if retry.poll(&self.keep.shared, context).is_ready() {
            context.waker().wake_by_ref();
        }
        self.wait(context)
    }

    /// Has a thread of the connection's own make the system call.
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
        self.look(sequence, context)
    }

    /// Looks whether the conversation has ended.
    fn look(&mut self, sequence: Sequence, context: &mut Context<'_>) -> Poll<Outcome> {
        let begun = self.keep.shared.lane.check(sequence, context.waker());
        self.looked(begun, context)
    }

    fn looked(&mut self, begun: Begun, context: &mut Context<'_>) -> Poll<Outcome> {
        match begun {
            Begun::Finished(mut waiting) if waiting.found_peer_full() => {
                if self.order.bytes.is_empty() {
                    self.order.bytes = std::mem::take(&mut waiting.request);
                }
                self.try_later(context)
            }
            Begun::Finished(waiting) => {
                self.stage = Stage::Done;
                Poll::Ready(self.judge(waiting))
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
        ready!(self.deadline.poll(&self.keep.shared, context));
        count(&self.keep.shared.counters.timed_out);
        let error = Error::timed_out(self.deadline.limit(), self.keep.shared.hint());
        Poll::Ready(Err(error))
    }

    fn judge(&self, mut waiting: Waiting) -> Outcome {
        let sent_by_lane = std::mem::take(&mut waiting.request);
        let kept = &self.order.bytes;
        let bytes = if kept.is_empty() { &sent_by_lane } else { kept };
        let Asking {
            header_len, table, ..
        } = self.question;
        let question = Question {
            bytes,
            header_len,
            table,
        };
        match judge(waiting, question) {
            // Whether a refusal is known by now is chance; nobody waits for it.
            Err(error) if self.unawaited && error.is_refused() => {
                count(&self.keep.shared.counters.refused_unawaited);
                Ok(Answer::default())
            }
            judged => judged,
        }
    }

    /// Tells the lane that nobody waits any more, if it is under way.
    fn give_up(&mut self) {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        if let Stage::Aside(sequence) | Stage::Waiting(sequence) = stage {
            self.keep.shared.lane.cancel(sequence);
        }
    }

    fn open_span(&mut self) {
        self.span = tracing::debug_span!(
            "request",
            protocol = %self.question.asked.protocol,
            r#type = self.order.kind,
            expect = ?self.order.expect,
            sequence = tracing::field::Empty,
            outcome = tracing::field::Empty,
        );
    }

    fn record(&self, outcome: &Outcome) {
        if self.span.is_disabled() {
            return;
        }
        match outcome {
            Ok(_) => self.span.record("outcome", "answered"),
            Err(error) => self.span.record("outcome", tracing::field::display(error)),
        };
    }
}

/// How long to wait before trying a full peer again, and how long in all.
const PEER_RETRY: Duration = Duration::from_millis(2);
const PEER_PATIENCE: Duration = Duration::from_secs(1);
