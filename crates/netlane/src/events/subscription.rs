//! A subscription as its consumer sees it: how it is made, and the stream.
//! Owns the consumer's side of the queue; sockets and groups are `lanes.rs`'s.

use std::collections::BTreeSet;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::Stream;

use super::lanes::{Key, Member};
use super::{Audience, Entry, Event, Filter, Listener, Loss, Queue, WhenFull};
use crate::Error;
use crate::fence::Fence;
use crate::handle::Keep;

/// A subscription that is being made; await it.
#[derive(Debug)]
#[must_use = "a subscription does nothing unless awaited"]
pub struct Subscribe {
    keep: Keep,
    groups: BTreeSet<u32>,
    all_namespaces: bool,
    filter: Filter,
    capacity: usize,
    when_full: WhenFull,
}

impl Subscribe {
    pub(crate) fn new(keep: Keep, groups: BTreeSet<u32>) -> Self {
        let capacity = keep.shared.config.event_capacity;
        let when_full = WhenFull::default();
        Self {
            keep,
            groups,
            all_namespaces: false,
            filter: Filter::new(),
            capacity,
            when_full,
        }
    }

    /// How many events may wait for the consumer.
    pub const fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// What to do when they are so many.
    pub const fn when_full(mut self, policy: WhenFull) -> Self {
        self.when_full = policy;
        self
    }

    /// Only events that pass this filter, besides being of these groups.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Events of every network namespace that has an id in the socket's own
    /// (`NETLINK_LISTEN_ALL_NSID`). Needs `CAP_NET_BROADCAST`.
    pub const fn all_namespaces(mut self) -> Self {
        self.all_namespaces = true;
        self
    }

    async fn make(self) -> Result<Subscription, Error> {
        let Self {
            keep,
            groups,
            all_namespaces,
            filter,
            capacity,
            when_full,
        } = self;
        if groups.is_empty() || groups.contains(&0) {
            return Err(Error::invalid(
                "groups are counted from 1, and at least one is needed",
            ));
        }
        let member = keep.shared.events.join(
            &keep.shared,
            Key {
                groups: groups.clone(),
                all_namespaces,
                filter: filter.clone(),
            },
        )?;
        // What is queued on a shared socket was sent before this call: read it
        // for the others first.
        Fence::new(keep.clone(), Arc::clone(&member.lane)).await?;
        let audience = member.lane.audience()?;
        let queue = Arc::new(Queue::new(capacity, when_full));
        let whole = member.whole;
        audience.add(
            Listener {
                queue: Arc::clone(&queue),
                groups,
                all_namespaces,
                filter,
            },
            whole,
        );
        member.lane.signal.notify_one();
        let subscription = Subscription {
            keep,
            member,
            audience,
            queue,
            done: false,
        };
        // If it ended just before the queue was added, nobody has told that.
        match subscription.member.lane.ended() {
            Some(error) => Err(error),
            None => Ok(subscription),
        }
    }
}

impl IntoFuture for Subscribe {
    type Output = Result<Subscription, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

/// An item of a [`Subscription`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// An event.
    Event(Event),
    /// Events were lost here.
    Lost(Loss),
}

/// A stream of multicast events, in the order in which the kernel sent them.
///
/// Its queue is bounded. Whatever is lost, in the kernel or here, is an item
/// ([`Notice::Lost`]) that stands after the events that preceded it. After the
/// connection has ended, the error comes once, then `None`.
///
/// # Cancel safety
///
/// Dropping it, or a future of its `next`, at any point disturbs nobody. Its
/// groups are left when their last subscriber is gone.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Subscription {
    keep: Keep,
    pub(crate) member: Arc<Member>,
    audience: Audience,
    queue: Arc<Queue<Event>>,
    done: bool,
}

impl Subscription {
    /// Events that wait to be taken.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The port id of the socket that hears for this subscription.
    #[must_use]
    pub fn port(&self) -> u32 {
        self.member.port
    }

    /// Waits until every event that was sent before this call is in this
    /// subscription's queue, or reported lost there: those that an awaited
    /// request has caused are then here.
    ///
    /// # Errors
    ///
    /// If the connection has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    pub async fn barrier(&self) -> Result<(), Error> {
        Fence::new(self.keep.clone(), Arc::clone(&self.member.lane)).await
    }
}

impl Stream for Subscription {
    type Item = Result<Notice, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let item = match ready!(self.queue.poll(context)) {
            Some(Entry::Item(event)) => Some(Ok(Notice::Event(event))),
            Some(Entry::Lost(loss)) => Some(Ok(Notice::Lost(loss))),
            None => {
                self.done = true;
                // Without an error of the lane it is the policy that ended it.
                self.member.lane.ended().map(Err)
            }
        };
        Poll::Ready(item)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.audience.remove(&self.queue);
    }
}
