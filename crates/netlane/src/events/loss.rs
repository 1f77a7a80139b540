//! What is known about lost events: how many, and why. Plain values.

use std::fmt;

/// How many events were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LossCount {
    /// Exactly so many.
    Exact(u64),
    /// So many or fewer: some of them may not have been for this subscriber.
    AtMost(u64),
    /// At least one.
    Unknown,
}

/// Why events were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LossCause {
    /// The socket's receive buffer was full (`ENOBUFS`): the process, or this
    /// connection's task, did not read in time.
    KernelOverrun,
    /// The subscription's own queue was full: its consumer did not read in time.
    QueueFull,
    /// An event was longer than the receive buffer.
    Truncated,
    /// The kernel could not build an event (`netlink_set_err`).
    NotBuilt,
    /// The socket died and was opened anew; what happened between is not known.
    Reopened,
}

/// A gap in a stream of events. It stands after the events that preceded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Loss {
    /// Why.
    pub cause: LossCause,
    /// How many.
    pub count: LossCount,
}

impl Loss {
    /// A loss of one event.
    pub(crate) const fn one(cause: LossCause) -> Self {
        Self {
            cause,
            count: LossCount::Exact(1),
        }
    }

    /// The gap between a socket that failed and the one that replaces it.
    pub(crate) const fn reopened() -> Self {
        Self {
            cause: LossCause::Reopened,
            count: LossCount::Unknown,
        }
    }

    /// What a receive error means, given by how much the socket's drop count
    /// has grown: drops are overruns; an error without a drop is an event the
    /// kernel could not build.
    pub(crate) fn in_kernel(dropped: Option<u32>) -> Self {
        match dropped {
            Some(0) => Self {
                cause: LossCause::NotBuilt,
                count: LossCount::Unknown,
            },
            Some(n) => Self {
                cause: LossCause::KernelOverrun,
                count: LossCount::Exact(u64::from(n)),
            },
            None => Self {
                cause: LossCause::KernelOverrun,
                count: LossCount::Unknown,
            },
        }
    }

    /// The same loss on a lane that carries more than this subscriber asked
    /// for: an upper bound.
    pub(crate) const fn bounded(self) -> Self {
        match self.count {
            LossCount::Exact(n) => Self {
                count: LossCount::AtMost(n),
                ..self
            },
            _ => self,
        }
    }

    /// Joins two gaps of the same cause with nothing between them.
    pub(crate) fn join(&mut self, other: Self) -> bool {
        if self.cause != other.cause {
            return false;
        }
        self.count = match (self.count, other.count) {
            (LossCount::Exact(a), LossCount::Exact(b)) => LossCount::Exact(a + b),
            (LossCount::Exact(a) | LossCount::AtMost(a), LossCount::AtMost(b))
            | (LossCount::AtMost(a), LossCount::Exact(b)) => LossCount::AtMost(a + b),
            _ => LossCount::Unknown,
        };
        true
    }

    /// The number for a counter: what is known, at least 1.
    pub(crate) fn number(self) -> u64 {
        match self.count {
            LossCount::Exact(n) | LossCount::AtMost(n) => n,
            LossCount::Unknown => 1,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            LossCount::Exact(n) => write!(f, "{n} events lost: ")?,
            LossCount::AtMost(n) => write!(f, "up to {n} events lost: ")?,
            LossCount::Unknown => f.write_str("events lost, nobody knows how many: ")?,
        }
        f.write_str(match self.cause {
            LossCause::KernelOverrun => "the socket's receive buffer was full",
            LossCause::QueueFull => "this subscription's queue was full",
            LossCause::Truncated => "longer than the receive buffer",
            LossCause::NotBuilt => "the kernel could not build them",
            LossCause::Reopened => "the socket was opened anew",
        })
    }
}
