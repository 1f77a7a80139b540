//! What privileged enemies send: replies and acknowledgements with the right sequence number from
//! the wrong port, multicast that is not the kernel's, frames that are none, datagrams far larger
//! than the buffer; each in floods. No wrong answer is accepted, and each of them is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use futures::{FutureExt, StreamExt};
use netlane::sys::Address;
use netlane::wire::{Flags, Message};
use netlane::{Builder, ErrorKind, Expect, Handle, LossCount, Notice, Protocol};
use netlane_sys::{Socket, SocketKind};
use netlane_testkit::{Incoming, Peer, Step};
use netlane_tests::route::{GET_LINK, GROUP_LINK, LOOPBACK, get_link, link_name};

use crate::progress::Progress;
use crate::sheet::Sheet;
use crate::stage::{Before, count};
use crate::{Failure, table};

/// How many of each.
#[derive(Args, Debug)]
pub(crate) struct Hostile {
    /// Requests, each with a flood before its answer.
    #[arg(long, default_value_t = 2_000)]
    requests: u64,
    /// Hostile messages of each kind in a flood.
    #[arg(long, default_value_t = 50)]
    flood: usize,
}

/// What was sent, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Attack {
    sent: AtomicU64,
    requests: AtomicU64,
    right: AtomicU64,
    wrong: AtomicU64,
}

impl Hostile {
    pub(crate) async fn run(&self, sheet: &mut Sheet) -> Result<(), Failure> {
        let before = Before::now()?;
        let attack = Arc::new(Attack::default());
        let progress = Progress::show({
            let attack = Arc::clone(&attack);
            move || {
                let [sent, _, wrong] = attack.seen();
                format!("{sent} hostile messages, {wrong} wrong answers accepted")
            }
        });
        attack.wage(self.requests, self.flood, sheet).await?;
        drop(progress);
        sheet.title("altogether");
        let [sent, right, wrong] = attack.seen();
        sheet.figure("hostile messages sent", sent);
        sheet.equal("wrong answers accepted", wrong, 0);
        sheet.equal("right answers = requests", right, attack.requests());
        before.settle(sheet).await
    }
}

impl Attack {
    /// Every kind of attack, with so many requests under each.
    pub(crate) async fn wage(
        &self,
        requests: u64,
        flood: usize,
        sheet: &mut Sheet,
    ) -> Result<(), Failure> {
        from_peers(self, requests, flood, sheet).await?;
        oversized(self, requests.min(OVERSIZED), sheet).await?;
        at_the_kernels_lane(self, requests, flood, sheet).await?;
        multicast(self, requests, flood, sheet).await
    }

    fn add(&self, hostile: u64) {
        self.sent.fetch_add(hostile, Ordering::Relaxed);
    }

    fn judge(&self, right: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let counter = if right { &self.right } else { &self.wrong };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Hostile messages, right answers and wrong ones.
    pub(crate) fn seen(&self) -> [u64; 3] {
        [&self.sent, &self.right, &self.wrong].map(|counter| counter.load(Ordering::Relaxed))
    }
}

/// A connection to a peer on NETLINK_USERSOCK, where user programs may write to each other.
fn connect(peer: &Peer) -> Result<Handle, Failure> {
    let builder = Builder::new(Protocol::USERSOCK).peer(Address::port(peer.port()));
    Ok(builder.spawn()?)
}

/// Before each true answer come forged ones and malformed ones.
async fn from_peers(
    attack: &Attack,
    requests: u64,
    flood: usize,
    sheet: &mut Sheet,
) -> Result<(), Failure> {
    let peer = Peer::start(move |request| besieged(request, flood))?;
    let handle = connect(&peer)?;
    for number in 0..requests {
        let message = Message::raw(KIND, Flags::empty(), &number.to_ne_bytes());
        let answer = handle.request(message).expect(Expect::Reply).await?;
        let payload = answer.replies.first().map(|reply| reply.payload().to_vec());
        attack.judge(answer.replies.len() == 1 && payload == Some(number.to_ne_bytes().to_vec()));
    }
    let each = requests * count(flood)?;
    attack.add(each * KINDS_OF_PEER);
    let seen = handle.statistics();
    sheet.title(format!(
        "{requests} requests to a peer, besieged by floods of {flood}"
    ));
    sheet.equal("answered = requests", seen.answered, requests);
    // Data of the wrong port, and of the right port under no request's number.
    sheet.equal(
        "forged data, counted",
        seen.unsolicited_dropped,
        each * 2 + each,
    );
    sheet.equal("forged acknowledgements, counted", seen.stray, each * 2);
    sheet.equal("malformed frames, counted", seen.malformed, each);
    sheet.equal("not delivered", count(peer.undelivered())?, 0);
    sheet.equal("pending", count(handle.pending())?, 0);
    Ok(())
}

/// The steps of a peer with enemies around it.
fn besieged(request: &Incoming<'_>, flood: usize) -> Vec<Step> {
    let (own, payload) = (
        request.answer(),
        request.bytes.get(16..).unwrap_or_default(),
    );
    let lie: Vec<u8> = payload.iter().map(|byte| !byte).collect();
    let stranger = request.answer_as(request.header().sequence.wrapping_add(1 << 20));
    let mut malformed = own.frame(KIND, &lie);
    malformed.splice(..4, 8u32.to_ne_bytes());
    let mut steps = Vec::new();
    for _ in 0..flood {
        steps.extend([
            Step::Forge(own.frame(KIND, &lie)),
            Step::Forge(own.acknowledge(13)),
            Step::Reply(stranger.frame(KIND, &lie)),
            Step::Reply(stranger.acknowledge(0)),
            Step::Reply(malformed.clone()),
        ]);
    }
    steps.push(Step::Reply(own.frame(KIND, payload)));
    steps
}

/// Answers of 200 KB, several times what the buffer holds.
async fn oversized(attack: &Attack, requests: u64, sheet: &mut Sheet) -> Result<(), Failure> {
    let peer = Peer::start(|request| {
        let own = request.answer();
        let large = own.frame(KIND, &vec![7; 200_000]);
        vec![Step::Forge(large.clone()), Step::Reply(large)]
    })?;
    let handle = connect(&peer)?;
    let mut unknown = 0;
    for _ in 0..requests {
        let message = Message::raw(KIND, Flags::empty(), b"ask");
        let outcome = handle.request(message).expect(Expect::Reply).await;
        let is_unknown = outcome.is_err_and(|error| error.kind() == ErrorKind::OutcomeUnknown);
        unknown += u64::from(is_unknown);
        attack.judge(is_unknown);
    }
    attack.add(requests * 2);
    let seen = handle.statistics();
    sheet.title(format!("{requests} requests answered by 200 KB"));
    sheet.equal("outcome unknown = requests", unknown, requests);
    sheet.equal("truncated, counted", seen.truncated, requests * 2);
    sheet.equal("not delivered", count(peer.undelivered())?, 0);
    Ok(())
}

/// A privileged program writes to the lane that talks to the kernel: the kernel refuses it there.
async fn at_the_kernels_lane(
    attack: &Attack,
    requests: u64,
    flood: usize,
    sheet: &mut Sheet,
) -> Result<(), Failure> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let forger = forger()?;
    let forged = get_link(LOOPBACK).finish()?;
    let mut refused = 0;
    for _ in 0..requests {
        for _ in 0..flood {
            refused += u64::from(
                forger
                    .send_to(&forged, Address::port(handle.port()))
                    .is_err(),
            );
        }
        let answer = handle.request_one(get_link(LOOPBACK)).await?;
        attack.judge(link_name(&answer) == "lo");
    }
    let sent = requests * count(flood)?;
    attack.add(sent);
    sheet.title(format!(
        "{requests} requests to the kernel, forged messages at its lane"
    ));
    sheet.equal("refused by the kernel = forged", refused, sent);
    sheet.equal("arrived", handle.statistics().foreign, 0);
    Ok(())
}

/// A privileged program multicasts as if it were the kernel.
async fn multicast(
    attack: &Attack,
    requests: u64,
    flood: usize,
    sheet: &mut Sheet,
) -> Result<(), Failure> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let mut events = handle.subscribe([GROUP_LINK]).await?;
    let forger = forger()?;
    let forged = get_link(LOOPBACK).finish()?;
    for _ in 0..requests {
        for _ in 0..flood {
            // A queue that is full is the subscriber's loss.
            let _ = forger.send_to(&forged, Address::group(GROUP_LINK)?);
        }
        tokio::task::yield_now().await;
    }
    let sent = requests * count(flood)?;
    attack.add(sent);
    // What is still queued of the flood would cost the kernel's own event its place.
    events.barrier().await?;
    table::bridge(&handle, "genuine").await?;
    events.barrier().await?;
    let (mut genuine, mut accepted, mut lost) = (0, 0, 0);
    while let Some(Some(notice)) = events.next().now_or_never() {
        match notice? {
            Notice::Event(event) if event.frame.header().kind == GET_LINK => accepted += 1,
            Notice::Event(_) => genuine += 1,
            Notice::Lost(loss) => match loss.count {
                LossCount::Exact(n) => lost += n,
                other => return Err(format!("not exact: {other:?}").into()),
            },
            other => return Err(format!("unknown: {other:?}").into()),
        }
    }
    sheet.title(format!("{sent} forged multicast messages"));
    sheet.equal(
        "foreign + lost = forged",
        handle.statistics().foreign + lost,
        sent,
    );
    sheet.equal("forged events accepted", accepted, 0);
    sheet.at_least("events of the kernel's own", genuine, 1);
    handle
        .request(netlane_tests::route::delete_link("genuine"))
        .await?;
    Ok(())
}

/// A socket of another program.
fn forger() -> Result<Socket, Failure> {
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw)?;
    socket.bind(Address::KERNEL)?;
    Ok(socket)
}

const KIND: u16 = 0x40;
/// Kinds of hostile messages that a besieged peer sends.
const KINDS_OF_PEER: u64 = 5;
/// Datagrams of 200 KB take a while.
const OVERSIZED: u64 = 500;
