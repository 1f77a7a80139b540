//! Many requests at once, in order. Owns the sliding window of a batch: what
//! is published, what has been answered. How they are coalesced into datagrams
//! and kept under the credit window is the lane's business.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use netlane_proto::{Expect, Sequence};
use netlane_wire::Message;
use tracing::Span;

use crate::activity::Activity;
use crate::answer::{Question, judge};
use crate::deadline::Deadline;
use crate::error::Asked;
use crate::exchange::order_of;
use crate::handle::Keep;
use crate::lane::{Begun, Cancelled, Finished, Order};
use crate::operations::Operation;
use crate::pace::{self, Timed};
use crate::spans;
use crate::statistics::{count, count_many};
use crate::{Answer, Error};

/// One outcome for each request of a batch, in the order of the requests.
pub type Outcomes = Vec<Result<Answer, Error>>;

/// A batch that is being made: a future of one outcome per request, in order.
///
/// The requests are executed in order, coalesced into as few datagrams as fit;
/// those that have not proved quick one by one, on a thread of the connection's
/// own, since one datagram of them would be one long system call.
/// A refused one does not stop those after it; where all or nothing is wanted,
/// netfilter has [transactions](crate::Handle::transaction).
///
/// One that finds the queue of a user peer full is not tried again, as a single
/// request is: those after it may have been delivered, and order is kept.
///
/// # Cancel safety
///
/// Dropping it withdraws the requests that were not sent yet; those that were
/// may take effect, and their answers are swallowed.
#[derive(Debug)]
#[must_use = "a batch does nothing unless awaited"]
pub struct Batch {
    keep: Keep,
    /// What is not published yet, last first.
    rest: VecDeque<Result<Order, Error>>,
    /// What is published and not answered, in order.
    window: VecDeque<(Sequence, Member)>,
    outcomes: Outcomes,
    deadline: Deadline,
    /// From the first datagram to the end: a close waits for it.
    activity: Option<Activity>,
    span: Span,
}

impl Batch {
    pub(crate) fn new(keep: Keep, messages: impl IntoIterator<Item = Message>) -> Self {
        let config = &keep.shared.config;
        let rest: VecDeque<_> = messages
            .into_iter()
            .map(|message| order_of(message, Expect::Acknowledgement, config))
            .collect();
        let outcomes = Vec::with_capacity(rest.len());
        let deadline = Deadline::new(keep.shared.config.deadline);
        Self {
            keep,
            rest,
            window: VecDeque::new(),
            outcomes,
            deadline,
            activity: None,
            span: Span::none(),
        }
    }

    /// How long to wait at most without any progress.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Deadline::new(limit);
        self
    }

    /// The first datagram is about to go out.
    fn start(&mut self, requests: usize) -> Result<(), Error> {
        self.span = tracing::debug_span!(
            "batch",
            protocol = %self.keep.shared.config.protocol,
            requests = requests + self.rest.len() + self.outcomes.len(),
            failed = tracing::field::Empty,
        );
        self.activity = Some(Activity::begin(&self.keep.shared)?);
        Ok(())
    }

    /// Publishes the next requests, and drives them or has them driven.
    fn publish(&mut self) {
        let (orders, quick) = self.next_orders();
        if orders.is_empty() {
            return;
        }
        if self.activity.is_none()
            && let Err(error) = self.start(orders.len())
        {
            let count = orders.len() + std::mem::take(&mut self.rest).len();
            self.outcomes.extend((0..count).map(|_| Err(error.clone())));
            return;
        }
        let shared = &self.keep.shared;
        let protocol = self.keep.shared.config.protocol;
        let members = orders.iter().map(|order| {
            let kind = order.kind;
            Member::new(&self.span, Asked { protocol, kind }, order)
        });
        let members: Vec<_> = members.collect();
        let sequences = if shared.config.offload.is_aside(!quick) {
            self.offload(orders)
        } else {
            shared.lane.publish_all(orders)
        };
        match sequences {
            Ok(sequences) => {
                let begun = sequences.into_iter().zip(members);
                self.window
                    .extend(begun.inspect(|(sequence, member)| member.begun(*sequence)));
            }
            Err(error) => {
                let refused = members.iter().map(|member| member.end(Err(error.clone())));
                self.outcomes.extend(refused);
            }
        }
    }

    /// The next requests, and whether all are quick.
    fn next_orders(&mut self) -> (Vec<Order>, bool) {
        let mut orders = Vec::new();
        let mut quick = true;
        while orders.len() < WINDOW {
            match self.rest.front() {
                Some(Ok(_)) => orders.extend(self.next_order(&mut quick)),
                // Outcomes are in order: one that cannot be built waits for
                // those before it.
                Some(Err(_)) if orders.is_empty() => {
                    if let Some(Err(error)) = self.rest.pop_front() {
                        self.outcomes.push(Err(error));
                    }
                }
                _ => break,
            }
        }
        (orders, quick)
    }

    /// The next request, which can be built; notes whether it is quick.
    fn next_order(&mut self, quick: &mut bool) -> Option<Order> {
        let shared = &self.keep.shared;
        let order = self.rest.pop_front()?.ok()?;
        let operation = Operation::of(shared.config.protocol, order.kind, &order.bytes);
        *quick &= shared.operations.is_quick(operation);
        Some(order)
    }

    /// Has a thread of the connection's own send them, one after the other.
    fn offload(&self, mut orders: Vec<Order>) -> Result<Vec<Sequence>, Error> {
        let shared = Arc::clone(&self.keep.shared);
        let sequences = orders
            .iter_mut()
            .map(|order| shared.lane.enlist(order))
            .collect::<Result<Vec<_>, _>>()?;
        count_many(&shared.counters.offloaded, orders.len());
        let jobs: Vec<_> = sequences.iter().copied().zip(orders).collect();
        let job = {
            let shared = Arc::clone(&shared);
            Box::new(move || {
                for (sequence, order) in jobs {
                    let operation = Operation::of(shared.config.protocol, order.kind, &order.bytes);
                    let timed = Timed::start();
                    shared.lane.send_enlisted(sequence, &order);
                    if shared.operations.note(operation, timed.stop()) {
                        count(&shared.counters.slow);
                    }
                }
            })
        };
        if shared.workers.submit(job).is_err() {
            for sequence in &sequences {
                shared.lane.cancel(*sequence);
            }
            return Err(Error::not_sent_because(
                "no thread for a batch that may sleep",
            ));
        }
        Ok(sequences)
    }

    /// Takes what has been answered, from the front. Ready if anything was.
    fn collect(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut finished = Vec::new();
        let sequences = self.window.iter().map(|(sequence, _)| *sequence);
        self.keep
            .shared
            .lane
            .take_finished(sequences, context.waker(), &mut finished);
        if finished.is_empty() {
            return Poll::Pending;
        }
        let members = self.window.drain(..finished.len());
        let ended = finished.into_iter().zip(members);
        self.outcomes
            .extend(ended.map(|(finished, (_, member))| member.end(outcome(finished))));
        Poll::Ready(())
    }

    /// The deadline has passed: what is open is not known, the rest not sent.
    fn time_out(&mut self) {
        let limit = self.deadline.limit();
        for (sequence, member) in std::mem::take(&mut self.window) {
            let shared = &self.keep.shared;
            // Answered behind one that was not.
            if let Begun::Finished(finished) = shared.lane.check(sequence, Waker::noop()) {
                self.outcomes.push(member.end(outcome(finished)));
                continue;
            }
            count(&shared.counters.timed_out);
            let error = match shared.lane.cancel(sequence) {
                Cancelled::Withdrawn => Error::never_sent(limit, shared.hint()),
                _ => Error::timed_out(limit, shared.hint()),
            };
            self.outcomes.push(member.end(Err(error)));
        }
        self.outcomes
            .extend(std::mem::take(&mut self.rest).into_iter().map(|order| {
                let text = "the batch's deadline passed before it was sent";
                Err(order.err().unwrap_or_else(|| Error::not_sent_because(text)))
            }));
    }
}

impl Future for Batch {
    type Output = Outcomes;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcomes> {
        let this = &mut *self;
        loop {
            if this.window.is_empty() {
                if this.rest.is_empty() {
                    let failed = this.outcomes.iter().filter(|outcome| outcome.is_err());
                    this.span.record("failed", failed.count());
                    this.activity = None;
                    return Poll::Ready(std::mem::take(&mut this.outcomes));
                }
                if !pace::has_budget() {
                    pace::yield_turn(context);
                    return Poll::Pending;
                }
                let timed = Timed::start();
                this.publish();
                timed.stop();
                continue;
            }
            let timed = Timed::start();
            let collected = this.collect(context);
            timed.stop();
            if collected.is_ready() {
                this.deadline = Deadline::new(this.deadline.limit());
                continue;
            }
            ready!(this.deadline.poll(&this.keep.shared, context));
            this.time_out();
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        for (sequence, _) in &self.window {
            self.keep.shared.lane.desert(*sequence);
        }
    }
}

/// One request among others that are made together: what it asks, and its span.
#[derive(Debug)]
pub(crate) struct Member {
    asked: Asked,
    span: Span,
}

impl Member {
    /// A request that is about to be made, with others under one span.
    pub(crate) fn new(together: &Span, asked: Asked, order: &Order) -> Self {
        let span = spans::member(together, asked, order);
        Self { asked, span }
    }

    /// It has its sequence number.
    pub(crate) fn begun(&self, sequence: Sequence) {
        spans::note_sequence(&self.span, sequence);
    }

    /// It has ended: labels its outcome, and notes it.
    pub(crate) fn end(&self, outcome: Result<Answer, Error>) -> Result<Answer, Error> {
        let outcome = outcome.map_err(|error| error.about(self.asked));
        spans::note_outcome(&self.span, &outcome);
        outcome
    }
}

/// Judges one answer of a batch.
pub(crate) fn outcome(mut finished: Finished) -> Result<Answer, Error> {
    let bytes = std::mem::take(&mut finished.request);
    judge(
        finished,
        Question {
            bytes: &bytes,
            header_len: None,
            table: None,
        },
    )
}

/// Requests of one batch that are under way at once. A few datagrams' worth.
const WINDOW: usize = 192;
