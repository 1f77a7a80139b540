//! From an overrun until its queue has been read empty, a socket refuses every answer and says
//! nothing more (CONGESTED). What is asked meanwhile must wait for that, not be lost with the rest.

use std::os::fd::AsFd;

use netlane::sys::Address;
use netlane::wire::{Flags, Message, kind};
use netlane::{Answer, Builder, Error, Handle, Protocol};
use netlane_sys::{Socket, SocketKind};
use netlane_testkit::in_namespace;
use netlane_tests::route::{GROUP_ADDRESS, LOOPBACK, get_link};
use netlane_tests::stage::play;

/// A connection whose lane has been overrun and read so far that it knows, and no further. Whoever
/// asks next finds it so: its Connection has had no turn yet.
async fn congested() -> Handle {
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    let twin = Socket::adopt(socket.as_fd().try_clone_to_owned().unwrap()).unwrap();
    let builder = Builder::new(Protocol::ROUTE).socket(socket);
    let (handle, connection) = builder.connect().unwrap();
    let ping = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK);
    let pings = ping.finish().unwrap().repeat(4000);
    twin.send_to(&pings, Address::KERNEL).unwrap();
    // Its fence drives for a few dozen datagrams, of several hundred.
    let mut fenced = Box::pin(handle.subscribe([GROUP_ADDRESS]).into_future());
    assert!(futures::poll!(&mut fenced).is_pending());
    assert_eq!(handle.statistics().overruns, 1);
    let left = twin.memory_info().unwrap().receive_allocated;
    assert!(left > 0, "the queue has been read empty: not congested");
    tokio::spawn(connection);
    handle
}

fn has_a_link(outcome: Result<Answer, Error>) {
    assert_eq!(outcome.expect("not lost").replies.len(), 1);
}

/// Fails when `State::may_send` lets a request out while an overrun is being read.
#[test]
fn a_request_waits_until_an_overrun_has_been_read_to_its_end() {
    in_namespace(|| {
        play(async {
            for _ in 0..10 {
                let handle = congested().await;
                has_a_link(handle.request(get_link(LOOPBACK)).quick().await);
                assert_eq!(handle.statistics().lost, 0);
            }
        })
    });
}

/// Fails when `State::launch` does.
#[test]
fn a_request_on_a_thread_waits_until_an_overrun_has_been_read_to_its_end() {
    in_namespace(|| {
        play(async {
            for _ in 0..10 {
                let handle = congested().await;
                has_a_link(handle.request(get_link(LOOPBACK)).slow().await);
                assert_eq!(handle.statistics().lost, 0);
            }
        })
    });
}

/// Fails when `State::fill` does.
#[test]
fn a_batch_waits_until_an_overrun_has_been_read_to_its_end() {
    in_namespace(|| {
        play(async {
            for _ in 0..10 {
                let handle = congested().await;
                let outcomes = handle.batch((0..50).map(|_| get_link(LOOPBACK))).await;
                assert_eq!(outcomes.len(), 50);
                outcomes.into_iter().for_each(has_a_link);
                assert_eq!(handle.statistics().lost, 0);
            }
        })
    });
}
