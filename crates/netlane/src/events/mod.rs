//! Multicast events: what is delivered, to whom, and what is said when some
//! are lost. Owns the types a subscriber sees; sockets are `lanes.rs`'s.

mod filter;
mod lanes;
mod loss;
mod queue;
mod subscription;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use netlane_wire::{Frame, FrameView};

pub use filter::Filter;
pub(crate) use lanes::EventLanes;
pub use loss::{Loss, LossCause, LossCount};
pub use queue::WhenFull;
pub(crate) use queue::{Entry, Fanout, Queue};
pub use subscription::{Notice, Subscribe, Subscription};

use crate::Statistics;
use crate::lane::Wakes;
use crate::sync::{Mutex, MutexGuard};

/// A multicast message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// The message. Its sequence and port are those of the request that caused
    /// it, whoever made that.
    pub frame: Frame,
    /// The group's number, as `RTNLGRP_LINK` = 1.
    pub group: u32,
    /// The id of the network namespace it comes from, if that is not the
    /// socket's own; see [`Subscribe::all_namespaces`].
    pub nsid: Option<i32>,
}

impl Event {
    fn shared(frame: FrameView<'_>, (group, nsid): Origin) -> Arc<Self> {
        let frame = frame.to_frame();
        Arc::new(Self { frame, group, nsid })
    }
}

/// Where an event comes from: its group, and the id of its namespace.
pub(crate) type Origin = (u32, Option<i32>);

/// One subscriber: its queue, and what it asked for.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) queue: Arc<Queue<Arc<Event>>>,
    /// It asked for all that its lane carries, and the rest need not be looked at.
    pub(crate) whole: bool,
    pub(crate) groups: BTreeSet<u32>,
    pub(crate) all_namespaces: bool,
    pub(crate) filter: Filter,
}

impl Listener {
    fn wants(&self, (group, nsid): Origin, frame: FrameView<'_>) -> bool {
        let asked = || {
            self.groups.contains(&group)
                && (nsid.is_none() || self.all_namespaces)
                && (self.filter.is_empty() || self.filter.passes(frame))
        };
        self.whole || asked()
    }
}

/// The subscribers of a lane.
#[derive(Clone, Debug, Default)]
pub(crate) struct Audience {
    listeners: Arc<Mutex<Vec<Listener>>>,
    /// The lane carries more than any one subscriber asked for.
    shared: Arc<AtomicBool>,
}

impl Audience {
    fn listeners(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a subscriber.
    pub(crate) fn add(&self, listener: Listener) {
        if !listener.whole {
            self.shared.store(true, Ordering::Relaxed);
        }
        self.listeners().push(listener);
    }

    pub(crate) fn remove(&self, queue: &Arc<Queue<Arc<Event>>>) {
        let mut listeners = self.listeners();
        let found = listeners
            .iter()
            .position(|other| Arc::ptr_eq(&other.queue, queue));
        let removed = found.map(|index| listeners.swap_remove(index));
        drop(listeners);
        drop(removed);
    }

    /// Hands an event to everybody who asked for it. It is copied once, if
    /// anybody did.
    pub(crate) fn deliver(
        &self,
        origin: Origin,
        frame: FrameView<'_>,
        wakes: &mut Wakes,
        counted: &mut Statistics,
    ) {
        counted.events += 1;
        let mut event = None;
        let listeners = self.listeners();
        for listener in listeners.iter().filter(|l| l.wants(origin, frame)) {
            let event = event.get_or_insert_with(|| Event::shared(frame, origin));
            if listener.queue.push(Arc::clone(event), wakes) {
                counted.events_lost += 1;
            }
        }
    }

    /// Tells everybody that something was lost.
    pub(crate) fn lost(&self, loss: Loss, wakes: &mut Wakes, counted: &mut Statistics) {
        counted.events_lost += loss.number();
        let shared = self.shared.load(Ordering::Relaxed);
        let loss = if shared { loss.bounded() } else { loss };
        for listener in self.listeners().iter() {
            listener.queue.push_loss(loss, wakes);
        }
    }

    /// Whether anybody listens.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.listeners().is_empty()
    }

    pub(crate) fn end(&self, wakes: &mut Wakes) {
        for listener in self.listeners().iter() {
            listener.queue.end(wakes);
        }
    }
}
