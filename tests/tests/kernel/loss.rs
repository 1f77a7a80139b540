//! What is lost, and what is said of it: answers that overran the receive buffer, events that
//! nobody read in time. Overruns are real ones, made on the running kernel.

use std::os::fd::AsFd;

use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use netlane::wire::{Flags, Message, kind};
use netlane::{Builder, ErrorKind, Handle, Loss, LossCause, LossCount, Notice, Protocol};
use netlane::{Subscription, sys::Address};
use netlane_sys::{Socket, SocketKind};
use netlane_testkit::{Links, in_namespace};
use netlane_tests::route::{
    GROUP_ADDRESS, LOOPBACK, add_address, address, delete_address, get_addresses, get_link,
};
use netlane_tests::stage::{multi_thread, play, play_on};

/// A connection on an adopted socket, and a second descriptor of that socket.
pub(crate) fn with_twin() -> (Handle, Socket) {
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    let twin = Socket::adopt(socket.as_fd().try_clone_to_owned().unwrap()).unwrap();
    let handle = Builder::new(Protocol::ROUTE)
        .socket(socket)
        .spawn()
        .unwrap();
    (handle, twin)
}

/// Fills the receive queue beyond its end with acknowledgements that belong to nobody.
fn overrun(twin: &Socket) {
    let ping = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK)
        .finish()
        .unwrap();
    let pings = ping.repeat(4000);
    twin.send_to(&pings, Address::KERNEL).unwrap();
}

/// Fails when an empty queue proves nothing (`Conversations::empty`), and when a request of unknown
/// outcome is made again without its caller's word (`Exchange::idempotent`).
#[test]
fn an_answer_lost_to_an_overrun_is_unknown_at_once_and_was_executed() {
    in_namespace(|| {
        play(async {
            let (handle, twin) = with_twin();
            for number in 1..4 {
                overrun(&twin);
                // The deadline is not what ends it: the test would hang.
                let hour = std::time::Duration::from_secs(3600);
                let lost = handle.request(add_address(address(number))).deadline(hour);
                let error = lost.await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
                assert!(error.is_outcome_unknown() && !error.was_not_sent());
                // It is not sent again by itself; the caller may, and learns that it was done.
                let again = handle.request(add_address(address(number))).await;
                assert_eq!(again.unwrap_err().errno(), Some(EEXIST));
                let seen = handle.statistics();
                assert_eq!(
                    (seen.overruns, seen.lost),
                    (u64::from(number), u64::from(number))
                );
            }
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn an_overrun_costs_no_request_that_was_answered() {
    in_namespace(|| {
        play(async {
            let (handle, twin) = with_twin();
            overrun(&twin);
            let requests = (0..200).map(|number| handle.request(add_address(address(number))));
            let outcomes = join_all(requests).await;
            let unknown = outcomes.iter().filter(|outcome| match outcome {
                Ok(_) => false,
                Err(error) => {
                    assert!(error.is_outcome_unknown(), "{error}");
                    true
                }
            });
            let unknown = unknown.count();
            assert!(unknown > 0);
            assert_eq!(handle.statistics().lost, u64::try_from(unknown).unwrap());
            // Those that were sent after the queue was read empty have got their answers.
            assert!(unknown < 200, "{unknown}");
            let there = handle.dump(get_addresses()).collect::<Vec<_>>().await;
            assert_eq!(there.len(), 200, "all were executed");
        })
    });
}

#[test]
fn three_hundred_pings_of_many_tasks_are_all_answered() {
    in_namespace(|| {
        for runtime in [multi_thread(1), multi_thread(2)] {
            play_on(&runtime, async {
                // Room for a handful of acknowledgements.
                for buffer in [2304, 16 * 1024, 106_496] {
                    let builder = Builder::new(Protocol::ROUTE).receive_buffer(buffer);
                    let handle = builder.spawn().unwrap();
                    let tasks = (0..300).map(|_| {
                        let handle = handle.clone();
                        tokio::spawn(async move { handle.ping().await })
                    });
                    for ping in join_all(tasks).await {
                        ping.unwrap().unwrap();
                    }
                    let seen = handle.statistics();
                    assert_eq!((seen.answered, seen.lost, seen.overruns), (300, 0, 0));
                    assert_eq!(handle.pending(), 0);
                }
            });
        }
    });
}

/// Fails without the credit window (`Credit::fits`).
#[test]
fn replies_larger_than_acknowledgements_do_not_overrun_either() {
    in_namespace(|| {
        play(async {
            for buffer in [8 * 1024, 106_496] {
                let builder = Builder::new(Protocol::ROUTE).receive_buffer(buffer);
                let handle = builder.spawn().unwrap();
                let messages = (0..1000).map(|_| get_link(LOOPBACK));
                for outcome in handle.batch(messages).await {
                    assert_eq!(outcome.unwrap().replies.len(), 1);
                }
                let requests = (0..1000).map(|_| handle.request(get_link(LOOPBACK)));
                for outcome in join_all(requests).await {
                    assert_eq!(outcome.unwrap().replies.len(), 1);
                }
                assert_eq!(handle.statistics().overruns, 0);
            }
        })
    });
}

/// What the plain ones have cost says nothing of those that ask for the changed object.
#[test]
fn echoes_do_not_overrun_although_plain_changes_cost_less() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).receive_buffer(16 * 1024);
            let handle = builder.spawn().unwrap();
            let plain = (0..200).map(|number| add_address(address(number)));
            for outcome in handle.batch(plain).await {
                assert!(outcome.unwrap().replies.is_empty());
            }
            let echoes = (200..400).map(|number| {
                let mut message = add_address(address(number));
                message.set_flags(message.flags() | Flags::ECHO);
                message
            });
            for outcome in handle.batch(echoes).await {
                assert_eq!(outcome.unwrap().replies.len(), 1);
            }
            assert_eq!(handle.statistics().overruns, 0);
        })
    });
}

#[test]
fn the_buffer_that_was_granted_is_read_back() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).receive_buffer(40_000);
            let handle = builder.spawn().unwrap();
            // The kernel doubles what is asked for.
            assert_eq!(handle.options().unwrap().receive_buffer, 80_000);
            handle.ping().await.unwrap();
        })
    });
}

/// A program that multicasts numbered frames.
struct Announcer {
    socket: Socket,
    sent: u32,
}

impl Announcer {
    fn new() -> Self {
        let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
        socket.bind(Address::KERNEL).unwrap();
        Self { socket, sent: 0 }
    }

    fn announce(&mut self, times: u32) {
        for _ in 0..times {
            let frame = Message::raw(0x20, Flags::empty(), &self.sent.to_ne_bytes());
            let bytes = frame.finish().unwrap();
            self.multicast(&bytes);
            self.sent += 1;
        }
    }

    fn multicast(&self, bytes: &[u8]) {
        let group = Address::group(GROUP).unwrap();
        // After the group comes port 0, where nobody is on this protocol.
        let refused = self.socket.send_to(bytes, group).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
}

/// The numbers that arrived, and the markers with how many events stood before each.
fn drain(events: &mut Subscription) -> (Vec<u32>, Vec<(usize, Loss)>) {
    let (mut numbers, mut losses) = (Vec::new(), Vec::new());
    while let Some(Some(notice)) = events.next().now_or_never() {
        match notice.unwrap() {
            Notice::Event(event) => {
                let payload = event.frame.payload().try_into().unwrap();
                numbers.push(u32::from_ne_bytes(payload));
            }
            Notice::Lost(loss) => losses.push((numbers.len(), loss)),
            other => panic!("{other:?}"),
        }
    }
    (numbers, losses)
}

/// Fails when the marker does not wait for the events that were queued before the loss (`Backlog`).
#[test]
fn a_flood_is_received_or_counted_and_the_marker_follows_what_came_before() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::USERSOCK).event_capacity(100_000);
            let handle = builder.spawn().unwrap();
            let mut events = handle.subscribe([GROUP]).await.unwrap();
            let mut announcer = Announcer::new();
            for episode in 1..4 {
                // Nothing reads meanwhile: this runtime has one thread, and we hold it.
                let first = announcer.sent;
                announcer.announce(5000);
                events.barrier().await.unwrap();
                let (numbers, losses) = drain(&mut events);
                let received = u32::try_from(numbers.len()).unwrap();
                let expected: Vec<u32> = (first..first + received).collect();
                assert_eq!(numbers, expected, "the oldest were kept");
                let lost = u64::from(5000 - received);
                assert!(lost > 0);
                // All of them were for this subscriber, but a socket that user programs write
                // to cannot know that.
                let loss = (LossCause::KernelOverrun, LossCount::AtMost(lost));
                assert_eq!(described(&losses), [(numbers.len(), loss.0, loss.1)]);
                assert_eq!(handle.statistics().overruns, episode);
                // What comes after the loss stands after the marker.
                announcer.announce(1);
                events.barrier().await.unwrap();
                assert_eq!(drain(&mut events), (vec![announcer.sent - 1], vec![]));
            }
        })
    });
}

#[test]
fn on_a_shared_socket_the_count_is_an_upper_bound() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::USERSOCK).event_capacity(100_000);
            let handle = builder.spawn().unwrap();
            let mut events = handle.subscribe([GROUP]).await.unwrap();
            let mut others = handle.subscribe([GROUP + 1]).await.unwrap();
            let mut announcer = Announcer::new();
            announcer.announce(5000);
            events.barrier().await.unwrap();
            let (numbers, losses) = drain(&mut events);
            let lost = 5000 - u64::try_from(numbers.len()).unwrap();
            let loss = (LossCause::KernelOverrun, LossCount::AtMost(lost));
            assert_eq!(described(&losses), [(numbers.len(), loss.0, loss.1)]);
            // Its events may be among those that were lost, as far as anybody knows.
            assert_eq!(described(&drain(&mut others).1), [(0, loss.0, loss.1)]);
        })
    });
}

#[test]
fn drops_from_before_the_subscription_are_not_its_loss() {
    in_namespace(|| {
        play(async {
            // A socket with a past: overrun, and read empty.
            let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
            socket.bind(Address::KERNEL).unwrap();
            socket.add_membership(GROUP).unwrap();
            let mut announcer = Announcer::new();
            announcer.announce(3000);
            while !matches!(socket.recv(&mut [0; 64]), Err(error) if is_empty(&error)) {}
            let before = socket.memory_info().unwrap().drops;
            assert!(before > 0);
            let builder = Builder::new(Protocol::USERSOCK).event_capacity(100_000);
            let handle = builder.socket(socket).spawn().unwrap();
            let mut events = handle.subscribe([GROUP]).await.unwrap();
            announcer.announce(3000);
            events.barrier().await.unwrap();
            let (numbers, losses) = drain(&mut events);
            let lost = 3000 - u64::try_from(numbers.len()).unwrap();
            let loss = (LossCause::KernelOverrun, LossCount::AtMost(lost));
            assert_eq!(described(&losses), [(numbers.len(), loss.0, loss.1)]);
        })
    });
}

/// Fails when drops are not counted from the last account on (`State::lost`).
#[test]
fn lost_route_events_are_counted_exactly() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).receive_buffer(8 * 1024);
            let handle = builder.event_capacity(100_000).spawn().unwrap();
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let mut links = Links::open().unwrap();
            let mut total = 0;
            for changes in [2, 50, 100] {
                for number in 0..changes {
                    links.request(add_address(address(number))).unwrap();
                    links.request(delete_address(address(number))).unwrap();
                }
                events.barrier().await.unwrap();
                let (mut received, mut lost) = (0, 0);
                while let Some(Some(notice)) = events.next().now_or_never() {
                    match notice.unwrap() {
                        Notice::Event(_) => received += 1,
                        Notice::Lost(loss) => {
                            assert_eq!(loss.cause, LossCause::KernelOverrun);
                            let LossCount::Exact(count) = loss.count else {
                                panic!("{loss:?}");
                            };
                            lost += count;
                        }
                        other => panic!("{other:?}"),
                    }
                }
                assert_eq!(received + lost, u64::from(2 * changes));
                assert_eq!(lost > 0, changes > 2, "{lost} of {changes}");
                total += lost;
            }
            assert_eq!(handle.statistics().events_lost, total);
            // Requests have a socket of their own and lost nothing.
            assert_eq!(handle.statistics().lost, 0);
        })
    });
}

#[test]
fn an_event_longer_than_the_buffer_is_a_loss_of_one() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::USERSOCK).frame_size(8192);
            let handle = builder.spawn().unwrap();
            let mut events = handle.subscribe([GROUP]).await.unwrap();
            let mut announcer = Announcer::new();
            announcer.announce(1);
            let long = Message::raw(0x20, Flags::empty(), &[7; 20_000]);
            announcer.multicast(&long.finish().unwrap());
            announcer.announce(1);
            events.barrier().await.unwrap();
            let (numbers, losses) = drain(&mut events);
            assert_eq!(numbers, [0, 1]);
            let loss = (1, LossCause::Truncated, LossCount::AtMost(1));
            assert_eq!(described(&losses), [loss]);
            assert_eq!(handle.statistics().truncated, 1);
            assert_eq!(handle.statistics().events_lost, 1);
        })
    });
}

fn described(losses: &[(usize, Loss)]) -> Vec<(usize, LossCause, LossCount)> {
    let parts = |(before, loss): &(usize, Loss)| (*before, loss.cause, loss.count);
    losses.iter().map(parts).collect()
}

fn is_empty(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

const GROUP: u32 = 3;
const EEXIST: i32 = 17;
