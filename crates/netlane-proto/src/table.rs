//! Where conversations are kept. Owns the choice of sequence numbers: each
//! names, by its low bits, the slot of its conversation, so that finding one is
//! a look into an array. Knows nothing of what conversations mean.

use std::num::NonZeroU32;

use crate::Sequence;
use crate::conversation::Conversation;

/// Conversations by sequence number. Numbers go up; one whose slot is still
/// taken by another is left out.
#[derive(Debug)]
pub(crate) struct Table<T> {
    /// A power of two of them.
    slots: Box<[Slot<T>]>,
    len: usize,
    next: NonZeroU32,
}

type Slot<T> = Option<(Sequence, Conversation<T>)>;

impl<T> Table<T> {
    /// An empty table whose first sequence number is `first`.
    pub(crate) fn new(first: NonZeroU32) -> Self {
        Self {
            slots: vacant(LEAST_SLOTS),
            len: 0,
            next: first,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Puts a conversation under the next sequence number that is free.
    #[inline]
    pub(crate) fn place(&mut self, conversation: Conversation<T>) -> Sequence {
        let sequence = self.next_free();
        if let Some(slot) = self.slot_mut(sequence) {
            *slot = Some((sequence, conversation));
        }
        self.len += 1;
        sequence
    }

    fn next_free(&mut self) -> Sequence {
        // A quarter stays free, so that the next free one is near.
        if self.len >= self.slots.len() / 4 * 3 {
            self.grow();
        }
        loop {
            let sequence = Sequence::from_number(self.next);
            self.next = self.next.checked_add(1).unwrap_or(NonZeroU32::MIN);
            if self.slot_mut(sequence).is_some_and(|slot| slot.is_none()) {
                return sequence;
            }
        }
    }

    pub(crate) fn get(&self, sequence: Sequence) -> Option<&Conversation<T>> {
        match self.slots.get(self.index(sequence))? {
            Some((owner, conversation)) if *owner == sequence => Some(conversation),
            _ => None,
        }
    }

    pub(crate) fn get_mut(&mut self, sequence: Sequence) -> Option<&mut Conversation<T>> {
        match self.slot_mut(sequence)? {
            Some((owner, conversation)) if *owner == sequence => Some(conversation),
            _ => None,
        }
    }

    pub(crate) fn remove(&mut self, sequence: Sequence) -> Option<Conversation<T>> {
        self.get(sequence)?;
        let (_, conversation) = self.slot_mut(sequence)?.take()?;
        self.len -= 1;
        Some(conversation)
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Sequence, Conversation<T>)> {
        self.slots.iter().flatten()
    }

    fn slot_mut(&mut self, sequence: Sequence) -> Option<&mut Slot<T>> {
        self.slots.get_mut(self.index(sequence))
    }

    fn index(&self, sequence: Sequence) -> usize {
        // `usize` is at least as wide on every target that has netlink.
        usize::try_from(sequence.get()).unwrap_or(0) & (self.slots.len() - 1)
    }

    /// Doubles it. Two numbers that differ in their low bits differ in more of
    /// them too, so everyone finds a slot.
    #[cold]
    fn grow(&mut self) {
        let wider = vacant(self.slots.len().saturating_mul(2));
        let narrow = std::mem::replace(&mut self.slots, wider);
        for (sequence, conversation) in narrow.into_iter().flatten() {
            if let Some(slot) = self.slot_mut(sequence) {
                *slot = Some((sequence, conversation));
            }
        }
    }
}

fn vacant<T>(slots: usize) -> Box<[Slot<T>]> {
    (0..slots).map(|_| None).collect()
}

const LEAST_SLOTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overruns::Doubt;
    use crate::{Expect, Timing};

    fn conversation(data: u32) -> Conversation<u32> {
        Conversation::new(
            Expect::Acknowledgement,
            Timing::Synchronous,
            0,
            Doubt::Never,
            data,
        )
    }

    #[test]
    fn each_is_found_under_its_own_number_however_many_there_are() {
        let first = NonZeroU32::new(u32::MAX - 100).unwrap();
        let mut table = Table::new(first);
        let sequences: Vec<_> = (0..1000)
            .map(|data| table.place(conversation(data)))
            .collect();
        assert_eq!(table.len(), 1000);
        assert_eq!(table.iter().count(), 1000);
        for (data, sequence) in (0..).zip(&sequences) {
            assert_eq!(table.get(*sequence).unwrap().data, data);
        }
        for sequence in &sequences {
            assert!(table.remove(*sequence).is_some());
            assert!(table.get(*sequence).is_none());
            assert!(table.remove(*sequence).is_none());
        }
        assert_eq!(table.len(), 0);
    }

    /// Fails when a number is given although another's slot is in its place: one of the two would
    /// be forgotten.
    #[test]
    fn a_number_whose_slot_is_taken_is_left_out() {
        let mut table = Table::new(NonZeroU32::MIN);
        let old = table.place(conversation(7));
        for data in 0..1000 {
            let sequence = table.place(conversation(data));
            assert_ne!(sequence, old);
            assert_eq!(table.remove(sequence).unwrap().data, data);
        }
        assert_eq!(table.get(old).unwrap().data, 7);
        assert_eq!(table.slots.len(), LEAST_SLOTS);
    }
}
