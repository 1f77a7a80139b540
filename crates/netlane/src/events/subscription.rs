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
use crate::fence::Fence;
use crate::handle::Keep;
use crate::lane::Wakes;
use crate::unattended::Wait;
use crate::{Error, Options};

/// A subscription that is being made; await it.
#[derive(Debug)]
#[must_use = "a subscription does nothing unless awaited"]
pub struct Subscribe {
    keep: Keep,
    wish: Wish,
}

/// What a subscriber asked for.
#[derive(Clone, Debug)]
struct Wish {
    key: Key,
    capacity: usize,
    when_full: WhenFull,
}

/// A place among the subscribers of a lane, given up when it is dropped.
#[derive(Debug)]
struct Place {
    member: Arc<Member>,
    audience: Audience,
    queue: Arc<Queue<Arc<Event>>>,
}

impl Place {
    /// Takes a place on a lane that carries what is wished for.
    fn take(wish: &Wish, member: Arc<Member>) -> Result<Self, Error> {
        let audience = member.lane.audience()?;
        let queue = Arc::new(Queue::new(wish.capacity, wish.when_full));
        let Key {
            groups,
            all_namespaces,
            filter,
        } = wish.key.clone();
        let listener = Listener {
            queue: Arc::clone(&queue),
            whole: member.whole,
            groups,
            all_namespaces,
            filter,
        };
        audience.add(listener);
        member.lane.signal.notify_one();
        let place = Self {
            member,
            audience,
            queue,
        };
        // If it ended just before the queue was added, nobody has told that.
        match place.member.lane.ended() {
            Some(error) => Err(error),
            None => Ok(place),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.audience.remove(&self.queue);
    }
}

impl Subscribe {
    pub(crate) fn new(keep: Keep, groups: BTreeSet<u32>) -> Self {
        let capacity = keep.shared.config.event_capacity;
        let key = Key {
            groups,
            all_namespaces: false,
            filter: Filter::new(),
        };
        Self {
            keep,
            wish: Wish {
                key,
                capacity,
                when_full: WhenFull::default(),
            },
        }
    }

    /// How many events may wait for the consumer.
    pub const fn capacity(mut self, events: usize) -> Self {
        self.wish.capacity = events;
        self
    }

    /// What to do when they are so many.
    pub const fn when_full(mut self, policy: WhenFull) -> Self {
        self.wish.when_full = policy;
        self
    }

    /// Only events that pass this filter, besides being of these groups.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.wish.key.filter = filter;
        self
    }

    /// Events of every network namespace that has an id in the socket's own
    /// (`NETLINK_LISTEN_ALL_NSID`). Needs `CAP_NET_BROADCAST`.
    pub const fn all_namespaces(mut self) -> Self {
        self.wish.key.all_namespaces = true;
        self
    }

    async fn make(self) -> Result<Subscription, Error> {
        let Self { keep, wish } = self;
        if wish.key.groups.is_empty() || wish.key.groups.contains(&0) {
            return Err(Error::invalid(
                "groups are counted from 1, and at least one is needed",
            ));
        }
        let member = keep.shared.events.join(&keep.shared, wish.key.clone())?;
        // What is queued on a shared socket was sent before this call: read it
        // for the others first.
        Fence::new(keep.clone(), Arc::clone(&member.lane)).await?;
        let place = Place::take(&wish, member)?;
        Ok(Subscription {
            keep,
            wish: Box::new(wish),
            place,
            wait: Wait::default(),
            done: false,
        })
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
    /// An event, shared with whoever else gets it.
    Event(Arc<Event>),
    /// Events were lost here.
    Lost(Loss),
}

/// A stream of multicast events, in the order in which the kernel sent them.
///
/// Its queue is bounded. Whatever is lost, in the kernel or here, is an item
/// ([`Notice::Lost`]) that stands after the events that preceded it. After the
/// connection has ended, the error comes once, then `None`. While nobody has
/// polled the [`Connection`](crate::Connection), each wait is limited by the
/// connection's deadline, whose error says so.
///
/// # Cancel safety
///
/// Dropping it, or a future of its `next`, at any point disturbs nobody. Its
/// groups are left when their last subscriber is gone.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Subscription {
    keep: Keep,
    wish: Box<Wish>,
    place: Place,
    wait: Wait,
    done: bool,
}

impl Subscription {
    /// Events that wait to be taken.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.place.queue.len()
    }

    /// The port id of the socket that hears for this subscription.
    #[must_use]
    pub fn port(&self) -> u32 {
        self.place.member.port
    }

    /// The options of the socket that hears for this subscription, as the
    /// kernel reads them back.
    ///
    /// # Errors
    ///
    /// If the kernel does not answer, which a live socket does.
    pub fn options(&self) -> Result<Options, Error> {
        Options::read(&self.place.member.lane.socket)
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
        Fence::new(self.keep.clone(), Arc::clone(&self.place.member.lane)).await
    }
}

impl Stream for Subscription {
    type Item = Result<Notice, Error>;

    /// Small enough to become part of the consumer's code: an event that is there
    /// is then a pointer in a register, and no notice is moved through memory.
    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.take_event() {
            Some(event) => Poll::Ready(Some(Ok(Notice::Event(event)))),
            None => self.poll_notice(context),
        }
    }
}

impl Subscription {
    /// The next notice, if it is an event that is there.
    fn take_event(&self) -> Option<Arc<Event>> {
        // What ends a wait that has a limit must end the limit too.
        if self.wait.is_limited() {
            return None;
        }
        self.place.queue.take_item()
    }

    fn poll_notice(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Notice, Error>>> {
        if self.done {
            return Poll::Ready(None);
        }
        loop {
            let Place { queue, member, .. } = &self.place;
            let shared = &self.keep.shared;
            return Poll::Ready(
                match ready!(self.wait.poll(queue, &member.lane, shared, context)) {
                    Ok(Some(Entry::Item(event))) => Some(Ok(Notice::Event(event))),
                    Ok(Some(Entry::Lost(loss))) => Some(Ok(Notice::Lost(loss))),
                    Err(error) => Some(Err(error)),
                    Ok(None) if self.heal() => continue,
                    Ok(None) => {
                        self.done = true;
                        // Without an error of the lane it is the policy that ended it.
                        self.place.member.lane.ended().map(Err)
                    }
                },
            );
        }
    }

    /// Takes a place on a new socket where the old one has failed, if the
    /// connection heals and goes on. The gap is the first thing it tells.
    fn heal(&mut self) -> bool {
        let shared = &self.keep.shared;
        let failed = self.place.member.lane.ended().is_some();
        if !failed || !shared.config.self_healing || shared.check_open().is_err() {
            return false;
        }
        let place = shared
            .events
            .join(shared, self.wish.key.clone())
            .and_then(|member| Place::take(&self.wish, member));
        match place {
            Ok(place) => {
                tracing::warn!(
                    port = place.member.port,
                    "an event socket failed and was replaced"
                );
                place
                    .queue
                    .push_loss(Loss::reopened(), &mut Wakes::default());
                self.place = place;
                true
            }
            Err(error) => {
                tracing::warn!(%error, "an event socket failed and cannot be replaced");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;
    use crate::events::LossCause;
    use crate::{Builder, Protocol};

    /// A subscription whose socket fails.
    async fn failed(self_healing: bool) -> Subscription {
        let handle = Builder::new(Protocol::ROUTE)
            .self_healing(self_healing)
            .spawn()
            .unwrap();
        let subscription = handle.subscribe([1]).await.unwrap();
        let failure = Error::socket(std::io::Error::from_raw_os_error(5));
        subscription.place.member.lane.end(failure);
        subscription
    }

    #[tokio::test]
    async fn a_failed_socket_ends_its_subscriptions() {
        let mut subscription = failed(false).await;
        let error = subscription.next().await.unwrap().unwrap_err();
        assert_eq!(error.errno(), Some(5));
        assert!(subscription.next().await.is_none());
    }

    /// Fails when `Subscription::heal` does nothing.
    #[tokio::test]
    async fn a_connection_that_heals_replaces_it_and_tells_of_the_gap() {
        let mut subscription = failed(true).await;
        let port = subscription.port();
        let told = subscription.next().await.unwrap().unwrap();
        assert!(matches!(told, Notice::Lost(loss) if loss.cause == LossCause::Reopened));
        assert_ne!(subscription.port(), port);
        subscription.barrier().await.unwrap();
    }
}
