//! Panics in a program's own code near the transport: where nothing is held they cost nobody else;
//! where one hits whoever drives, everybody is told.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::{FutureExt, StreamExt};
use netlane::sys::Address;
use netlane::wire::{DecodeError, Expect, Flags, FrameView, Message, Request, kind};
use netlane::{Handle, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    GROUP_ADDRESS, LOOPBACK, add_address, address, delete_address, get_addresses, get_link,
    get_links,
};
use netlane_tests::sockets;
use netlane_tests::stage::{drop_after, multi_thread, play, play_on, until};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// A typed request whose decoder panics.
struct Fatal;

impl Request for Fatal {
    type Reply = ();
    const PROTOCOL: i32 = 0;
    const EXPECT: Expect = Expect::Reply;
    const SYNCHRONOUS: bool = true;

    fn message(&self) -> Message {
        get_link(LOOPBACK)
    }

    fn decode(_: FrameView<'_>) -> Result<(), DecodeError> {
        panic!("a decoder, as intended by the test")
    }
}

/// Panics somewhere in the use of a handle.
async fn stumble(handle: Handle, number: u32) {
    match number % 6 {
        0 => handle.call(&Fatal).await.unwrap(),
        1 => {
            let mut dump = handle.dump(get_addresses());
            dump.next().await.unwrap().unwrap();
            panic!("in the middle of a dump, as intended by the test");
        }
        2 => {
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            handle.request(add_address(address(number))).await.unwrap();
            events.next().await.unwrap().unwrap();
            panic!("in the middle of a stream, as intended by the test");
        }
        3 => {
            let messages = (0..10).map(|member| {
                assert!(member < 5, "in a batch's making, as intended by the test");
                get_link(LOOPBACK)
            });
            handle.batch(messages).await;
        }
        4 => {
            let mut pending = Box::pin(handle.request(get_link(LOOPBACK)).slow());
            drop_after(1, &mut pending).await;
            panic!("with a request on its way, as intended by the test");
        }
        _ => {
            let mut inbound = handle.inbound().unwrap();
            assert!(inbound.next().now_or_never().is_some(), "as intended");
        }
    }
}

/// Fails when what a task held is not given up while it unwinds, such as the `Drop` of `Exchange`,
/// `Dump` or `Subscription`; and when a program's code runs under a lock.
#[test]
fn a_panic_of_a_consumer_costs_itself_alone() {
    in_namespace(|| {
        play_on(&multi_thread(2), async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            handle.request(add_address(address(9999))).await.unwrap();
            let mut kept = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            for number in 0..60 {
                let stumbled = tokio::spawn(stumble(handle.clone(), number)).await;
                assert!(stumbled.unwrap_err().is_panic(), "{number}");
                let answer = handle.request(get_link(LOOPBACK)).await.unwrap();
                assert_eq!(answer.replies.len(), 1);
                assert_eq!(handle.dump(get_links()).count().await, 1);
            }
            handle.request(delete_address(address(9999))).await.unwrap();
            kept.barrier().await.unwrap();
            // Ten were added by those that stumbled, one was deleted.
            for _ in 0..11 {
                assert!(kept.next().now_or_never().unwrap().unwrap().is_ok());
            }
            until("nothing is pending", || handle.pending() == 0).await;
            until("only one is a member", || {
                let members = sockets::open().into_iter();
                members.filter(|socket| socket.groups != 0).count() == 1
            })
            .await;
        });
    });
}

/// A subscriber of `tracing` that panics at a warning, which is said by whoever drives a lane.
struct Nervous;

impl Subscriber for Nervous {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        panic!("a subscriber of tracing, as intended by the test")
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Fails when a panic of the reader's holder is not noticed (`EndOnPanic`): everybody would wait.
#[test]
fn a_panic_of_whoever_drives_is_told_to_everybody() {
    in_namespace(|| {
        play(async {
            let (handle, twin) = super::loss::with_twin();
            let mut inbound = handle.inbound().unwrap();
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let ping = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK);
            let pings = ping.finish().unwrap().repeat(4000);
            twin.send_to(&pings, Address::KERNEL).unwrap();
            let fatal = catch_unwind(AssertUnwindSafe(|| {
                tracing::subscriber::with_default(Nervous, || {
                    handle.request(get_link(LOOPBACK)).quick().now_or_never()
                })
            }));
            assert!(fatal.is_err());
            let told = handle.request(get_link(LOOPBACK)).await.unwrap_err();
            assert!(told.is_closed(), "{told}");
            assert!(inbound.next().await.unwrap().unwrap_err().is_closed());
            assert!(events.next().await.unwrap().unwrap_err().is_closed());
            assert!(handle.is_closed());
        })
    });
}
