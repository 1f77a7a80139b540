//! Event filters on the running kernel: what passes, and that the kernel does
//! the work.

use futures::StreamExt;
use netlane::{Filter, Notice, Protocol, Subscription};
use netlane_testkit::{Links, in_namespace};

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
