//! The way of a request out: from its order to the datagram that carries it,
//! or back if it could not be sent. Owns who may send when: credit, the
//! socket's one dump, the order of the outbox.

use std::io;

use netlane_proto::{Expect, Sequence};
use netlane_sys::Address;

use super::State;
use crate::lane::credit::Class;
use crate::lane::order::Order;
use crate::lane::outbox::Intent;
use crate::lane::reader::Reader;
use crate::lane::waiting::{Ending, Waiting};
use crate::lane::wakes::Wakes;

/// What is to become of an enlisted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Launch {
    /// It is to be sent.
    Now,
    /// Its answer would not fit beside those that are under way.
    Later,
    /// It was cancelled, or the lane has ended.
    Never,
}

/// What an answer is expected to cost of the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    class: Class,
    /// In bytes of truesize.
    charge: u32,
}

impl State {
    /// Whether a request of this price may be sent at once by its own caller.
    pub(crate) fn may_send(&self, order: &Order, price: Price) -> bool {
        self.outbox.is_empty()
            && !self.backlog.is_lossy()
            && self.credit.fits(price.charge)
            // A dump is sent by who reads. While another thread received, the
            // kernel could queue its second part before its first: it unlocks
            // between making a part and queueing it (KERNEL: `netlink_dump`).
            && !order.is_kernel_dump()
    }

    /// What the answer is expected to cost of the window. A user peer cannot
    /// overflow the receive buffer: it is its send that fails (KERNEL:
    /// `netlink_attachskb`).
    #[inline(always)]
    pub(crate) fn price(&self, order: &Order) -> Price {
        let class = order.class();
        let charge = match order.to {
            Some(address) if address != Address::KERNEL => 0,
            _ => self.credit.charge(class, order.expect),
        };
        Price { class, charge }
    }

    /// Begins a conversation whose request its caller sends at once.
    pub(crate) fn register(&mut self, order: &mut Order, price: Price) -> Sequence {
        let sequence = self.submit(order, price, false);
        let port = self.conversations.profile().port;
        netlane_wire::set_sequence_port(&mut order.bytes, sequence.get(), port);
        sequence
    }

    /// Begins a conversation whose request waits in the outbox.
    pub(crate) fn publish(&mut self, mut order: Order) -> Sequence {
        let sequence = self.enlist(&mut order);
        self.outbox.push(Intent {
            sequence,
            dump: order.is_kernel_dump(),
            bytes: order.bytes,
            to: order.to,
        });
        sequence
    }

    /// Begins a conversation whose request another thread will send.
    pub(crate) fn enlist(&mut self, order: &mut Order) -> Sequence {
        let sequence = self.submit(order, self.price(order), true);
        let port = self.conversations.profile().port;
        let number = if order.plain { 0 } else { sequence.get() };
        netlane_wire::set_sequence_port(&mut order.bytes, number, port);
        sequence
    }

    #[inline(always)]
    fn submit(&mut self, order: &Order, price: Price, queued: bool) -> Sequence {
        let Price { class, charge } = price;
        let dump = order.is_kernel_dump();
        if !queued {
            self.credit.take(charge);
            self.dumping |= dump;
        }
        let peer = order.to.map_or(0, |address| address.port);
        let fill = |waiting: &mut Waiting| {
            waiting.class = class;
            waiting.charge = charge;
            waiting.queued = queued;
            waiting.unsent = queued;
            waiting.wake_when_sent = order.expect == Expect::Nothing;
            waiting.dump = dump;
            waiting.streams = order.expect == Expect::Dump;
            waiting.plain = order.plain;
        };
        self.conversations
            .submit_with(order.expect, order.timing, peer, fill)
    }

    /// An enlisted request is about to be sent: whether it may.
    pub(crate) fn launch(&mut self, sequence: Sequence) -> Launch {
        if self.conversations.is_finished(sequence) {
            return Launch::Never;
        }
        let Some(waiting) = self.conversations.launch(sequence) else {
            return Launch::Never;
        };
        if self.backlog.is_lossy() || !self.credit.fits(waiting.charge) {
            return Launch::Later;
        }
        waiting.queued = false;
        self.credit.take(waiting.charge);
        Launch::Now
    }

    /// [`launch`](Self::launch) for the rest of a datagram: it goes or it does
    /// not, so its credit is taken even if it does not fit.
    pub(crate) fn launch_along(&mut self, sequence: Sequence) {
        if let Some(waiting) = self.conversations.launch(sequence)
            && std::mem::take(&mut waiting.queued)
        {
            self.credit.take(waiting.charge);
        }
    }

    /// The send of a registered request failed: it did not happen.
    pub(crate) fn unsent(&mut self, sequence: Sequence) {
        if let Some(waiting) = self.conversations.unsent(sequence)
            && !waiting.queued
        {
            self.credit.give(waiting.charge);
            self.dump_over(waiting.dump);
        }
    }

    /// Whether a published request waits to be sent.
    pub(crate) fn has_published(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Fills the reader's outgoing datagram with published requests, as far as
    /// the window allows. Returns the address they go to, if there are any.
    pub(crate) fn fill(&mut self, reader: &mut Reader) -> Option<Option<Address>> {
        if self.outbox.is_empty() {
            return None;
        }
        reader.outgoing.clear();
        reader.sequences.clear();
        let mut address = None;
        // Until an overrun is read to its end the kernel admits no answer.
        while !self.backlog.is_lossy() {
            let conversations = &mut self.conversations;
            let alive = |sequence| conversations.data_mut(sequence).is_some();
            let Some(intent) = self.outbox.front(self.dumping, alive) else {
                break;
            };
            let Some(waiting) = self.conversations.launch(intent.sequence) else {
                break;
            };
            let full = reader.outgoing.len() + intent.bytes.len() > self.coalesced.bytes
                || reader.sequences.len() >= self.coalesced.requests
                || address.is_some_and(|to| to != intent.to);
            let waits = !self.credit.fits(waiting.charge);
            if waits || (full && !reader.sequences.is_empty()) {
                break;
            }
            let Some(intent) = self.outbox.pop() else {
                break;
            };
            waiting.queued = false;
            self.credit.take(waiting.charge);
            self.dumping |= intent.dump;
            address = Some(intent.to);
            reader.push(intent.sequence, &intent.bytes);
            waiting.result.request = intent.bytes;
        }
        address
    }

    /// Whether a published request could be sent now.
    #[inline]
    pub(crate) fn sendable(&mut self) -> bool {
        self.has_published() && self.next_may_go()
    }

    fn next_may_go(&mut self) -> bool {
        let conversations = &mut self.conversations;
        let mut charge = 0;
        let alive = |sequence| match conversations.data_mut(sequence) {
            Some(waiting) => {
                charge = waiting.charge;
                true
            }
            None => false,
        };
        let waits = self.outbox.front(self.dumping, alive).is_some();
        waits && !self.backlog.is_lossy() && self.credit.fits(charge)
    }

    /// Whether a published request has left the outbox.
    pub(crate) fn is_sent(&mut self, sequence: Sequence) -> bool {
        self.conversations
            .data_mut(sequence)
            .is_none_or(|waiting| !waiting.queued)
    }

    /// The datagram of [`fill`](Self::fill) was sent, or not.
    pub(crate) fn dispatched(
        &mut self,
        reader: &Reader,
        result: &io::Result<()>,
        wakes: &mut Wakes,
    ) {
        for &sequence in &reader.sequences {
            self.settle_send(sequence, result, wakes);
        }
    }

    /// A request was sent, or not.
    pub(crate) fn settle_send(
        &mut self,
        sequence: Sequence,
        result: &io::Result<()>,
        wakes: &mut Wakes,
    ) {
        match result {
            Ok(()) => {
                self.counted.sent += 1;
                let Some(waiting) = self.conversations.sent(sequence) else {
                    return;
                };
                waiting.unsent = false;
                if waiting.plain {
                    self.conclude(sequence, Ending::Silent, wakes);
                } else if waiting.wake_when_sent {
                    wakes.add(waiting.waker.take());
                }
            }
            Err(error) => self.conclude(sequence, Ending::Unsent(copy_of(error)), wakes),
        }
    }

    /// Ends a conversation that the kernel knows nothing of.
    fn conclude(&mut self, sequence: Sequence, ending: Ending, wakes: &mut Wakes) {
        if self.conversations.is_cancelled(sequence) {
            return self.unsent(sequence);
        }
        let Some(waiting) = self.conversations.fail(sequence) else {
            return;
        };
        waiting.result.ending = Some(ending);
        wakes.add(waiting.waker.take());
        self.credit.give(std::mem::take(&mut waiting.charge));
        let dump = std::mem::take(&mut waiting.dump);
        self.dump_over(dump);
    }
}

/// `io::Error` is not `Clone`; the errno is all a system call gave.
fn copy_of(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use netlane_proto::{Profile, Timing};
    use netlane_wire::{Flags, Message};

    use super::*;
    use crate::lane::order::Sizes;

    fn dump() -> Order {
        let message = Message::new(18, Flags::REQUEST | Flags::DUMP);
        Order {
            bytes: message.finish().unwrap().into(),
            expect: Expect::Dump,
            timing: Timing::Late,
            ..Order::default()
        }
    }

    /// Fails when a socket is not known to have one dump at a time: the next would be refused, or
    /// hold up everybody behind it.
    #[test]
    fn a_dump_waits_for_the_one_before_it_and_nobody_waits_with_it() {
        let sizes = Sizes {
            receive_buffer: 212_992,
            frame: 8192,
            wipe: false,
        };
        let mut state = State::new(Profile::kernel(1), sizes, 0);
        let mut reader = Reader::new(8192);
        let first = state.publish(dump());
        let second = state.publish(dump());
        let other = state.publish(Order::ping());
        assert!(state.fill(&mut reader).is_some());
        assert_eq!(reader.sequences, [first, other]);
        assert!(state.fill(&mut reader).is_none(), "the first still runs");
        let (dump, price) = (dump(), state.price(&dump()));
        assert!(!state.may_send(&dump, price) && !state.sendable());
        // They were not sent after all.
        let failed = Err(io::Error::from_raw_os_error(105));
        for sequence in [first, other] {
            let mut wakes = Wakes::default();
            state.settle_send(sequence, &failed, &mut wakes);
        }
        assert!(state.fill(&mut reader).is_some());
        assert_eq!(reader.sequences, [second]);
    }
}
