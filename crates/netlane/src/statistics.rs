//! What the connection counts: every loss, refusal and anomaly that has no
//! waiter of its own. Owns the counters; decides nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a connection has seen so far, summed over its lanes.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Statistics { $($(#[$doc])* pub $name: u64,)* }

        /// The live counters behind [`Statistics`].
        #[derive(Debug, Default)]
        pub(crate) struct Counters { $(pub(crate) $name: AtomicU64,)* }

        impl Counters {
            /// A snapshot; counters move on while it is taken.
            pub(crate) fn snapshot(&self) -> Statistics {
                Statistics { $($name: self.$name.load(Relaxed),)* }
            }

            /// Adds what was counted under a lane's lock, where that costs less.
            pub(crate) fn absorb(&self, counted: &Statistics) {
                $(if counted.$name != 0 {
                    self.$name.fetch_add(counted.$name, Relaxed);
                })*
            }
        }
    };
}

counters! {
    /// Requests whose send returned with success.
    sent,
    /// Datagrams that carried them; fewer where requests were coalesced.
    datagrams_sent,
    /// Datagrams received on all lanes.
    datagrams_received,
    /// Requests answered by an ACK, a reply or a DONE without error.
    answered,
    /// Requests the kernel refused.
    refused,
    /// Refusals of requests that nobody waited for.
    refused_unawaited,
    /// Requests whose answer is lost, or a part of it.
    lost,
    /// Requests that ended at their deadline.
    timed_out,
    /// Requests dropped by their caller before they ended.
    cancelled,
    /// Answers to cancelled requests, swallowed when they came.
    swallowed,
    /// Events delivered to subscribers, counted once per event.
    events,
    /// Events known to be lost, for all causes.
    events_lost,
    /// Receive errors that mean lost data (`ENOBUFS` and the like).
    overruns,
    /// Datagrams longer than the receive buffer.
    truncated,
    /// Datagrams from senders that do not belong here, dropped.
    foreign,
    /// Datagrams whose rest was no frame.
    malformed,
    /// Control messages that answer no request.
    stray,
    /// Unicast frames that answer no request and that no inbound stream took.
    unsolicited_dropped,
    /// Dumps begun.
    dumps,
    /// Requests sent on a thread of the connection's own, and dumps read on one.
    offloaded,
    /// Sends that kept the calling thread longer than a quick one does, 200
    /// microseconds, and parts of dumps that took over a millisecond.
    slow,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// Adds `n`.
pub(crate) fn count_many(counter: &AtomicU64, n: usize) {
    counter.fetch_add(u64::try_from(n).unwrap_or(u64::MAX), Relaxed);
}
