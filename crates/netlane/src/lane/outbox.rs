//! Published requests that wait to be sent. Owns their order, and the dumps that
//! wait for the socket's only dump to end without holding up what is behind
//! them. Knows nothing of credit or sockets.

use std::collections::VecDeque;

use netlane_proto::Sequence;
use netlane_sys::Address;

use super::payload::Payload;

/// A published request that waits to be sent by whoever drives.
#[derive(Debug)]
pub(super) struct Intent {
    pub(super) sequence: Sequence,
    pub(super) bytes: Payload,
    pub(super) to: Option<Address>,
    /// Begins a dump of the kernel, of which a socket has one at a time.
    pub(super) dump: bool,
}

/// The waiting requests, in the order in which they are to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    ready: VecDeque<Intent>,
    /// Dumps that came to the front while another ran.
    parked: VecDeque<Intent>,
    /// Cancelled intents still in here.
    withdrawn: usize,
}

impl Outbox {
    /// Whether nothing could be sent before a new request.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    pub(super) fn push(&mut self, intent: Intent) {
        self.ready.push_back(intent);
    }

    /// The request to be sent next. `alive` says whether somebody still waits
    /// for one; a dump steps aside while another is `dumping`.
    pub(super) fn front(
        &mut self,
        dumping: bool,
        mut alive: impl FnMut(Sequence) -> bool,
    ) -> Option<&Intent> {
        while let Some(intent) = self.ready.front() {
            if !alive(intent.sequence) {
                self.ready.pop_front();
                self.withdrawn = self.withdrawn.saturating_sub(1);
            } else if dumping && intent.dump {
                self.parked.extend(self.ready.pop_front());
            } else {
                break;
            }
        }
        self.ready.front()
    }

    /// Takes the request that [`front`](Self::front) showed.
    pub(super) fn pop(&mut self) -> Option<Intent> {
        self.ready.pop_front()
    }

    /// The socket's dump has ended: the next may begin.
    pub(super) fn release_dumps(&mut self) {
        self.ready.append(&mut self.parked);
    }

    /// An intent in here was cancelled: forgets such once they are most of it.
    pub(super) fn withdraw(&mut self, mut alive: impl FnMut(Sequence) -> bool) {
        self.withdrawn += 1;
        if self.withdrawn > 64 && self.withdrawn * 2 > self.ready.len() + self.parked.len() {
            self.ready.retain(|intent| alive(intent.sequence));
            self.parked.retain(|intent| alive(intent.sequence));
            self.withdrawn = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
