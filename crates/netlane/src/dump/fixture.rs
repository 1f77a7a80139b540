//! What the tests of a dump's reading stand on: a table that takes many parts, what
//! reads it, and threads that are all at work. Asserts nothing of its own.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;
use std::time::Duration;

use futures::executor::block_on;
use netlane_proto::Timing;
use netlane_sys::Protocol;
use netlane_wire::{Flags, Frames, Message};

use super::Terms;
use super::socket::Engine;
use crate::exchange::order_of;
use crate::operations::Operation;
use crate::shared::Shared;
use crate::{Builder, Connection, Expect, Handle};

/// A connection with one thread of its own, in a namespace with so many addresses.
pub(super) fn connect(addresses: u16) -> (Handle, Connection) {
    // Small parts, so that there are many.
    let builder = Builder::new(Protocol::ROUTE).frame_size(8192);
    let (handle, connection) = builder.offload_threads(1).connect().unwrap();
    let added = block_on(handle.batch((0..addresses).map(add_address)));
    assert!(added.iter().all(Result::is_ok));
    (handle, connection)
}

fn add_address(number: u16) -> Message {
    let [a, b] = number.to_be_bytes();
    // struct ifaddrmsg: AF_INET, /32, of the loopback device; IFA_LOCAL.
    Message::new(20, Flags::CREATE | Flags::EXCL)
        .with_header(&[2, 32, 0, 0, 1, 0, 0, 0])
        .with_attribute(2, &[10, 0, a, b])
}

/// Asks for all IPv4 addresses.
pub(super) fn dump_addresses() -> Message {
    Message::new(GET_ADDRESS, Flags::empty()).with_header(&[2, 0, 0, 0, 0, 0, 0, 0])
}

/// What reads them.
pub(super) fn engine(shared: &Shared) -> Engine {
    let order = order_of(dump_addresses(), Expect::Dump, &shared.config).unwrap();
    Engine::new(order.bytes, operation())
}

pub(super) fn operation() -> Operation {
    Operation::of_dump(Protocol::ROUTE, GET_ADDRESS, &[])
}

pub(super) const fn terms() -> Terms {
    Terms::new(Timing::Synchronous, Duration::from_secs(20))
}

/// The addresses in a part, in their order.
pub(super) fn entries(part: &[u8], sequence: u32) -> Vec<Vec<u8>> {
    let frames = Frames::new(part).map(Result::unwrap);
    let entries = frames.filter(|frame| super::is_entry(*frame, sequence));
    entries.map(|frame| frame.payload().to_vec()).collect()
}

/// Keeps the connection's one thread until this is dropped.
pub(super) fn occupy(shared: &Shared) -> Sender<()> {
    let (until, dropped) = channel();
    let (begun, running) = channel();
    let work = move || {
        begun.send(()).unwrap();
        assert!(dropped.recv().is_err());
    };
    assert!(shared.workers.submit(Box::new(work)).is_ok());
    running.recv().unwrap();
    until
}

/// A waker that counts.
#[derive(Debug, Default)]
pub(super) struct Woken(Mutex<usize>);

impl Woken {
    /// How often since the last look.
    pub(super) fn take(&self) -> usize {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }
}

const GET_ADDRESS: u16 = 22;
