//! The memory of replies. A reply is a copy, so that keeping one keeps no receive
//! buffer. The copy of a long one is made where the last was, if nobody holds that
//! any more: to allocate so much costs more than to copy it. Knows nothing of who
//! gets it; what it frees under the lane's lock is its own memory.

use bytes::BytesMut;
use netlane_wire::{Frame, FrameView, rare};

/// Where the next long reply may be copied to.
#[derive(Debug)]
pub(crate) struct Spare {
    memory: BytesMut,
    /// What was allocated, in bytes; of it `memory` sees what is behind the last reply.
    size: usize,
    /// How often in a row it was still held, or did not fit.
    misses: u8,
    /// Nothing is kept: what was in it may be secret.
    forgetful: bool,
}

impl Spare {
    pub(crate) fn new(forgetful: bool) -> Self {
        Self {
            memory: BytesMut::new(),
            size: 0,
            misses: PATIENCE,
            forgetful,
        }
    }

    /// A copy of a frame, which holds at most twice its length.
    pub(crate) fn copy(&mut self, frame: FrameView<'_>) -> Frame {
        let len = frame.bytes().len();
        if self.forgetful || !(SHORT..=LONG).contains(&len) {
            return frame.to_frame();
        }
        if self.size > 2 * len || !self.memory.try_reclaim(len) {
            rare();
            if !self.renew(len) {
                return frame.to_frame();
            }
        }
        self.misses = 0;
        self.memory.extend_from_slice(frame.bytes());
        let copy = self.memory.split().freeze();
        // It is a frame, as what it was copied from is.
        Frame::from_bytes(copy).unwrap_or_else(|_| frame.to_frame())
    }

    /// It cannot be had, or should not. In a crowd it soon can be; somebody may
    /// keep it for good.
    #[inline(never)]
    fn renew(&mut self, len: usize) -> bool {
        self.misses = self.misses.saturating_add(1);
        if self.misses <= PATIENCE {
            return false;
        }
        self.memory = BytesMut::with_capacity(len);
        self.size = len;
        true
    }
}

/// Misses in a row before other memory is taken.
const PATIENCE: u8 = 100;
/// What is shorter the allocators keep at hand themselves (glibc: 1032 bytes).
const SHORT: usize = 1024;
/// What is longer is rare, and would be kept for nothing.
const LONG: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use netlane_wire::{Flags, Message};

    use super::*;

    fn frame(payload: usize) -> Frame {
        let message = Message::raw(18, Flags::empty(), &vec![7; payload]);
        message.into_frame(1, 2).unwrap()
    }

    /// Fails when a reply is copied over one that is held.
    #[test]
    fn what_is_held_stays_as_it_is() {
        let (mut spare, one, two) = (Spare::new(false), frame(2000), frame(1990));
        let held = spare.copy(one.view());
        let other = spare.copy(two.view());
        assert_eq!(held.bytes(), one.bytes());
        assert_eq!(other.bytes(), two.bytes());
    }

    /// Fails when a short reply keeps the memory of a long one.
    #[test]
    fn what_nobody_holds_is_taken_again_unless_it_is_far_too_long() {
        let mut spare = Spare::new(false);
        let first = spare.copy(frame(4000).view()).bytes().as_ptr();
        assert_eq!(spare.copy(frame(2100).view()).bytes().as_ptr(), first);
        let short = spare.copy(frame(1100).view());
        assert_eq!(short.bytes().len(), 1116);
        assert!(spare.memory.try_reclaim(4000), "the short one holds it");
    }

    /// Fails when one reply that is kept keeps all that follow from sparing anything.
    #[test]
    fn what_is_kept_for_good_is_given_up() {
        let (mut spare, reply) = (Spare::new(false), frame(2000));
        let kept = spare.copy(reply.view());
        for _ in 0..=PATIENCE {
            drop(spare.copy(reply.view()));
        }
        let place = spare.copy(reply.view()).bytes().as_ptr();
        assert_eq!(spare.copy(reply.view()).bytes().as_ptr(), place);
        assert_eq!(kept.bytes(), reply.bytes());
    }

    #[test]
    fn what_may_be_secret_is_not_kept() {
        let mut spare = Spare::new(true);
        drop(spare.copy(frame(2000).view()));
        assert_eq!(spare.memory.capacity(), 0);
    }
}
