//! Requests that a thread of netlane's own sends, since they may sleep inside
//! the kernel: alone, or several as one datagram. Owns the wait for credit of
//! such threads; knows nothing of how threads are found.

use std::time::Duration;

use netlane_proto::Sequence;

use super::state::Launch;
use super::{Lane, Order, Payload, Transport, Wakes};
use crate::Error;
use crate::sync::sleep;

impl<S: Transport> Lane<S> {
    /// Begins a conversation whose request a thread of the connection's own
    /// sends; see [`send_enlisted`](Self::send_enlisted).
    pub(crate) fn enlist(&self, order: &mut Order) -> Result<Sequence, Error> {
        let mut state = self.visit();
        match &state.ended {
            Some(error) => Err(error.clone()),
            None => Ok(state.enlist(order)),
        }
    }

    /// Sends an enlisted request, unless nobody waits for it any more, and
    /// drives. For threads that may sleep inside sendmsg.
    pub(crate) fn send_enlisted(&self, sequence: Sequence, order: &Order) {
        if !self.launch(sequence) {
            return;
        }
        let result = self.socket.send(&order.bytes, order.to);
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        state.counted.datagrams_sent += 1;
        state.settle_send(sequence, &result, &mut wakes);
        let state = self.drive(state, None, &mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Begins the conversations of requests that go out as one datagram; see
    /// [`send_together`](Self::send_together).
    pub(crate) fn enlist_together(
        &self,
        orders: Vec<Order>,
    ) -> Result<(Vec<Sequence>, Payload), Error> {
        let mut state = self.visit();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let mut sequences = Vec::with_capacity(orders.len());
        let mut bytes = Payload::default();
        for mut order in orders {
            sequences.push(state.enlist(&mut order));
            bytes.wipe(self.wipe);
            let aligned = bytes.len().next_multiple_of(4);
            bytes.resize(aligned, 0);
            bytes.extend_from_slice(&order.bytes);
        }
        drop(state);
        Ok((sequences, bytes))
    }

    /// Sends requests as one datagram, unless they were cancelled, and drives.
    pub(crate) fn send_together(&self, sequences: &[Sequence], bytes: &[u8]) {
        // All are cancelled together, or none.
        let Some((first, rest)) = sequences.split_first() else {
            return;
        };
        if !self.launch(*first) {
            return;
        }
        let mut state = self.lock();
        rest.iter()
            .for_each(|sequence| state.launch_along(*sequence));
        drop(state);
        let result = self.socket.send(bytes, None);
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        for sequence in sequences {
            state.settle_send(*sequence, &result, &mut wakes);
        }
        state.counted.datagrams_sent += 1;
        let state = self.drive(state, None, &mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Waits until an enlisted request may be sent; `false` if it is not to be
    /// sent at all. While other threads send, answers pile up behind a reader
    /// that has no turn.
    fn launch(&self, sequence: Sequence) -> bool {
        let mut pause = CREDIT_PAUSE;
        loop {
            let mut state = self.lock();
            match state.launch(sequence) {
                Launch::Now => return true,
                Launch::Never => return false,
                Launch::Later => {}
            }
            state.again = true;
            let mut wakes = Wakes::default();
            drop(self.drive(state, None, &mut wakes));
            wakes.wake();
            sleep(pause);
            pause = (pause * 2).min(MAX_CREDIT_PAUSE);
        }
    }
}

/// How long a thread that may sleep waits for credit before it looks again.
const CREDIT_PAUSE: Duration = Duration::from_micros(50);
const MAX_CREDIT_PAUSE: Duration = Duration::from_millis(5);
