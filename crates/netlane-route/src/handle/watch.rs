//! Owns typed events as a stream; must not know what they say, nor how they arrive.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt};
use netlane::{Error, Filter, Handle, Loss, Notice, Subscribe, Subscription, WhenFull};

use crate::{Event, Group};

/// A subscription that is being made; await it.
#[derive(Debug)]
#[must_use = "a subscription does nothing unless awaited"]
pub struct WatchGroups {
    subscribe: Subscribe,
}

impl WatchGroups {
    pub(super) fn new(handle: &Handle, groups: impl IntoIterator<Item = Group>) -> Self {
        let groups = groups.into_iter().map(|group| group.0);
        Self {
            subscribe: handle.subscribe(groups),
        }
    }

    /// How many events may wait for the consumer.
    pub fn capacity(self, events: usize) -> Self {
        self.with(|subscribe| subscribe.capacity(events))
    }

    /// What to do when they are so many.
    pub fn when_full(self, policy: WhenFull) -> Self {
        self.with(|subscribe| subscribe.when_full(policy))
    }

    /// Only events that pass this filter, besides being of these groups.
    pub fn filter(self, filter: Filter) -> Self {
        self.with(|subscribe| subscribe.filter(filter))
    }

    /// Events of every network namespace that has an id in the socket's own: see [`Subscribe::all_namespaces`].
    pub fn all_namespaces(self) -> Self {
        self.with(Subscribe::all_namespaces)
    }

    fn with(self, change: impl FnOnce(Subscribe) -> Subscribe) -> Self {
        Self {
            subscribe: change(self.subscribe),
        }
    }

    /// The subscription itself, for untyped events.
    pub fn into_subscribe(self) -> Subscribe {
        self.subscribe
    }
}

impl IntoFuture for WatchGroups {
    type Output = Result<Watch, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let subscribe = self.subscribe.into_future();
        Box::pin(async move {
            let subscription = subscribe.await?;
            Ok(Watch { subscription })
        })
    }
}

/// What a [`Watch`] gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Watched {
    /// Something happened.
    Event(Event),
    /// Events were lost here: what was learned from earlier ones may be out of date.
    Lost(Loss),
    /// A notice that has no name here yet.
    Other(Notice),
}

/// A stream of typed events, in the order in which the kernel sent them.
///
/// # Cancel safety
///
/// As [`Subscription`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Watch {
    subscription: Subscription,
}

impl Watch {
    /// Waits until every event that was sent before this call can be taken.
    ///
    /// # Errors
    ///
    /// If the connection has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    pub async fn barrier(&self) -> Result<(), Error> {
        self.subscription.barrier().await
    }

    /// The subscription itself.
    pub fn into_subscription(self) -> Subscription {
        self.subscription
    }
}

impl From<Subscription> for Watch {
    fn from(subscription: Subscription) -> Self {
        Self { subscription }
    }
}

impl Stream for Watch {
    type Item = Result<Watched, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let notice = ready!(self.subscription.poll_next_unpin(context));
        Poll::Ready(notice.map(|notice| match notice? {
            Notice::Event(event) => Ok(Watched::Event(Event::from_frame(&event.frame)?)),
            Notice::Lost(loss) => Ok(Watched::Lost(loss)),
            other => Ok(Watched::Other(other)),
        }))
    }
}
