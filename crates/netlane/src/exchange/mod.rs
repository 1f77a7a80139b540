//! One request and the wait for its answer, as a program sees it. Owns the
//! choices a caller has; how they are carried out is `progress.rs`'s, and
//! everything about the conversation itself the lane's.

mod order;
mod progress;

use std::time::Duration;

use netlane_proto::{Expect, Sequence, Timing};
use netlane_sys::Address;
use netlane_wire::{AttributeTable, Flags, Message};
use tracing::Span;

pub(crate) use order::order_of;

use crate::Error;
use crate::activity::Activity;
use crate::deadline::Deadline;
use crate::full_peer::Patience;
use crate::handle::Keep;
use crate::lane::Order;
use order::{plain_order, unawaited_order, with_expectation};

/// A request that is being made: a future of its [`Answer`](crate::Answer).
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
    /// The request; its bytes are away while the lane has them.
    order: Order,
    question: Asking,
    /// `Some` if the caller knows how long the system call takes.
    slow: Option<bool>,
    /// Only the sending is waited for.
    unawaited: bool,
    extras: Option<Box<Extras>>,
    /// How often it may be made again if its answer is lost.
    repeats: u32,
    /// It has been.
    repeated: bool,
}

/// What few requests have: the others do not carry it.
#[derive(Debug)]
struct Extras {
    /// It cannot be built or made: why.
    impossible: Option<Error>,
    /// Of one that has to wait, or whose caller has set it.
    deadline: Option<Deadline>,
    /// Of one that somebody traces.
    span: Span,
    /// With a peer whose queue is full, once it was found so.
    patience: Option<Patience>,
    /// To a peer: a close waits for it. Between two tries the lane knows
    /// nothing of it.
    activity: Option<Activity>,
}

impl Default for Extras {
    fn default() -> Self {
        Self {
            impossible: None,
            deadline: None,
            span: Span::none(),
            patience: None,
            activity: None,
        }
    }
}

/// What is asked, apart from the bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Asking {
    header_len: Option<usize>,
    table: Option<&'static AttributeTable>,
}

/// How far the request has come.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Not begun, or to be tried again.
    Ready,
    /// Published; this future has given others their turn and drives next.
    Aside(Sequence),
    /// On its way; somebody drives.
    Waiting(Sequence),
    Done,
}

impl Exchange {
    pub(crate) fn new(keep: Keep, message: Message, expect: Expect) -> Self {
        let kind = message.kind();
        let order = order_of(message, expect, &keep.shared.config);
        Self::with_order(keep, order, kind)
    }

    #[inline]
    fn with_order(keep: Keep, order: Result<Order, Error>, kind: u16) -> Self {
        match order {
            Ok(order) => Self::of(keep, order),
            Err(error) => Self::refused(keep, error, kind),
        }
    }

    /// One whose message cannot be built.
    #[cold]
    fn refused(keep: Keep, error: Error, kind: u16) -> Self {
        let order = Order {
            kind,
            ..Order::default()
        };
        let mut exchange = Self::of(keep, order);
        exchange.extras().impossible = Some(error);
        exchange
    }

    #[inline(always)]
    const fn of(keep: Keep, order: Order) -> Self {
        Self {
            keep,
            stage: Stage::Ready,
            order,
            question: Asking {
                header_len: None,
                table: None,
            },
            slow: None,
            unawaited: false,
            extras: None,
            repeats: 0,
            repeated: false,
        }
    }

    #[cold]
    fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// A message that nobody answers, or whose answer nobody waits for.
    pub(crate) fn unanswered(keep: Keep, message: Message, to: Option<Address>) -> Self {
        let config = &keep.shared.config;
        let kind = message.kind();
        let order = match config.peers || config.opaque {
            true => plain_order(message, config),
            false => unawaited_order(message, config),
        };
        let mut exchange = Self::with_order(keep, order, kind);
        exchange.unawaited = true;
        match to {
            Some(address) => exchange.to(address),
            None => exchange,
        }
    }

    /// A request that cannot be made.
    pub(crate) fn impossible(keep: Keep, error: Error) -> Self {
        let mut exchange = Self::new(keep, Message::new(0, Flags::empty()), Expect::Nothing);
        exchange.extras().impossible = Some(error);
        exchange
    }

    /// When the answer arrives.
    pub(crate) fn timed(mut self, timing: Timing) -> Self {
        self.order.timing = timing;
        self
    }

    /// How long to wait at most, from the first time it has to. It bounds the
    /// waiting, not a system call in progress.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.extras().deadline = Some(Deadline::new(limit));
        self
    }

    /// What answers the request promises, instead of an acknowledgement.
    pub fn expect(mut self, expect: Expect) -> Self {
        with_expectation(&mut self.order, expect);
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

    /// Doing it twice is as good as doing it once: if its answer is lost
    /// ([`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown)), or a part of it
    /// ([`Incomplete`](crate::ErrorKind::Incomplete)), it is made again, a few
    /// times at most. That the object is there (`EEXIST`) or gone
    /// (`ENOENT`) then means that the lost one did it, and is success. Nothing
    /// is made again after a deadline or the end of the connection.
    pub fn idempotent(mut self) -> Self {
        self.repeats = REPEATS;
        self
    }

    /// To whom it goes: a peer's port, or groups; the kernel if not said. Only
    /// on a connection with a [single lane](crate::Lanes::Single).
    pub fn to(mut self, address: Address) -> Self {
        if address != Address::KERNEL && !self.keep.shared.is_single() {
            let text = "only a connection with a single lane can send to another address than \
                        the kernel's: see Builder::lanes";
            self.extras().impossible = Some(Error::invalid(text));
        }
        self.order.to = Some(address);
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
}

/// How often an idempotent request is made again.
const REPEATS: u32 = 3;
