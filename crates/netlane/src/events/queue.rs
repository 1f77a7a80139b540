//! A bounded queue between the lane and one consumer, and the list of them.
//! Owns the order of items and loss markers and the policy for a full queue;
//! knows nothing of sockets.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use super::loss::{Loss, LossCause};
use crate::lane::Wakes;
use crate::sync::{Mutex, MutexGuard};

/// What to do with an event for a queue that is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenFull {
    /// Drop it, and report the loss after the events in the queue.
    #[default]
    DropNewest,
    /// Drop the oldest event in the queue, and report the loss before the rest.
    DropOldest,
    /// Report the loss and end the stream: for consumers that must start anew
    /// when they miss anything.
    End,
}

/// An item or a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry<T> {
    Item(T),
    Lost(Loss),
}

/// A bounded queue with one consumer.
pub(crate) struct Queue<T>(Mutex<Inner<T>>);

/// Never the items: they may be secret.
impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("items", &self.len())
            .finish_non_exhaustive()
    }
}

struct Inner<T> {
    items: VecDeque<T>,
    /// How many items have left: the number of the one in front.
    front: usize,
    capacity: usize,
    when_full: WhenFull,
    waker: Option<Waker>,
    ended: bool,
    /// Gaps, each before the item with that number: at most one of each cause.
    gaps: VecDeque<(usize, Loss)>,
}

impl<T> Queue<T> {
    /// A queue that holds `capacity` items, at least one.
    pub(crate) fn new(capacity: usize, when_full: WhenFull) -> Self {
        Self(Mutex::new(Inner {
            items: VecDeque::new(),
            front: 0,
            capacity: capacity.max(1),
            when_full,
            waker: None,
            ended: false,
            gaps: VecDeque::new(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item; says whether one was lost for it.
    #[inline]
    pub(crate) fn push(&self, item: T, wakes: &mut Wakes) -> bool {
        let mut inner = self.lock();
        if inner.ended {
            return false;
        }
        let full = inner.items.len() >= inner.capacity;
        if full {
            inner.overflow(item);
        } else {
            inner.items.push_back(item);
        }
        wakes.add(inner.waker.take());
        full
    }

    /// Adds a gap after what is queued.
    pub(crate) fn push_loss(&self, loss: Loss, wakes: &mut Wakes) {
        let mut inner = self.lock();
        if !inner.ended {
            inner.note_last(loss);
            wakes.add(inner.waker.take());
        }
    }

    /// Nothing more will come; what is queued can still be taken.
    pub(crate) fn end(&self, wakes: &mut Wakes) {
        let mut inner = self.lock();
        inner.ended = true;
        wakes.add(inner.waker.take());
    }

    /// The next entry, if it is an item.
    pub(crate) fn take_item(&self) -> Option<T> {
        let mut inner = self.lock();
        if inner.has_gap() {
            return None;
        }
        inner.take_item()
    }

    /// The next entry, or `None` at the end.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Entry<T>>> {
        let mut inner = self.lock();
        if let Some(entry) = inner.take() {
            return Poll::Ready(Some(entry));
        }
        if inner.ended {
            return Poll::Ready(None);
        }
        wait(inner, context);
        Poll::Pending
    }

    /// Items that wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().items.len()
    }
}

/// Leaves the consumer's waker; one that it replaces is dropped after unlocking.
fn wait<T>(mut inner: MutexGuard<'_, Inner<T>>, context: &Context<'_>) {
    let replaced = match &inner.waker {
        Some(waker) if waker.will_wake(context.waker()) => None,
        _ => inner.waker.replace(context.waker().clone()),
    };
    drop(inner);
    drop(replaced);
}

impl<T> Inner<T> {
    /// The next entry: a gap that stands before the item in front, or that item.
    fn take(&mut self) -> Option<Entry<T>> {
        match self.take_gap() {
            Some(loss) => Some(Entry::Lost(loss)),
            None => self.take_item().map(Entry::Item),
        }
    }

    /// Whether a gap stands before the item in front.
    fn has_gap(&self) -> bool {
        self.gaps.front().is_some_and(|(at, _)| *at == self.front)
    }

    fn take_gap(&mut self) -> Option<Loss> {
        if !self.has_gap() {
            return None;
        }
        self.gaps.pop_front().map(|(_, loss)| loss)
    }

    fn take_item(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.front = self.front.wrapping_add(1);
        Some(item)
    }

    fn overflow(&mut self, item: T) {
        let lost = Loss::one(LossCause::QueueFull);
        match self.when_full {
            WhenFull::DropNewest => self.note_last(lost),
            WhenFull::End => {
                self.note_last(lost);
                self.ended = true;
            }
            WhenFull::DropOldest => {
                self.drop_oldest(lost);
                self.items.push_back(item);
            }
        }
    }

    /// Notes a gap at the end, joined to one that is there.
    fn note_last(&mut self, loss: Loss) {
        let end = self.front.wrapping_add(self.items.len());
        let there = self.gaps.iter_mut().rev().take_while(|(at, _)| *at == end);
        for (_, gap) in there {
            if gap.join(loss) {
                return;
            }
        }
        self.gaps.push_back((end, loss));
    }

    /// Replaces the oldest item by a gap. Those on both sides of it become
    /// neighbours: without joining them there would be ever more.
    fn drop_oldest(&mut self, lost: Loss) {
        let mut gaps = vec![lost];
        let mut join = |loss| {
            if !gaps.iter_mut().any(|gap| gap.join(loss)) {
                gaps.push(loss);
            }
        };
        while let Some(loss) = self.take_gap() {
            join(loss);
        }
        drop(self.take_item());
        while let Some(loss) = self.take_gap() {
            join(loss);
        }
        for gap in gaps.into_iter().rev() {
            self.gaps.push_front((self.front, gap));
        }
    }
}

/// Every queue that hears the same source.
#[derive(Debug)]
pub(crate) struct Fanout<T>(Arc<Mutex<Vec<Arc<Queue<T>>>>>);

impl<T> Clone for Fanout<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Fanout<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Fanout<T> {
    pub(crate) fn queues(&self) -> MutexGuard<'_, Vec<Arc<Queue<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, queue: Arc<Queue<T>>) {
        self.queues().push(queue);
    }

    pub(crate) fn remove(&self, queue: &Arc<Queue<T>>) {
        let mut queues = self.queues();
        let found = queues.iter().position(|other| Arc::ptr_eq(other, queue));
        let removed = found.map(|index| queues.swap_remove(index));
        drop(queues);
        drop(removed);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queues().is_empty()
    }

    pub(crate) fn end(&self, wakes: &mut Wakes) {
        for queue in self.queues().iter() {
            queue.end(wakes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &Queue<u32>) -> Vec<Entry<u32>> {
        let mut context = Context::from_waker(Waker::noop());
        let mut entries = Vec::new();
        while let Poll::Ready(Some(entry)) = queue.poll(&mut context) {
            entries.push(entry);
        }
        entries
    }

    fn filled(when_full: WhenFull, items: u32) -> Queue<u32> {
        let queue = Queue::new(2, when_full);
        let mut wakes = Wakes::default();
        for item in 0..items {
            queue.push(item, &mut wakes);
        }
        queue
    }

    fn lost(n: u64) -> Entry<u32> {
        Entry::Lost(Loss {
            cause: LossCause::QueueFull,
            count: super::super::LossCount::Exact(n),
        })
    }

    #[test]
    fn the_newest_are_dropped_and_the_gap_stands_where_they_were() {
        let queue = filled(WhenFull::DropNewest, 5);
        assert_eq!(drain(&queue), [Entry::Item(0), Entry::Item(1), lost(3)]);
        queue.push(9, &mut Wakes::default());
        assert_eq!(drain(&queue), [Entry::Item(9)]);
    }

    #[test]
    fn the_oldest_are_dropped_and_the_gap_stands_first() {
        let queue = filled(WhenFull::DropOldest, 5);
        assert_eq!(drain(&queue), [lost(3), Entry::Item(3), Entry::Item(4)]);
    }

    #[test]
    fn a_queue_that_ends_when_full_says_so_and_takes_nothing_more() {
        let queue = filled(WhenFull::End, 5);
        assert_eq!(drain(&queue), [Entry::Item(0), Entry::Item(1), lost(1)]);
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(queue.poll(&mut context), Poll::Ready(None));
    }

    #[test]
    fn an_item_is_not_taken_before_the_gap_in_front_of_it() {
        let queue = filled(WhenFull::DropNewest, 1);
        let mut wakes = Wakes::default();
        queue.push_loss(Loss::in_kernel(Some(3)), &mut wakes);
        queue.push(1, &mut wakes);
        assert_eq!(queue.take_item(), Some(0));
        assert_eq!(queue.take_item(), None);
        let kernel = Entry::Lost(Loss::in_kernel(Some(3)));
        assert_eq!(drain(&queue), [kernel, Entry::Item(1)]);
    }

    #[test]
    fn gaps_between_items_that_were_dropped_do_not_pile_up() {
        let queue = filled(WhenFull::DropOldest, 2);
        let mut wakes = Wakes::default();
        for item in 0..100 {
            queue.push_loss(Loss::in_kernel(Some(1)), &mut wakes);
            queue.push(item, &mut wakes);
        }
        let kernel = |n| Entry::Lost(Loss::in_kernel(Some(n)));
        assert_eq!(
            drain(&queue),
            [
                lost(100),
                kernel(99),
                Entry::Item(98),
                kernel(1),
                Entry::Item(99)
            ]
        );
    }

    #[test]
    fn gaps_of_two_causes_stay_apart_and_do_not_grow_the_queue() {
        let queue = filled(WhenFull::DropNewest, 3);
        let mut wakes = Wakes::default();
        for _ in 0..10 {
            queue.push_loss(Loss::in_kernel(Some(4)), &mut wakes);
            queue.push(7, &mut wakes);
        }
        let kernel = Entry::Lost(Loss::in_kernel(Some(40)));
        assert_eq!(
            drain(&queue),
            [Entry::Item(0), Entry::Item(1), lost(11), kernel]
        );
    }
}
