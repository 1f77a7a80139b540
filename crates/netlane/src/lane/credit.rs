//! The credit window: how many bytes of answers may be under way so that none
//! can overflow the receive buffer. Owns the estimate of what an answer costs
//! the kernel (`skb->truesize`, charged to `sk_rmem_alloc`) and how it learns;
//! knows nothing of sockets.

use std::collections::hash_map::Entry;

use netlane_proto::Expect;
use rustc_hash::FxHashMap;

/// The window of one lane, in bytes of truesize.
#[derive(Debug)]
pub(crate) struct Credit {
    window: usize,
    used: usize,
    /// The largest answer seen for each message type, in bytes of truesize.
    learned: FxHashMap<u16, u32>,
}

impl Credit {
    /// A window for a receive buffer of this size as read back.
    pub(crate) fn new(receive_buffer: usize) -> Self {
        // The kernel admits while rmem_alloc <= sk_rcvbuf, so the whole buffer
        // may be promised; one answer's worth stays free for what comes unasked.
        let window = receive_buffer.saturating_sub(4096).max(1);
        Self {
            window,
            used: 0,
            learned: FxHashMap::default(),
        }
    }

    /// What an answer to a request of this type is expected to cost: the most
    /// that one has cost so far. Before the first is seen, a request may turn
    /// out to have replies of any size, so only few go out.
    pub(crate) fn charge(&self, kind: u16, expect: Expect) -> u32 {
        if matches!(expect, Expect::Nothing) || kind < netlane_wire::kind::MIN_TYPE {
            return ACK_COST;
        }
        self.learned.get(&kind).copied().unwrap_or(FIRST_COST)
    }

    /// Whether a charge fits. One answer always does: the kernel admits a
    /// datagram of any size into an empty queue.
    pub(crate) const fn fits(&self, charge: u32) -> bool {
        self.used == 0 || self.used + widen(charge) <= self.window
    }

    /// Takes a charge.
    pub(crate) const fn take(&mut self, charge: u32) {
        self.used += widen(charge);
    }

    /// Gives a charge back.
    pub(crate) const fn give(&mut self, charge: u32) {
        self.used = self.used.saturating_sub(widen(charge));
    }

    /// An answer cost so much. Only answers to requests that succeeded teach
    /// what the next one may cost: a refusal carries no replies.
    pub(crate) fn learn(&mut self, kind: u16, cost: u32, succeeded: bool) {
        let known = self.learned.len();
        match self.learned.entry(kind) {
            Entry::Occupied(mut learned) => {
                let learned = learned.get_mut();
                *learned = (*learned).max(cost);
            }
            Entry::Vacant(vacant) if succeeded && known < MAX_KINDS => {
                vacant.insert(cost.max(ACK_COST));
            }
            Entry::Vacant(_) => {}
        }
    }
}

/// What a datagram of this length costs the receive buffer: its data in the
/// slab's next power of two, with `skb_shared_info` and the `sk_buff` itself.
pub(crate) fn truesize(len: usize) -> u32 {
    let data = (len + SHARED_INFO).next_power_of_two().max(ACK_HEAD);
    u32::try_from(data + SK_BUFF).unwrap_or(u32::MAX)
}

/// `u32` to `usize`, which is at least as wide on every target of this crate.
#[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
const fn widen(bytes: u32) -> usize {
    bytes as usize
}

/// A bare ACK: 832 to 960 bytes on kernels since 6.0.
const ACK_COST: u32 = 1024;
/// An answer of unknown size: a page of replies in its kmalloc-8k, and more.
const FIRST_COST: u32 = 16 * 1024;
/// `SKB_DATA_ALIGN(sizeof(struct skb_shared_info))` on 64-bit.
const SHARED_INFO: usize = 320;
/// `SKB_DATA_ALIGN(sizeof(struct sk_buff))` on 64-bit.
const SK_BUFF: usize = 256;
/// The small-head cache of recent kernels: the least a datagram's head takes.
const ACK_HEAD: usize = 704;
/// Message types whose answers are remembered; a bound, far above any family.
const MAX_KINDS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const GET: u16 = 18;

    #[test]
    fn an_unknown_request_is_dear_until_one_has_succeeded() {
        let mut credit = Credit::new(212_992);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), FIRST_COST);
        credit.learn(GET, 900, false);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), FIRST_COST);
        credit.learn(GET, 3200, true);
        credit.learn(GET, 900, true);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), 3200);
    }

    #[test]
    fn the_window_is_never_exceeded_but_by_a_single_answer() {
        let mut credit = Credit::new(8192);
        assert!(credit.fits(1 << 20));
        credit.take(4000);
        assert!(!credit.fits(1000) && credit.fits(96));
        credit.give(4000);
        assert!(credit.fits(1000));
    }

    #[test]
    fn an_ack_costs_what_the_kernel_was_seen_to_charge() {
        assert_eq!(truesize(36), 960);
        assert_eq!(truesize(1400), 2304);
    }
}
