//! Events in the simulation: who sends them, what the subscriber hears, and
//! whether the sum is right.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use netlane_wire::{Flags, Message};

use super::socket::SimulatedSocket;
use super::truth::{GROUP, PORT};
use crate::events::{Entry, Event, Filter, Listener, LossCause, LossCount, Queue, WhenFull};

/// The subscriber, and the account of what it heard.
pub(super) struct Audience {
    queue: Option<Arc<Queue<Arc<Event>>>>,
    account: Mutex<Account>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    sent: u64,
    received: u64,
    /// The number of the last event.
    last: u64,
    /// Losses that were told with an exact count, and others.
    exact: u64,
    at_most: u64,
    /// A loss was told without a number.
    unknown: bool,
}

impl Audience {
    pub(super) fn new(listens: bool) -> Self {
        let queue = || Arc::new(Queue::new(1 << 20, WhenFull::DropNewest));
        Self {
            queue: listens.then(queue),
            account: Mutex::default(),
        }
    }

    pub(super) fn listener(&self, whole: bool) -> Option<Listener> {
        Some(Listener {
            queue: Arc::clone(self.queue.as_ref()?),
            whole,
            groups: BTreeSet::from([GROUP]),
            all_namespaces: false,
            filter: Filter::default(),
        })
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sent(&self) -> u64 {
        self.account().sent
    }

    /// The system sends some events.
    pub(super) fn announce(&self, socket: &SimulatedSocket, times: usize) {
        if self.queue.is_none() {
            return;
        }
        for _ in 0..times {
            let mut account = self.account();
            account.sent += 1;
            let event = Message::raw(EVENT, Flags::empty(), &account.sent.to_ne_bytes());
            drop(account);
            let frame = event.into_frame(0, PORT).unwrap();
            socket.kernel().multicast(GROUP, frame.bytes().to_vec());
        }
    }

    /// The subscriber takes what is there.
    pub(super) fn hear(&self) {
        let mut account = self.account();
        let mut context = Context::from_waker(Waker::noop());
        while let Some(queue) = &self.queue
            && let Poll::Ready(Some(entry)) = queue.poll(&mut context)
        {
            account.hear(entry);
        }
    }

    /// A fence has passed: what was sent before has been heard, or told as lost.
    pub(super) fn check_fence(&self, sent: u64) {
        let account = *self.account();
        let known = account.received + account.exact + account.at_most;
        assert!(
            self.queue.is_none() || account.unknown || known >= sent,
            "{account:?} behind a fence at {sent}"
        );
    }

    pub(super) fn lost(&self) -> u64 {
        let account = self.account();
        account.exact + account.at_most
    }

    /// Received and lost are what was sent.
    pub(super) fn check_end(&self, exact: bool) {
        let account = *self.account();
        let known = account.received + account.exact + account.at_most;
        if self.queue.is_none() {
            return;
        }
        if exact {
            assert_eq!((known, account.at_most), (account.sent, 0), "{account:?}");
        } else {
            assert!(known >= account.sent, "{account:?}");
        }
    }
}

impl Account {
    fn hear(&mut self, entry: Entry<Arc<Event>>) {
        match entry {
            Entry::Item(event) if event.frame.header().kind == EVENT => {
                let payload = event.frame.payload().try_into().unwrap();
                let number = u64::from_ne_bytes(payload);
                assert!(number > self.last, "out of order, or twice");
                self.last = number;
                self.received += 1;
            }
            // An echo.
            Entry::Item(_) => {}
            Entry::Lost(loss) => match loss.count {
                LossCount::Exact(count) => self.exact += count,
                LossCount::AtMost(count) => self.at_most += count,
                LossCount::Unknown => {
                    assert_eq!(loss.cause, LossCause::NotBuilt);
                }
            },
        }
    }
}

/// The message type of events.
const EVENT: u16 = 65;
