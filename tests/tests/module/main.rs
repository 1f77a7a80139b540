//! The transport against a kernel side that misbehaves on demand: what each corner of
//! `tests/lab/module/netlane_lab.h` means to a program. Runs inside `tests/lab/run` only, and fails
//! elsewhere. That the module does as it is told is `module_raw.rs`'s business.

mod answers;
mod events;
mod faults;
mod late;

use std::time::Duration;

use futures::StreamExt;
use netlane::{Builder, Handle, Inbound, Protocol, Received, Unsolicited};
use netlane_tests::lab::{Behaviour, FAULT_PROTOCOL, Order};
use netlane_wire::{Flags, Frame, Message};
use tokio::time::timeout;

/// Generous: the emulated CPU is slow and shared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
const NO_FLAGS: Flags = Flags::empty();

/// To the protocol that misbehaves, with the defaults of a custom protocol.
pub(crate) fn connect() -> Handle {
    builder()
        .spawn()
        .unwrap_or_else(|error| panic!("run this test inside tests/lab/run: {error}"))
}

/// For those that need other choices.
pub(crate) fn builder() -> Builder {
    Builder::new(Protocol(FAULT_PROTOCOL)).deadline(PATIENCE)
}

/// A request for a behaviour.
pub(crate) fn order(behaviour: Behaviour, order: Order, cargo: &[u8]) -> Message {
    order.message(behaviour, NO_FLAGS, cargo)
}

/// One whose order says nothing more.
pub(crate) fn plain(behaviour: Behaviour, cargo: &[u8]) -> Message {
    order(behaviour, Order::default(), cargo)
}

/// The connection still works: what every test ends with.
pub(crate) async fn healthy(handle: &Handle) {
    let answer = handle
        .request(plain(Behaviour::Echo, b"well"))
        .await
        .unwrap();
    assert_eq!(payloads(&answer.replies), [b"well"]);
    assert_eq!(handle.pending(), 0);
}

/// What they carry.
pub(crate) fn payloads(frames: &[Frame]) -> Vec<&[u8]> {
    frames.iter().map(Frame::payload).collect()
}

/// The next unsolicited message.
pub(crate) async fn next(inbound: &mut Inbound) -> Unsolicited {
    let received = timeout(PATIENCE, inbound.next()).await;
    match received.expect("in time").unwrap().unwrap() {
        Received::Message(message) => message,
        other => panic!("no message but {other:?}"),
    }
}

/// The next unsolicited message, which must be a frame.
pub(crate) async fn next_frame(inbound: &mut Inbound) -> Frame {
    next(inbound).await.as_frame().expect("a frame").clone()
}
