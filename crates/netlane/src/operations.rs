//! Which operations are quick enough to run on the caller's own thread. Owns
//! the proof: a short built-in list, and what has been seen of the rest. What is
//! quick differs between requests and dumps, so each have theirs. Knows nothing
//! of threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netlane_sys::Protocol;
use rustc_hash::FxHashMap;

/// What sendmsg executes: the message type and, for generic netlink, the
/// command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Operation {
    protocol: Protocol,
    kind: u16,
    command: u8,
    /// It is on the built-in list.
    known: bool,
}

impl Operation {
    /// The operation of finished request bytes.
    pub(crate) fn of(protocol: Protocol, kind: u16, bytes: &[u8]) -> Self {
        Self {
            protocol,
            kind,
            command: command_of(protocol, bytes),
            known: is_known_quick(protocol, kind),
        }
    }

    /// The same of a dump: most tables are small, so each is known as quick
    /// until it is seen slow.
    pub(crate) fn of_dump(protocol: Protocol, kind: u16, bytes: &[u8]) -> Self {
        Self {
            known: true,
            ..Self::of(protocol, kind, bytes)
        }
    }
}

/// Operations known to be quick on a healthy system.
fn is_known_quick(protocol: Protocol, kind: u16) -> bool {
    match protocol {
        // A user peer executes nothing; its queue takes the bytes.
        Protocol::USERSOCK | Protocol::SOCK_DIAG => true,
        Protocol::ROUTE => match kind {
            0..=15 => true,
            // Groups of four: new, delete, get, set (include/uapi/linux/rtnetlink.h).
            kind if kind % 4 == 2 => true,
            NEWROUTE..=DELROUTE | NEWADDR..=DELADDR | NEWNEIGH..=DELNEIGH => true,
            NEWRULE..=DELRULE | NEWNEXTHOP..=DELNEXTHOP => true,
            _ => false,
        },
        // GENL_ID_CTRL only reads.
        Protocol::GENERIC => kind <= 16,
        _ => kind < 16,
    }
}

/// The command of finished request bytes; 0 where the message type says all.
pub(crate) fn command_of(protocol: Protocol, bytes: &[u8]) -> u8 {
    match protocol {
        Protocol::GENERIC => bytes.get(netlane_wire::HEADER_LEN).copied().unwrap_or(0),
        _ => 0,
    }
}

/// What has been seen of operations.
#[derive(Debug)]
pub(crate) struct Operations {
    /// What is over it is slow.
    limit: Duration,
    /// Those of the built-in list are here only while they are under suspicion.
    seen: Mutex<FxHashMap<Operation, Proof>>,
    /// How many of the built-in list are: while none is, the list decides
    /// alone, without a lock.
    suspects: AtomicUsize,
}

/// What the last calls of an operation were.
#[derive(Clone, Copy, Debug)]
enum Proof {
    /// So many in a row were quick.
    Quick(u8),
    /// Proved quick, then one was not: on a busy machine that is
    /// mostly the thread being preempted, so it takes a second to tell.
    Suspect,
    /// Not quick; so many quick ones in a row clear it.
    Slow(u8),
}

impl Operations {
    /// Nothing has been seen yet. A call that takes longer than `limit` will be
    /// slow.
    pub(crate) fn within(limit: Duration) -> Self {
        Self {
            limit,
            seen: Mutex::default(),
            suspects: AtomicUsize::new(0),
        }
    }

    /// Whether a call of this operation may be expected to be quick.
    pub(crate) fn is_quick(&self, operation: Operation) -> bool {
        if operation.known && self.suspects.load(Ordering::Relaxed) == 0 {
            return true;
        }
        self.has_proved(operation)
    }

    /// What has been seen of it says so, or the list where nothing was seen.
    #[cold]
    fn has_proved(&self, operation: Operation) -> bool {
        match self.seen().get(&operation) {
            Some(Proof::Quick(calls)) => *calls >= PROVED,
            Some(Proof::Suspect) => true,
            Some(Proof::Slow(_)) => false,
            None => operation.known,
        }
    }

    /// A call took so long. Says whether that was too long to be quick.
    pub(crate) fn note(&self, operation: Operation, took: Duration) -> bool {
        let slow = took > self.limit;
        let known = operation.known;
        if slow || !known || self.suspects.load(Ordering::Relaxed) != 0 {
            self.remember(operation, slow);
        }
        slow
    }

    /// Weighs a call that proves or disproves something.
    #[cold]
    fn remember(&self, operation: Operation, slow: bool) {
        let known = operation.known;
        let mut seen = self.seen();
        let before = seen.get(&operation).copied();
        let before = before.or(known.then_some(Proof::Quick(PROVED)));
        let after = if slow {
            slower(before)
        } else {
            quicker(before)
        };
        if known && matches!(after, Proof::Quick(PROVED..)) {
            seen.remove(&operation);
        } else if seen.len() < MAX_OPERATIONS || seen.contains_key(&operation) {
            seen.insert(operation, after);
        }
        let suspects = seen.keys().filter(|operation| operation.known);
        self.suspects.store(suspects.count(), Ordering::Relaxed);
    }

    fn seen(&self) -> MutexGuard<'_, FxHashMap<Operation, Proof>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// After a call that was not quick.
const fn slower(before: Option<Proof>) -> Proof {
    match before {
        Some(Proof::Quick(PROVED..)) => Proof::Suspect,
        _ => Proof::Slow(PROVED),
    }
}

/// After a quick call.
const fn quicker(before: Option<Proof>) -> Proof {
    match before {
        None => Proof::Quick(1),
        Some(Proof::Quick(calls)) => Proof::Quick(calls.saturating_add(1)),
        Some(Proof::Suspect | Proof::Slow(0)) => Proof::Quick(PROVED),
        Some(Proof::Slow(left)) => Proof::Slow(left - 1),
    }
}

/// Quick calls in a row that prove an operation quick.
const PROVED: u8 = 8;
/// Operations remembered; a bound, far above what a program uses.
const MAX_OPERATIONS: usize = 4096;

const NEWADDR: u16 = 20;
const DELADDR: u16 = 21;
const NEWROUTE: u16 = 24;
const DELROUTE: u16 = 25;
const NEWNEIGH: u16 = 28;
const DELNEIGH: u16 = 29;
const NEWRULE: u16 = 32;
const DELRULE: u16 = 33;
const NEWNEXTHOP: u16 = 104;
const DELNEXTHOP: u16 = 105;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_micros(200);
    const SLOW: Duration = Duration::from_millis(5);
    const QUICK: Duration = Duration::from_micros(5);

    fn delete_link() -> Operation {
        Operation::of(Protocol::ROUTE, 17, &[])
    }

    #[test]
    fn an_unknown_operation_has_to_prove_itself() {
        let operations = Operations::within(LIMIT);
        assert!(!operations.is_quick(delete_link()));
        for _ in 0..PROVED {
            assert!(!operations.is_quick(delete_link()));
            operations.note(delete_link(), QUICK);
        }
        assert!(operations.is_quick(delete_link()));
        assert!(operations.note(delete_link(), SLOW));
        assert!(operations.is_quick(delete_link()));
        assert!(operations.note(delete_link(), SLOW));
        assert!(!operations.is_quick(delete_link()));
    }

    #[test]
    fn a_known_one_is_quick_until_it_is_seen_slow_and_again_after_a_while() {
        let operations = Operations::within(LIMIT);
        let get_link = Operation::of(Protocol::ROUTE, 18, &[]);
        let get_route = Operation::of(Protocol::ROUTE, 26, &[]);
        assert!(operations.is_quick(get_link));
        operations.note(get_link, SLOW);
        operations.note(get_link, SLOW);
        assert!(!operations.is_quick(get_link));
        assert!(operations.is_quick(get_route));
        for _ in 0..=PROVED {
            operations.note(get_link, QUICK);
        }
        assert!(operations.is_quick(get_link));
    }

    #[test]
    fn generic_commands_are_told_apart() {
        let mut bytes = [0u8; 20];
        bytes[16] = 3;
        let three = Operation::of(Protocol::GENERIC, 30, &bytes);
        bytes[16] = 4;
        let four = Operation::of(Protocol::GENERIC, 30, &bytes);
        let operations = Operations::within(LIMIT);
        for _ in 0..PROVED {
            operations.note(three, QUICK);
        }
        assert!(operations.is_quick(three) && !operations.is_quick(four));
    }
}
