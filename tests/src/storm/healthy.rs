//! Traffic that must not notice what is dropped beside it: each answer is checked, and each event
//! of the interface that it has to itself is expected exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{FutureExt, StreamExt};
use netlane::{ErrorKind, Filter, Handle, Notice, Subscription};
use tokio::task::JoinHandle;

use crate::route::{
    DELETE_ADDRESS, GROUP_ADDRESS, LOOPBACK, NEW_ADDRESS, NO_INTERFACE, add_address_to, address,
    delete_address_from, get_addresses_of, get_link, get_link_by_name, link_index, link_name,
    local_address, new_bridge,
};

/// What the healthy traffic did; none of them is 0 if it had a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests with the right answer.
    pub requests: u64,
    /// Batches, each of whose members was answered.
    pub batches: u64,
    /// Dumps with every entry.
    pub dumps: u64,
    /// Events, each in the queue when the barrier behind its cause returned.
    pub events: u64,
}

/// The healthy traffic, until it is stopped.
#[derive(Debug)]
pub struct Healthy {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Counts>>,
}

impl Healthy {
    /// Makes the interface that is its own, and starts the tasks on the runtime at hand.
    ///
    /// # Panics
    ///
    /// Where there is no runtime, or the kernel refuses.
    pub async fn start(handle: &Handle) -> Self {
        done(handle, new_bridge(STEADY)).await;
        let link = handle.request_one(get_link_by_name(STEADY)).await;
        let index = link_index(&link.expect("the bridge"));
        for number in 0..TABLE {
            done(handle, add_address_to(index, address(number))).await;
        }
        let subscribe = handle.subscribe([GROUP_ADDRESS]);
        let subscribe = subscribe.filter(Filter::new().interface(index));
        let events = subscribe.await.expect("a subscription");
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = vec![
            tokio::spawn(ask(handle.clone(), Arc::clone(&stop))),
            tokio::spawn(batch(handle.clone(), Arc::clone(&stop))),
            tokio::spawn(dump(handle.clone(), index, Arc::clone(&stop))),
            tokio::spawn(change(handle.clone(), index, events, Arc::clone(&stop))),
        ];
        Self { stop, tasks }
    }

    /// Ends it.
    ///
    /// # Panics
    ///
    /// If any of it has noticed something.
    pub async fn stop(self) -> Counts {
        self.stop.store(true, Ordering::Relaxed);
        let mut sum = Counts::default();
        for task in self.tasks {
            let counts = task.await.expect("healthy traffic has seen an error");
            sum.requests += counts.requests;
            sum.batches += counts.batches;
            sum.dumps += counts.dumps;
            sum.events += counts.events;
        }
        sum
    }
}

async fn done(handle: &Handle, message: netlane::wire::Message) {
    handle.request(message).await.expect("it is done");
}

async fn ask(handle: Handle, stop: Arc<AtomicBool>) -> Counts {
    let mut counts = Counts::default();
    while !stop.load(Ordering::Relaxed) {
        let link = handle.request_one(get_link(LOOPBACK)).await;
        assert_eq!(link_name(&link.expect("a link")), "lo");
        let error = handle.request(get_link(NO_INTERFACE)).await;
        assert_eq!(error.expect_err("no device").errno(), Some(ENODEV));
        handle.ping().await.expect("an answer");
        let link = handle.request(get_link(LOOPBACK)).slow().await;
        assert_eq!(link.expect("a link").replies.len(), 1);
        counts.requests += 4;
    }
    counts
}

async fn batch(handle: Handle, stop: Arc<AtomicBool>) -> Counts {
    let mut counts = Counts::default();
    while !stop.load(Ordering::Relaxed) {
        let outcomes = handle.batch((0..30).map(|_| get_link(LOOPBACK))).await;
        assert_eq!(outcomes.len(), 30);
        for outcome in outcomes {
            assert_eq!(link_name(&outcome.expect("a link").replies[0]), "lo");
        }
        counts.batches += 1;
    }
    counts
}

async fn dump(handle: Handle, index: u32, stop: Arc<AtomicBool>) -> Counts {
    let mut counts = Counts::default();
    while !stop.load(Ordering::Relaxed) {
        let mut found = Vec::new();
        let mut dump = handle.dump(get_addresses_of(index));
        while let Some(frame) = dump.next().await {
            match frame {
                Ok(frame) => found.push(local_address(&frame)),
                // The kernel marks a dump for changes of any interface.
                Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}"),
            }
        }
        // The one that `change` adds and deletes may be there.
        found.retain(|found| *found != address(TABLE));
        let expected: Vec<_> = (0..TABLE).map(address).collect();
        assert_eq!(found, expected);
        counts.dumps += 1;
    }
    counts
}

async fn change(
    handle: Handle,
    index: u32,
    mut events: Subscription,
    stop: Arc<AtomicBool>,
) -> Counts {
    let mut counts = Counts::default();
    let changing = address(TABLE);
    while !stop.load(Ordering::Relaxed) {
        let added = handle.echo(add_address_to(index, changing)).await;
        assert_eq!(local_address(&added.expect("added").replies[0]), changing);
        events.barrier().await.expect("a barrier");
        assert_eq!(heard(&mut events), [NEW_ADDRESS]);
        done(&handle, delete_address_from(index, changing)).await;
        let event = events.next().await.expect("no end").expect("no error");
        assert!(
            matches!(event, Notice::Event(event) if event.frame.header().kind == DELETE_ADDRESS)
        );
        counts.requests += 2;
        counts.events += 2;
    }
    counts
}

/// The types of the events that are queued.
fn heard(events: &mut Subscription) -> Vec<u16> {
    let mut kinds = Vec::new();
    while let Some(Some(notice)) = events.next().now_or_never() {
        match notice.expect("no error") {
            Notice::Event(event) => kinds.push(event.frame.header().kind),
            other => panic!("healthy traffic lost events: {other:?}"),
        }
    }
    kinds
}

/// An interface that nobody else touches, and how many addresses it has.
const STEADY: &str = "steady";
const TABLE: u32 = 300;

const ENODEV: i32 = 19;
