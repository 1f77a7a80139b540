//! What a storm drops: one of each kind of future and stream that a handle gives, alone and
//! several awaits in a row. Each checks its answer if it is polled that far.

use std::future::Future;
use std::pin::Pin;

use fastrand::Rng;
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use netlane::wire::{Flags, Message, kind};
use netlane::{Answer, Error, Filter, Handle};

use crate::route::{
    GROUP_ADDRESS, GROUP_LINK, LOOPBACK, NO_INTERFACE, add_address, address, delete_address,
    delete_link, get_addresses, get_link, get_links, link_name, local_address, new_veth,
};

/// A future to be dropped.
pub type Victim = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes the futures of one storm.
#[derive(Debug)]
pub struct Victims {
    handle: Handle,
    /// For those that may be dropped after they were sent and then have no end that is counted.
    uncounted: Option<Handle>,
    number: u32,
    made: u32,
}

impl Victims {
    /// For a storm with this number, below 1 000, which no other storm has.
    pub const fn new(handle: Handle, number: u32) -> Self {
        Self {
            handle,
            uncounted: None,
            number,
            made: 0,
        }
    }

    /// Dumps and messages that nobody awaits are another connection's: then every request that the
    /// first has sent is answered, refused or swallowed in the end.
    #[must_use]
    pub fn with_uncounted(mut self, handle: Handle) -> Self {
        self.uncounted = Some(handle);
        self
    }

    /// One of them.
    pub fn any(&mut self, random: &mut Rng) -> Victim {
        self.made += 1;
        let handle = self.handle.clone();
        let uncounted = self.uncounted.clone().unwrap_or_else(|| handle.clone());
        let mine = self.own_address();
        let some = random.usize(1..40);
        match random.u8(0..40) {
            0..8 => Box::pin(ask(handle, random.u8(0..3))),
            8..14 => Box::pin(echo(handle, mine)),
            14..19 => Box::pin(add_and_delete(handle, mine, random.bool())),
            19..22 => Box::pin(batch(handle, mine, some)),
            22..24 => Box::pin(ping_and_send(uncounted)),
            24..27 => Box::pin(several_at_once(handle, some)),
            27..30 => Box::pin(dump(uncounted, some, random.bool())),
            30..32 => Box::pin(collect(uncounted)),
            32..34 => Box::pin(subscribe(handle, mine)),
            34..36 => Box::pin(listen(handle, random.bool())),
            36..38 => Box::pin(hear_peers(handle)),
            38 => Box::pin(dump_in_chunks(uncounted)),
            _ => Box::pin(veth(handle, format!("s{}x{}", self.number, self.made % 4))),
        }
    }

    /// A few of its own, so that the tables stay small however long the storm lasts.
    fn own_address(&self) -> [u8; 4] {
        address(FIRST_ADDRESS + self.number * ADDRESSES + self.made % ADDRESSES)
    }
}

/// What was asked is there, or was done, or had been done by one that was dropped.
fn expect_done(outcome: Result<Answer, Error>, already: i32) {
    if let Err(error) = outcome {
        assert_eq!(error.errno(), Some(already), "{error}");
    }
}

async fn ask(handle: Handle, where_it_runs: u8) {
    let request = handle.request(get_link(LOOPBACK));
    let request = match where_it_runs {
        0 => request.slow(),
        1 => request.quick(),
        _ => request,
    };
    let answer = request.await.expect("there is a loopback device");
    assert_eq!(link_name(&answer.replies[0]), "lo");
    let error = handle.request_one(get_link(NO_INTERFACE)).await;
    assert_eq!(error.expect_err("no device").errno(), Some(ENODEV));
}

async fn echo(handle: Handle, mine: [u8; 4]) {
    match handle.echo(add_address(mine)).await {
        Ok(answer) => assert_eq!(local_address(&answer.replies[0]), mine),
        Err(error) => expect_done(Err(error), EEXIST),
    }
}

async fn add_and_delete(handle: Handle, mine: [u8; 4], slow: bool) {
    let run = |message: Message| {
        let request = handle.request(message);
        if slow { request.slow() } else { request }
    };
    expect_done(run(add_address(mine)).await, EEXIST);
    expect_done(run(delete_address(mine)).await, EADDRNOTAVAIL);
}

async fn batch(handle: Handle, mine: [u8; 4], members: usize) {
    let messages = (0..members).map(|number| match number % 3 {
        0 => get_link(LOOPBACK),
        1 => delete_address(mine),
        _ => add_address(mine),
    });
    let outcomes = handle.batch(messages).await;
    assert_eq!(outcomes.len(), members);
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match number % 3 {
            0 => assert_eq!(outcome.expect("a link").replies.len(), 1),
            1 => expect_done(outcome, EADDRNOTAVAIL),
            _ => expect_done(outcome, EEXIST),
        }
    }
}

async fn ping_and_send(handle: Handle) {
    handle.ping().await.expect("an answer");
    // One that says nothing, or it would be heard as unsolicited.
    let silent = Message::new(kind::NOOP, Flags::empty());
    handle.send(silent).await.expect("it is sent");
    handle.ping().await.expect("an answer");
}

async fn several_at_once(handle: Handle, count: usize) {
    let requests = (0..count).map(|_| handle.request(get_link(LOOPBACK)));
    for answer in join_all(requests).await {
        assert_eq!(link_name(&answer.expect("a link").replies[0]), "lo");
    }
}

async fn dump(handle: Handle, items: usize, slow: bool) {
    let dump = handle.dump(get_addresses());
    let mut dump = if slow { dump.slow() } else { dump };
    for _ in 0..items {
        match dump.next().await {
            // Ours, and that of a loopback device that is up.
            Some(Ok(frame)) => assert!([10, 127].contains(&local_address(&frame)[0])),
            // Others change the table meanwhile.
            Some(Err(error)) => assert_eq!(error.kind(), netlane::ErrorKind::Interrupted),
            None => return,
        }
    }
}

async fn dump_in_chunks(handle: Handle) {
    let mut dump = handle.dump(get_links());
    let mut names = Vec::new();
    while let Ok(Some(chunk)) = dump.next_chunk().await {
        names.extend(chunk.map(|frame| link_name(&frame.to_frame())));
    }
    assert!(names.is_empty() || names.iter().any(|name| name == "lo"));
}

async fn collect(handle: Handle) {
    let collected = handle.dump(get_links()).collect_with_retries(2).await;
    let collected = collected.expect("a table");
    assert!(collected.frames.iter().any(|link| link_name(link) == "lo"));
}

async fn subscribe(handle: Handle, mine: [u8; 4]) {
    let events = handle.subscribe([GROUP_ADDRESS]).capacity(100_000).await;
    let mut events = events.expect("a subscription");
    let added = handle.request(add_address(mine)).await;
    let is_new = added.is_ok();
    expect_done(added, EEXIST);
    events.barrier().await.expect("a barrier");
    let (mut heard, mut lost) = (false, false);
    while let Some(Some(notice)) = events.next().now_or_never() {
        match notice.expect("no end") {
            netlane::Notice::Event(event) => heard |= local_address(&event.frame) == mine,
            _ => lost = true,
        }
    }
    assert!(heard || lost || !is_new, "its own event is missing");
}

async fn listen(handle: Handle, filtered: bool) {
    let subscribe = handle.subscribe([GROUP_LINK, GROUP_ADDRESS]);
    let subscribe = if filtered {
        subscribe.filter(Filter::new().interface(NO_INTERFACE))
    } else {
        subscribe
    };
    let mut events = subscribe.await.expect("a subscription");
    // Perhaps nothing ever comes: then it is dropped while it waits.
    events.next().await.expect("no end").expect("no error");
}

async fn hear_peers(handle: Handle) {
    let mut inbound = handle.inbound().expect("a stream");
    panic!("nobody speaks here: {:?}", inbound.next().await);
}

/// Slow in the kernel, so it runs on the connection's own threads.
async fn veth(handle: Handle, name: String) {
    let made = handle.request(new_veth(&name, &format!("{name}p"))).await;
    expect_done(made, EEXIST);
    let deleted = handle.request(delete_link(&name)).slow().await;
    expect_done(deleted, ENODEV);
}

/// Where the addresses of the storms begin, and how many each has.
const FIRST_ADDRESS: u32 = 100_000;
const ADDRESSES: u32 = 24;

const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EADDRNOTAVAIL: i32 = 99;
