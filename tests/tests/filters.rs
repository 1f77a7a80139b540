//! Event filters on the running kernel: what passes, and that the kernel does
//! the work.

use futures::StreamExt;
use netlane::{Builder, Filter, Lanes, Notice, Protocol, Subscription};
use netlane_testkit::{Links, in_namespace};
use netlane_tests::route::{LOOPBACK, get_link, get_links, link_name};

const RTNLGRP_LINK: u32 = 1;
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;

/// The types of the events that are queued.
async fn queued(subscription: &mut Subscription) -> Vec<u16> {
    subscription.barrier().await.unwrap();
    let mut types = Vec::new();
    for _ in 0..subscription.queued() {
        match subscription.next().await.unwrap().unwrap() {
            Notice::Event(event) => types.push(event.frame.header().kind),
            other => panic!("no event: {other:?}"),
        }
    }
    types
}

#[test]
fn the_kernel_keeps_back_what_a_filter_rejects() {
    in_namespace(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let deletions = Filter::new().types([RTM_DELLINK]);
            let mut filtered = handle
                .subscribe([RTNLGRP_LINK])
                .filter(deletions)
                .await
                .unwrap();
            let mut links = Links::open().unwrap();
            links.veth("a", "b").unwrap();
            links.delete("a").unwrap();
            assert_eq!(queued(&mut filtered).await, [RTM_DELLINK, RTM_DELLINK]);
            // Had user space filtered, the creations would have been received.
            assert_eq!(handle.statistics().datagrams_received, 2);
        });
    });
}

#[test]
fn a_socket_that_carries_answers_has_no_filter() {
    in_namespace(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let single = Builder::new(Protocol::ROUTE).lanes(Lanes::Single);
            let handle = single.spawn().unwrap();
            let deletions = Filter::new().types([RTM_DELLINK]);
            let subscribe = handle.subscribe([RTNLGRP_LINK]).filter(deletions);
            let mut filtered = subscribe.await.unwrap();
            // Answers are of types that the filter rejects.
            let frame = handle.request_one(get_link(LOOPBACK)).await.unwrap();
            assert_eq!(link_name(&frame), "lo");
            assert_eq!(handle.dump(get_links()).count().await, 1);
            let before = handle.statistics().datagrams_received;
            let mut links = Links::open().unwrap();
            links.veth("a", "b").unwrap();
            links.delete("a").unwrap();
            assert_eq!(queued(&mut filtered).await, [RTM_DELLINK, RTM_DELLINK]);
            // It was user space that filtered: the creations were received too.
            let received = handle.statistics().datagrams_received - before;
            assert!(received > 2, "{received}");
        });
    });
}

#[test]
fn a_filter_looks_at_the_interface() {
    in_namespace(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut links = Links::open().unwrap();
            links.veth("a", "b").unwrap();
            let index = links.index("b").unwrap();
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let one = Filter::new().interface(index);
            let mut filtered = handle.subscribe([RTNLGRP_LINK]).filter(one).await.unwrap();
            let mut all = handle.subscribe([RTNLGRP_LINK]).await.unwrap();
            links.set_up("a").unwrap();
            links.set_up("b").unwrap();
            let (some, every) = (queued(&mut filtered).await, queued(&mut all).await);
            assert!(some.iter().all(|kind| *kind == RTM_NEWLINK));
            assert!(
                !some.is_empty() && some.len() < every.len(),
                "{some:?} of {every:?}"
            );
        });
    });
}
