//! One request and the wait for its answer. Owns the future: where it starts,
//! when it steps aside for others, when it gives up, what happens when it is
//! dropped. Everything about the conversation itself is the lane's.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use netlane_proto::{Expect, Sequence, Timing};
use netlane_sys::Address;
use netlane_wire::{AttributeTable, Flags, Message};
use tracing::Span;

use crate::answer::{Question, judge};
use crate::deadline::Deadline;
use crate::error::Asked;
use crate::handle::Keep;
use crate::lane::{Begun, Order, Waiting, kind_of};
use crate::operations::Operation;
use crate::pace::{self, Timed};
use crate::statistics::count;
use crate::{Answer, Error};

/// A request that is being made: a future of its [`Answer`].
///
/// Nothing is sent before it is first polled. The methods change how it is
/// made; the defaults are the protocol's.
///
/// # Order
///
/// A request that has been awaited precedes the next. Between requests that
/// are awaited at the same time there is no order; a
/// [batch](crate::Handle::batch) has one.
///
/// # Cancel safety
///
/// Dropping it before the first poll sends nothing. Dropped later, a request
/// that still waits to be sent is never sent; one that was sent may take
/// effect, and its answer is swallowed. An answer that has arrived is never
/// withheld: the poll that finds it returns it.
#[derive(Debug)]
#[must_use = "a request does nothing unless awaited"]
pub struct Exchange {
    keep: Keep,
    stage: Stage,
    deadline: Deadline,
    question: Asking,
    /// `Some` if the caller knows how long the system call takes.
    slow: Option<bool>,
    /// Only the sending is waited for.
    unawaited: bool,
    span: Span,
    /// When to try again to send to a peer whose queue is full.
    retry: Deadline,
    retries: u32,
}

/// What is asked, apart from the bytes.
#[derive(Clone, Copy, Debug)]
struct Asking {
    asked: Asked,
    header_len: Option<usize>,
    table: Option<&'static AttributeTable>,
}

#[derive(Debug)]
enum Stage {
    /// It cannot be built.
    Impossible(Option<Error>),
    /// Not begun, or to be tried again.
    Ready(Order),
    /// Published; this future has given others their turn and drives next.
    Aside(Sequence, Vec<u8>),
    /// On its way; somebody drives.
    Waiting(Sequence, Vec<u8>),
    Done,
}

impl Exchange {
    pub(crate) fn new(keep: Keep, message: Message, expect: Expect) -> Self {
        let shared = &keep.shared;
        let protocol = shared.config.protocol;
        let timing = shared.config.traits.timing;
        let limit = shared.config.deadline;
        let asked = Asked {
            protocol,
            kind: message.kind(),
        };
        Self {
            stage: prepare(message, expect, timing),
            deadline: Deadline::new(limit),
            question: Asking {
                asked,
                header_len: None,
                table: None,
            },
            slow: None,
            unawaited: false,
            span: Span::none(),
            retry: Deadline::new(PEER_RETRY),
            retries: 0,
            keep,
        }
    }

    /// A message that nobody answers, or whose answer nobody waits for.
    pub(crate) fn unanswered(keep: Keep, message: Message, to: Option<Address>) -> Self {
        let plain = keep.shared.config.peers || keep.shared.config.opaque;
        let mut exchange = if plain {
            let mut exchange = Self::new(keep, Message::new(0, Flags::empty()), Expect::Nothing);
            exchange.stage = match plain_order(message) {
                Ok(order) => Stage::Ready(order),
                Err(error) => Stage::Impossible(Some(error)),
            };
            exchange
        } else {
            Self::new(keep, message, Expect::Nothing)
        };
        exchange.unawaited = true;
        match to {
            Some(address) => exchange.to(address),
            None => exchange,
        }
    }

    /// A request that cannot be made.
    pub(crate) fn impossible(keep: Keep, error: Error) -> Self {
        let mut exchange = Self::new(keep, Message::new(0, Flags::empty()), Expect::Nothing);
        exchange.stage = Stage::Impossible(Some(error));
        exchange
    }

    /// When the answer arrives.
    pub(crate) fn timed(mut self, timing: Timing) -> Self {
        if let Stage::Ready(order) = &mut self.stage {
            order.timing = timing;
        }
        self
    }

    /// How long to wait at most, from the first time it has to. It bounds the
    /// waiting, not a system call in progress.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Deadline::new(limit);
        self
    }

    /// What answers the request promises, instead of an acknowledgement.
    pub fn expect(mut self, expect: Expect) -> Self {
        if let Stage::Ready(order) = &mut self.stage {
            order.expect = expect;
            apply_flags(&mut order.bytes, expect);
        }
        self
    }

    /// The answer may arrive later than sendmsg returns: its absence proves
    /// nothing, and only the deadline ends the wait.
    pub fn late(self) -> Self {
        self.timed(Timing::Late)
    }

    /// The kernel queues every answer before sendmsg returns, so that a lost
    /// one is known at once. Say so only of operations that are known to.
    pub fn synchronous(self) -> Self {
        self.timed(Timing::Synchronous)
    }

    /// The system call may sleep: it is made on a thread of the connection's
    /// own, whatever has been seen of the operation.
    pub fn slow(mut self) -> Self {
        self.slow = Some(true);
        self
    }

    /// The system call is quick: it is made where the request is awaited.
    pub fn quick(mut self) -> Self {
        self.slow = Some(false);
        self
    }

    /// To whom it goes: a peer's port, or groups; the kernel if not said. Only
    /// on a connection with a [single lane](crate::Lanes::Single).
    pub fn to(mut self, address: Address) -> Self {
        if address != Address::KERNEL && !self.keep.shared.is_single() {
            let text = "only a connection with a single lane can send to another address than \
                        the kernel's: see Builder::lanes";
            self.stage = Stage::Impossible(Some(Error::invalid(text)));
        } else if let Stage::Ready(order) = &mut self.stage {
            order.to = Some(address);
        }
        self
    }

    /// Names for the request's attributes, so that a refusal says which was
    /// wrong; and the length of its family header in bytes.
    pub(crate) fn explain(
        mut self,
        header_len: usize,
        table: Option<&'static AttributeTable>,
    ) -> Self {
        self.question.header_len = Some(header_len);
        self.question.table = table;
        self
    }

    /// Begins, on this thread or on one of the connection's own.
    fn begin(
        &mut self,
        mut order: Order,
        context: &mut Context<'_>,
    ) -> Poll<Result<Answer, Error>> {
        let shared = &self.keep.shared;
        shared.check_open()?;
        if order.to.is_none() {
            order.to = shared.default_address();
        }
        let operation = Operation::of(shared.config.protocol, order.kind, &order.bytes);
        let slow = self
            .slow
            .unwrap_or_else(|| !shared.operations.is_quick(operation));
        if shared.config.offload.is_aside(slow) {
            return self.offload(order, operation, context);
        }
        if !pace::has_budget() || shared.lane.is_crowded() {
            return match shared.lane.publish(&mut order) {
                Ok(sequence) => {
                    self.stage = Stage::Aside(sequence, Vec::new());
                    pace::yield_turn(context);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            };
        }
        let timed = Timed::start();
        let begun = shared.lane.begin(&mut order, context.waker());
        if shared.operations.note(operation, timed.stop()) {
            count(&shared.counters.slow);
            tracing::debug!(parent: &self.span, ?operation, "a request was slower than the budget");
        }
        self.begun(begun, order, context)
    }

    /// What became of a request begun here.
    fn begun(
        &mut self,
        begun: Begun,
        order: Order,
        context: &mut Context<'_>,
    ) -> Poll<Result<Answer, Error>> {
        match begun {
            Begun::Finished(waiting) => Poll::Ready(self.judge(waiting, &order.bytes)),
            Begun::Closed(error) => Poll::Ready(Err(error)),
            Begun::Pending(sequence) => {
                self.stage = Stage::Waiting(sequence, order.bytes);
                self.wait(context)
            }
            Begun::NotSent(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                self.peer_is_full(order, context)
            }
            Begun::NotSent(error) => Poll::Ready(Err(explain_unsent(error, &order))),
        }
    }

    /// The peer's queue is full, and nothing wakes a sender when there is room
    /// again (KERNEL: netlink_attachskb): try again after a while, a bounded
    /// number of times.
    fn peer_is_full(
        &mut self,
        order: Order,
        context: &mut Context<'_>,
    ) -> Poll<Result<Answer, Error>> {
        if self.retries >= PEER_RETRIES {
            let text = "the peer does not read: its receive buffer is full";
            return Poll::Ready(Err(Error::not_sent_because(text)));
        }
        self.retries += 1;
        self.retry = Deadline::new(PEER_RETRY);
        self.stage = Stage::Ready(order);
        match self.retry.poll(&self.keep.shared, context) {
            Poll::Ready(()) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Has a thread of the connection's own make the system call.
    fn offload(
        &mut self,
        mut order: Order,
        operation: Operation,
        context: &mut Context<'_>,
    ) -> Poll<Result<Answer, Error>> {
        let shared = Arc::clone(&self.keep.shared);
        let sequence = match shared.lane.enlist(&mut order) {
            Ok(sequence) => sequence,
            Err(error) => return Poll::Ready(Err(error)),
        };
        count(&shared.counters.offloaded);
        let bytes = order.bytes.clone();
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
        self.stage = Stage::Waiting(sequence, bytes);
        self.look(sequence, context)
    }

    /// Looks whether the conversation has ended.
    fn look(
        &mut self,
        sequence: Sequence,
        context: &mut Context<'_>,
    ) -> Poll<Result<Answer, Error>> {
        let begun = self.keep.shared.lane.check(sequence, context.waker());
        self.looked(begun, context)
    }

    fn looked(&mut self, begun: Begun, context: &mut Context<'_>) -> Poll<Result<Answer, Error>> {
        match begun {
            Begun::Finished(waiting) => {
                let bytes = match std::mem::replace(&mut self.stage, Stage::Done) {
                    Stage::Aside(_, bytes) | Stage::Waiting(_, bytes) => bytes,
                    _ => Vec::new(),
                };
                Poll::Ready(self.judge(waiting, &bytes))
            }
            _ => self.wait(context),
        }
    }

    /// Waits, no longer than the deadline.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer, Error>> {
        if self.unawaited && matches!(self.stage, Stage::Waiting(..)) {
            return Poll::Ready(Ok(Answer::default()));
        }
        if self.deadline.poll(&self.keep.shared, context).is_pending() {
            return Poll::Pending;
        }
        count(&self.keep.shared.counters.timed_out);
        let error = Error::timed_out(self.deadline.limit(), self.keep.shared.hint());
        Poll::Ready(Err(error))
    }

    fn judge(&self, mut waiting: Waiting, bytes: &[u8]) -> Result<Answer, Error> {
        let sent_by_lane = std::mem::take(&mut waiting.request);
        let bytes = if bytes.is_empty() {
            &sent_by_lane
        } else {
            bytes
        };
        let Asking {
            header_len, table, ..
        } = self.question;
        judge(
            waiting,
            Question {
                bytes,
                header_len,
                table,
            },
        )
    }

    /// One poll, before its result is labelled.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer, Error>> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Impossible(error) => Poll::Ready(Err(
                error.unwrap_or_else(|| Error::invalid("polled after its end"))
            )),
            Stage::Done => Poll::Ready(Err(Error::invalid("a request was polled after its end"))),
            Stage::Ready(order) => self.begin(order, context),
            Stage::Aside(sequence, bytes) => {
                let timed = Timed::start();
                let begun = self.keep.shared.lane.revisit(sequence, context.waker());
                timed.stop();
                self.stage = Stage::Waiting(sequence, bytes);
                self.looked(begun, context)
            }
            Stage::Waiting(sequence, bytes) => {
                self.stage = Stage::Waiting(sequence, bytes);
                self.look(sequence, context)
            }
        }
    }

    fn open_span(&mut self) {
        if let Stage::Ready(order) = &self.stage
            && self.span.is_none()
            && self.retries == 0
        {
            self.span = tracing::debug_span!(
                "request",
                protocol = %self.question.asked.protocol,
                r#type = order.kind,
                expect = ?order.expect,
                sequence = tracing::field::Empty,
                outcome = tracing::field::Empty,
            );
        }
    }

    fn record(&self, result: &Result<Answer, Error>) {
        if self.span.is_disabled() {
            return;
        }
        match result {
            Ok(_) => self.span.record("outcome", "answered"),
            Err(error) => self.span.record("outcome", tracing::field::display(error)),
        };
    }
}

impl Future for Exchange {
    type Output = Result<Answer, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.open_span();
        let result = std::task::ready!(this.advance(context));
        // What is still on its way is given up: the deadline has passed.
        this.give_up();
        this.record(&result);
        Poll::Ready(result.map_err(|error| error.about(this.question.asked)))
    }
}

impl Exchange {
    /// Tells the lane that nobody waits any more, if it is under way.
    fn give_up(&mut self) {
        if let Stage::Aside(sequence, _) | Stage::Waiting(sequence, _) =
            std::mem::replace(&mut self.stage, Stage::Done)
        {
            self.keep.shared.lane.cancel(sequence);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Finishes the message and sets the flags its expectation needs.
fn prepare(message: Message, expect: Expect, timing: Timing) -> Stage {
    match order_of(message, expect, timing) {
        Ok(order) => Stage::Ready(order),
        Err(error) => Stage::Impossible(Some(error)),
    }
}

/// A message as an order, with the flags that its expectation needs.
pub(crate) fn order_of(
    mut message: Message,
    expect: Expect,
    timing: Timing,
) -> Result<Order, Error> {
    message.set_flags(message.flags() | expect.flags());
    let bytes = message.finish()?;
    Ok(Order {
        kind: kind_of(&bytes),
        bytes,
        expect,
        timing,
        to: None,
        plain: false,
    })
}

/// A message as it is: no flag added, no conversation, no sequence number.
fn plain_order(message: Message) -> Result<Order, Error> {
    let flags = message.flags();
    let mut order = order_of(message, Expect::Nothing, Timing::Late)?;
    order.plain = true;
    if let (Some(header), Some(place)) = (
        netlane_wire::Header::read(&order.bytes),
        order.bytes.first_chunk_mut(),
    ) {
        *place = netlane_wire::Header { flags, ..header }.to_bytes();
    }
    Ok(order)
}

/// Replaces the flags of one expectation by those of another.
fn apply_flags(bytes: &mut [u8], expect: Expect) {
    let Some(mut header) = netlane_wire::Header::read(bytes) else {
        return;
    };
    let asked = Flags::ACK | Flags::ECHO;
    header.flags = (header.flags - asked) | expect.flags();
    if let Some(place) = bytes.first_chunk_mut() {
        *place = header.to_bytes();
    }
}

/// What a failed sendmsg means, with what to do about it.
pub(crate) fn explain_unsent(error: std::io::Error, order: &Order) -> Error {
    match error.raw_os_error() {
        Some(EMSGSIZE) => Error::not_sent_because(format!(
            "the message of {} bytes is longer than the socket takes: SO_SNDBUF less 32; \
             Builder::send_buffer sets it",
            order.bytes.len()
        )),
        Some(ECONNREFUSED) => Error::not_sent_because(match order.to {
            Some(address) if address.port != 0 => {
                format!("connection refused: no socket has port {}", address.port)
            }
            _ => "connection refused: the kernel does not listen on this protocol in this network \
                  namespace"
                .to_owned(),
        }),
        _ => Error::not_sent(error),
    }
}

/// Errno values of Linux; the same on every architecture but MIPS, where the
/// general message serves.
const EMSGSIZE: i32 = 90;
const ECONNREFUSED: i32 = 111;

/// How long to wait before trying a full peer again, and how often.
const PEER_RETRY: Duration = Duration::from_millis(2);
const PEER_RETRIES: u32 = 500;
