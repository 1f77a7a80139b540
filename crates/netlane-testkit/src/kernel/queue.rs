//! The receive queue of a netlink socket: what is admitted, what is refused, and
//! what the socket says of it. Owns the accounting in `truesize`; must not know
//! requests or dumps. Mirrors `netlink_attachskb`, `netlink_overrun` and
//! `netlink_rcv_wake` of net/netlink/af_netlink.c.

use std::collections::VecDeque;

use crate::Datagram;

#[derive(Debug)]
pub(super) struct Queue {
    datagrams: VecDeque<(Datagram, usize)>,
    /// `sk_rmem_alloc`.
    allocated: usize,
    /// `sk_rcvbuf`.
    receive_buffer: usize,
    /// `NETLINK_S_CONGESTED`: everything is refused.
    congested: bool,
    /// `sk_err`, one slot.
    error: Option<i32>,
    drops: u32,
    /// Whatever has waked who waits for readiness.
    arrivals: u64,
    /// Datagrams that still find room, if a test wants the next refused.
    room_for: Option<usize>,
}

impl Queue {
    pub(super) const fn new(receive_buffer: usize) -> Self {
        Self {
            datagrams: VecDeque::new(),
            allocated: 0,
            receive_buffer,
            congested: false,
            error: None,
            drops: 0,
            arrivals: 0,
            room_for: None,
        }
    }

    /// Queues a datagram, or refuses it: then the socket is congested until it
    /// was read empty.
    pub(super) fn offer(&mut self, datagram: Datagram) -> bool {
        if !self.is_refused_by_wish() && self.offer_politely(datagram) {
            return true;
        }
        self.drops = self.drops.wrapping_add(1);
        if !std::mem::replace(&mut self.congested, true) {
            self.set_error(ENOBUFS);
        }
        false
    }

    /// Queues a datagram, if there is room.
    pub(super) fn offer_politely(&mut self, datagram: Datagram) -> bool {
        let size = truesize(datagram.bytes.len());
        // The first may have any size.
        let fits = self.allocated == 0 || self.allocated + size <= self.receive_buffer;
        if fits && !self.congested {
            self.push(datagram, size);
        }
        fits && !self.congested
    }

    /// Queues a part of a dump, which no congestion refuses.
    pub(super) fn push(&mut self, datagram: Datagram, truesize: usize) {
        self.allocated += truesize;
        self.arrivals += 1;
        self.datagrams.push_back((datagram, truesize));
    }

    fn is_refused_by_wish(&mut self) -> bool {
        match &mut self.room_for {
            // An empty queue takes anything.
            Some(0) if self.allocated == 0 => false,
            Some(0) => {
                self.room_for = None;
                true
            }
            Some(more) => {
                *more -= 1;
                false
            }
            None => false,
        }
    }

    pub(super) const fn refuse_after(&mut self, datagrams: usize) {
        self.room_for = Some(datagrams);
    }

    pub(super) const fn set_error(&mut self, errno: i32) {
        self.error = Some(errno);
        self.arrivals += 1;
    }

    pub(super) const fn arrivals(&self) -> u64 {
        self.arrivals
    }

    pub(super) const fn error(&self) -> Option<i32> {
        self.error
    }

    pub(super) const fn take_error(&mut self) -> Option<i32> {
        self.error.take()
    }

    pub(super) fn pop(&mut self) -> Option<Datagram> {
        let (datagram, truesize) = self.datagrams.pop_front()?;
        self.allocated -= truesize;
        Some(datagram)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Datagram> {
        self.datagrams.iter().map(|(datagram, _)| datagram)
    }

    pub(super) fn swap_first(&mut self) {
        if self.datagrams.len() > 1 {
            self.datagrams.swap(0, 1);
        }
    }

    /// The end of a receive call: an empty queue is congested no more.
    pub(super) fn wake(&mut self) {
        self.congested &= !self.datagrams.is_empty();
    }

    pub(super) const fn allocated(&self) -> usize {
        self.allocated
    }

    pub(super) const fn receive_buffer(&self) -> usize {
        self.receive_buffer
    }

    pub(super) const fn is_congested(&self) -> bool {
        self.congested
    }

    pub(super) const fn drops(&self) -> u32 {
        self.drops
    }

    pub(super) fn len(&self) -> usize {
        self.datagrams.len()
    }

    pub(super) fn has_something(&self) -> bool {
        self.error.is_some() || !self.datagrams.is_empty()
    }
}

/// What a datagram of this many bytes costs the receive buffer (`skb->truesize`),
/// as measured on Linux 6.18, 64-bit.
#[must_use]
pub const fn truesize(len: usize) -> usize {
    let head = len + SHARED_INFO;
    SK_BUFF
        + if head <= SMALL_HEAD {
            SMALL_HEAD
        } else {
            head.next_power_of_two()
        }
}

const ENOBUFS: i32 = 105;
/// `SKB_DATA_ALIGN(sizeof(struct skb_shared_info))`.
pub(super) const SHARED_INFO: usize = 320;
/// `SKB_DATA_ALIGN(sizeof(struct sk_buff))`.
const SK_BUFF: usize = 256;
/// The cache of small heads.
const SMALL_HEAD: usize = 576;
