//! In steady state nothing is allocated for a message beyond what the caller made and what is
//! handed out to it. Counts the allocations of the test's own thread, on which the runtime and the
//! Connection run too; knows nothing of how the transport is built.

use std::io::ErrorKind;
use std::ops::RangeInclusive;

use allocation_counter::measure;
use futures::StreamExt;
use netlane::{Builder, Handle, Notice, Offload, Protocol, Subscription};
use netlane_route::{Hop, Link, LinkDataView, LinkView, Route, RouteView};
use netlane_sys::{Address, Socket, SocketKind};
use netlane_testkit::in_namespace;
use netlane_tests::route::{LOOPBACK, add_address, address, get_addresses, get_link};
use netlane_tests::stage::{current_thread, play_on};
use netlane_wire::{Flags, Message, Request};

/// Items of a short run; a long one has twice as many.
const ITEMS: u64 = 2000;

/// Asserts that one more item costs so many allocations: what a long run has beyond a short one.
/// What depends on time (a turn given to others, a buffer that finds its size) is below one in a
/// hundred.
fn assert_allocations_for_each(what: &str, expected: u64, run: impl FnMut(u64)) {
    assert_allocations_between(what, expected..=expected, run);
}

/// The same where chance decides between a few.
fn assert_allocations_between(what: &str, expected: RangeInclusive<u64>, mut run: impl FnMut(u64)) {
    run(ITEMS);
    let short = measure(|| run(ITEMS)).count_total;
    let long = measure(|| run(2 * ITEMS)).count_total;
    let more = long.saturating_sub(short);
    let (least, most) = (expected.start() * ITEMS, expected.end() * ITEMS);
    assert!(
        (least.saturating_sub(ITEMS / 100)..=most + ITEMS / 100).contains(&more),
        "{what}: {ITEMS} more cost {more} allocations, not {expected:?} each"
    );
}

/// A connection that makes every call where it is awaited: on a busy machine a call may look slow,
/// and going to another thread is no steady state.
fn connect() -> Handle {
    Builder::new(Protocol::ROUTE)
        .offload(Offload::Never)
        .spawn()
        .unwrap()
}

/// Runs `each` for every item on one connection.
fn requests<F: Future<Output = ()>>(each: impl Fn(Handle) -> F) -> impl FnMut(u64) {
    let runtime = current_thread();
    let handle = runtime.block_on(async { connect() });
    move |items| {
        play_on(&runtime, async {
            for _ in 0..items {
                each(handle.clone()).await;
            }
        });
    }
}

#[test]
fn a_ping_allocates_its_message() {
    let run = requests(|handle| async move { handle.ping().await.unwrap() });
    assert_allocations_for_each("ping", 1, run);
}

/// The request's bytes, which the caller made, and the list of replies, which it gets. The reply's
/// bytes lie where those of the last did, which it has dropped.
#[test]
fn a_request_allocates_itself_and_its_reply() {
    let run = requests(|handle| async move {
        let answer = handle.request(get_link(LOOPBACK)).await.unwrap();
        assert_eq!(answer.replies.len(), 1);
    });
    assert_allocations_for_each("a request with a reply", 2, run);
}

/// As alone, though most are published and coalesced by others; but the reply's bytes, if the last
/// ones are still held.
#[test]
fn a_request_among_many_tasks_allocates_no_more() {
    const TASKS: u64 = 50;
    let runtime = current_thread();
    let handle = runtime.block_on(async { connect() });
    let run = move |items| {
        play_on(&runtime, async {
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let handle = handle.clone();
                    tokio::spawn(async move {
                        for _ in 0..items / TASKS {
                            handle.request(get_link(LOOPBACK)).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    };
    assert_allocations_between("a request among many tasks", 2..=3, run);
}

/// Chunks borrow from one buffer, so a dump costs the same whatever the table's length; a stream
/// of owned frames pays for each datagram, not for each frame.
#[test]
fn a_dump_allocates_nothing_for_its_length() {
    in_namespace(|| {
        let runtime = current_thread();
        let handle = runtime.block_on(async { connect() });
        let fill = |numbers: std::ops::Range<u32>| {
            play_on(&runtime, async {
                let adding = handle.batch(numbers.map(|number| add_address(address(number))));
                assert!(adding.await.iter().all(Result::is_ok));
            });
        };
        let dump = || {
            let mut entries = 0;
            let cost = measure(|| {
                entries = play_on(&runtime, async {
                    let mut dump = handle.dump(get_addresses());
                    let mut entries = 0;
                    while let Some(chunk) = dump.next_chunk().await.unwrap() {
                        entries += chunk.count();
                    }
                    entries
                });
            });
            (entries, cost.count_total)
        };
        fill(1..500);
        dump();
        let (few, short) = dump();
        fill(500..5000);
        let (many, long) = dump();
        assert!(many > 9 * few, "{few} and {many} entries");
        // A dump that takes longer gives other tasks a turn now and then.
        assert!(long <= short + 8, "{short} and {long} allocations");
    });
}

/// A kernel's event costs its bytes and what shares it, once, however many subscribers there are.
#[test]
fn an_event_is_allocated_once_for_all() {
    in_namespace(|| {
        assert_allocations_for_each("an event", 2, events(1));
        assert_allocations_for_each("an event with two subscribers", 2, events(2));
        assert_allocations_for_each("an event with thirty subscribers", 2, events(30));
    });
}

/// A run of events that so many subscribers hear, one event after the other.
fn events(subscribers: usize) -> impl FnMut(u64) {
    const GROUP: u32 = 1;
    let runtime = current_thread();
    let from = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
    from.bind(Address::KERNEL).unwrap();
    let bytes = Message::raw(100, Flags::empty(), &[7; 64])
        .finish()
        .unwrap();
    let group = Address::group(GROUP).unwrap();
    let (handle, mut subscriptions) = runtime.block_on(async {
        let handle = Builder::new(Protocol::USERSOCK).spawn().unwrap();
        let mut subscriptions: Vec<Subscription> = Vec::new();
        for _ in 0..subscribers {
            subscriptions.push(handle.subscribe([GROUP]).await.unwrap());
        }
        (handle, subscriptions)
    });
    move |items| {
        play_on(&runtime, async {
            for _ in 0..items {
                // Multicast first, then refused: USERSOCK has no kernel that takes the unicast copy.
                let refused = from.send_to(&bytes, group).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
                for subscription in &mut subscriptions {
                    let notice = subscription.next().await.unwrap().unwrap();
                    assert!(matches!(notice, Notice::Event(_)), "{notice:?}");
                }
            }
        });
        assert!(!handle.is_closed());
    }
}

/// A view and its getters read where the bytes lie, nests, arrays and sub-messages too; so does `pick`.
#[test]
fn decoding_by_types_allocates_nothing() {
    let hop = |index| Hop::build().index(index).gateway([192, 0, 2, 1].into());
    let hops = [hop(2).finish().unwrap(), hop(3).finish().unwrap()];
    let route = Route::build()
        .table(1000)
        .metrics(|metrics| metrics.mtu(1400))
        .multipath(&hops)
        .finish()
        .unwrap();
    let link = Link::build()
        .name("eth0.7")
        .info(|info| info.vlan(|vlan| vlan.id(7)))
        .finish()
        .unwrap();
    let cost = measure(|| {
        let route = RouteView::decode(route.payload()).unwrap();
        let metrics = route.metrics().unwrap().unwrap();
        assert_eq!(
            (route.table(), metrics.mtu()),
            (Ok(Some(1000)), Ok(Some(1400)))
        );
        let indexes = route.hops().unwrap().map(|hop| hop.unwrap().index());
        assert_eq!(indexes.sum::<u32>(), 5);

        let picked = Link::pick(link.payload(), (Link::NAME, Link::MTU));
        assert_eq!(picked.unwrap(), (Some("eth0.7"), None));
        let info = LinkView::decode(link.payload()).unwrap().info().unwrap();
        let Some(LinkDataView::Vlan(vlan)) = info.unwrap().data().unwrap() else {
            panic!("not a VLAN");
        };
        assert_eq!(vlan.id(), Ok(Some(7)));
    });
    assert_eq!(cost.count_total, 0);
}

/// The buffer of the builder, which becomes the message; and a copy, if the request is kept.
#[test]
fn encoding_by_types_allocates_one_buffer() {
    let request = || Route::add().table(1000).gateway([192, 0, 2, 1].into());
    let given = measure(|| {
        assert!(request().output(2).into_message().len() > 0);
    });
    assert_eq!(given.count_total, 1);
    let kept = measure(|| {
        assert!(request().output(2).message().len() > 0);
    });
    assert_eq!(kept.count_total, 2);
}
