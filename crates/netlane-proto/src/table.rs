//! Where conversations are kept. Owns the choice of sequence numbers: each
//! names, by its low bits, the slot of its conversation, so that finding one is
//! a look into an array. A conversation is begun in its slot and stays there, so
//! that nothing is copied. Knows nothing of what conversations mean.

use std::num::NonZeroU32;

use netlane_wire::rare;

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

/// A place for one conversation; without an owner it holds nothing of anybody.
#[derive(Debug)]
struct Slot<T> {
    owner: Option<Sequence>,
    conversation: Conversation<T>,
}

impl<T: Default> Table<T> {
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

    /// A new conversation, under the next sequence number that is free, as
    /// `begin` makes it.
    #[inline]
    pub(crate) fn place(&mut self, begin: impl FnOnce(&mut Conversation<T>)) -> Sequence {
        let sequence = self.next_free();
        if let Some(slot) = self.slot_mut(sequence) {
            slot.owner = Some(sequence);
            begin(&mut slot.conversation);
            self.len += 1;
        }
        sequence
    }

    fn next_free(&mut self) -> Sequence {
        // A quarter stays free, so that the next free one is near.
        if self.len >= self.slots.len() / 4 * 3 {
            rare();
            self.grow();
        }
        loop {
            let sequence = Sequence::from_number(self.next);
            self.next = self.next.checked_add(1).unwrap_or(NonZeroU32::MIN);
            let slot = self.slot_mut(sequence);
            if slot.is_some_and(|slot| slot.owner.is_none()) {
                return sequence;
            }
        }
    }

    pub(crate) fn get(&self, sequence: Sequence) -> Option<&Conversation<T>> {
        let slot = self.slots.get(self.index(sequence))?;
        (slot.owner == Some(sequence)).then_some(&slot.conversation)
    }

    pub(crate) fn get_mut(&mut self, sequence: Sequence) -> Option<&mut Conversation<T>> {
        let slot = self.slot_mut(sequence)?;
        (slot.owner == Some(sequence)).then_some(&mut slot.conversation)
    }

    /// Forgets a conversation. Gives its data.
    pub(crate) fn remove(&mut self, sequence: Sequence) -> Option<T> {
        self.vacate(sequence, |conversation| {
            Some(std::mem::take(&mut conversation.data))
        })
    }

    /// Gives what `pick` takes of a conversation, and forgets it unless that is
    /// nothing. What it leaves of the data the next in this slot begins with.
    #[inline]
    pub(crate) fn vacate<L>(
        &mut self,
        sequence: Sequence,
        pick: impl FnOnce(&mut Conversation<T>) -> Option<L>,
    ) -> Option<L> {
        let slot = self.slot_mut(sequence)?;
        if slot.owner != Some(sequence) {
            return None;
        }
        let picked = pick(&mut slot.conversation)?;
        slot.owner = None;
        self.len -= 1;
        Some(picked)
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Sequence, &Conversation<T>)> {
        self.slots
            .iter()
            .filter_map(|slot| Some((slot.owner?, &slot.conversation)))
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
        for old in narrow {
            if let Some(slot) = old.owner.and_then(|owner| self.slot_mut(owner)) {
                *slot = old;
            }
        }
    }
}

fn vacant<T: Default>(slots: usize) -> Box<[Slot<T>]> {
    let slot = |_| Slot {
        owner: None,
        conversation: Conversation::default(),
    };
    (0..slots).map(slot).collect()
}

/// Few, so that a lone request finds its slot where the last ones were.
const LEAST_SLOTS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_under_its_own_number_however_many_there_are() {
        let first = NonZeroU32::new(u32::MAX - 100).unwrap();
        let mut table = Table::new(first);
        let sequences: Vec<_> = (0..1000)
            .map(|data| table.place(|conversation| conversation.data = data))
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
        // The last numbers are followed by the first.
        for first in [1, u32::MAX - 500] {
            let mut table = Table::new(NonZeroU32::new(first).unwrap());
            let old = table.place(|conversation| conversation.data = 7);
            for data in 0..1000 {
                let sequence = table.place(|conversation| conversation.data = data);
                assert_ne!(sequence, old);
                assert_eq!(table.remove(sequence).unwrap(), data);
            }
            assert_eq!(table.get(old).unwrap().data, 7);
            assert_eq!(table.slots.len(), LEAST_SLOTS);
        }
    }
}
