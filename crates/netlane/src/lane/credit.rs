//! The credit window: how many bytes of answers may be under way so that none
//! can overflow the receive buffer. Owns the estimate of what an answer costs
//! the kernel (`skb->truesize`, charged to `sk_rmem_alloc`) and how it learns;
//! knows nothing of sockets.

use std::collections::hash_map::Entry;

use netlane_proto::Expect;
use netlane_wire::rare;
use rustc_hash::FxHashMap;

/// The window of one lane, in bytes of truesize.
#[derive(Debug)]
pub(crate) struct Credit {
    window: usize,
    used: usize,
    /// What a dump may fill.
    dump: u32,
    /// The largest answer seen for each class, in bytes of truesize.
    learned: FxHashMap<Class, u32>,
}

/// Requests whose answers are alike in size, as far as a transport can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Class {
    /// `nlmsg_type`.
    pub(crate) kind: u16,
    /// The command of generic netlink, else 0.
    pub(crate) command: u8,
    /// `NLM_F_ECHO`: the changed object comes back.
    pub(crate) echo: bool,
}

impl Credit {
    /// A window for a receive buffer of this size as read back.
    pub(crate) fn new(receive_buffer: usize) -> Self {
        // The kernel admits while rmem_alloc <= sk_rcvbuf, so the whole buffer
        // may be promised; one answer's worth stays free for what comes unasked.
        let window = receive_buffer.saturating_sub(4096).max(1);
        // While rmem_alloc is up to half of sk_rcvbuf, each receive call makes
        // the next part, whatever it reads (KERNEL: netlink_recvmsg).
        let dump = (receive_buffer / 2).saturating_add(DUMP_PART).min(window);
        Self {
            window,
            used: 0,
            dump: u32::try_from(dump).unwrap_or(u32::MAX),
            learned: FxHashMap::default(),
        }
    }

    /// What an answer to a request of this class is expected to cost: the most
    /// that one has cost so far. Before the first is seen, a request may turn
    /// out to have replies of any size, so only few go out.
    pub(crate) fn charge(&self, class: Class, expect: Expect) -> u32 {
        match expect {
            Expect::Nothing => ACK_COST,
            Expect::Dump => {
                rare();
                self.dump
            }
            _ if class.kind < netlane_wire::kind::MIN_TYPE => ACK_COST,
            _ => self.learned.get(&class).copied().unwrap_or(FIRST_COST),
        }
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

    /// Whether nothing of it is taken.
    #[cfg(test)]
    pub(crate) const fn is_whole(&self) -> bool {
        self.used == 0
    }

    /// An answer cost so much, where `charge` was expected. Only answers to requests
    /// that succeeded teach what the next one may cost: a refusal carries no replies.
    pub(crate) fn learn(&mut self, class: Class, charge: u32, cost: u32, succeeded: bool) {
        let is_news = cost > charge || charge == FIRST_COST;
        if is_news && class.kind >= netlane_wire::kind::MIN_TYPE {
            self.note(class, cost, succeeded);
        }
    }

    #[cold]
    fn note(&mut self, class: Class, cost: u32, succeeded: bool) {
        let known = self.learned.len();
        match self.learned.entry(class) {
            Entry::Occupied(mut learned) => {
                let learned = learned.get_mut();
                *learned = (*learned).max(cost);
            }
            Entry::Vacant(vacant) if succeeded && known < MAX_CLASSES => {
                vacant.insert(cost.max(ACK_COST));
            }
            Entry::Vacant(_) => {}
        }
    }
}

/// What a datagram of this length costs the receive buffer: its data in the
/// slab's next power of two, with `skb_shared_info` and the `sk_buff` itself.
/// What was allocated in excess is given back only if it is half of all
/// (`netlink_trim`).
pub(crate) fn truesize(len: usize) -> u32 {
    let data = (len + SHARED_INFO + SK_BUFF / 2)
        .next_power_of_two()
        .max(ACK_HEAD);
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
/// A part of a dump: 32 KiB with its `skb_shared_info`, and the `sk_buff`.
const DUMP_PART: usize = 32 * 1024 + SK_BUFF;
/// `SKB_DATA_ALIGN(sizeof(struct skb_shared_info))` on 64-bit.
const SHARED_INFO: usize = 320;
/// `SKB_DATA_ALIGN(sizeof(struct sk_buff))` on 64-bit.
const SK_BUFF: usize = 256;
/// The small-head cache of recent kernels: the least a datagram's head takes.
const ACK_HEAD: usize = 704;
/// Classes whose answers are remembered; a bound, far above any family.
const MAX_CLASSES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Class = Class {
        kind: 18,
        command: 0,
        echo: false,
    };

    #[test]
    fn an_unknown_request_is_dear_until_one_has_succeeded() {
        let mut credit = Credit::new(212_992);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), FIRST_COST);
        credit.learn(GET, FIRST_COST, 900, false);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), FIRST_COST);
        credit.learn(GET, FIRST_COST, 3200, true);
        credit.learn(GET, 3200, 900, true);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), 3200);
    }

    #[test]
    fn an_echo_or_another_command_is_answered_with_more() {
        let mut credit = Credit::new(212_992);
        credit.learn(GET, FIRST_COST, ACK_COST, true);
        let echo = Class { echo: true, ..GET };
        let other = Class { command: 1, ..GET };
        for unknown in [echo, other] {
            assert_eq!(credit.charge(unknown, Expect::Echo), FIRST_COST);
        }
        credit.learn(echo, FIRST_COST, 3200, true);
        assert_eq!(credit.charge(echo, Expect::Echo), 3200);
        assert_eq!(credit.charge(GET, Expect::Acknowledgement), ACK_COST);
    }

    #[test]
    fn a_dump_may_fill_half_of_the_buffer_and_a_part() {
        let credit = Credit::new(212_992);
        assert_eq!(credit.charge(GET, Expect::Dump), 106_496 + 33_024);
        let small = Credit::new(16 * 1024);
        assert_eq!(small.charge(GET, Expect::Dump), 12 * 1024);
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
        // 4 KiB were allocated for it, and 2_076 bytes of waste are kept.
        assert_eq!(truesize(1700), 4352);
    }
}
