//! A flood of multicast messages against a subscriber that is fast, slow or stopped, and against one
//! of each together. What each received and what it was told to be lost is what was sent; requests
//! and dumps on the same handle go on as if nothing were.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clap::Args;
use netlane::{Filter, Handle, Protocol};
use netlane_tests::route::{GROUP_ADDRESS, LOOPBACK, get_link, get_links};
use tokio::task::JoinHandle;

use crate::progress::Progress;
use crate::sheet::Sheet;
use crate::stage::Before;
use crate::subscribers::{Pace, Subscriber};
use crate::{Failure, process, table};

/// How large a flood.
#[derive(Args, Debug)]
pub(crate) struct Flood {
    /// Multicast messages in each of the four floods.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Events that a subscription holds.
    #[arg(long, default_value_t = 1024)]
    capacity: usize,
}

impl Flood {
    pub(crate) async fn run(&self, sheet: &mut Sheet) -> Result<(), Failure> {
        let flooder = netlane::spawn(Protocol::ROUTE)?;
        let index = table::bridge(&flooder, "flooded").await?;
        for pace in Pace::ALL {
            self.flood(&flooder, index, &[pace], sheet).await?;
        }
        self.flood(&flooder, index, &Pace::ALL, sheet).await
    }

    async fn flood(
        &self,
        flooder: &Handle,
        index: u32,
        paces: &[Pace],
        sheet: &mut Sheet,
    ) -> Result<(), Failure> {
        let names: Vec<_> = paces.iter().map(|pace| pace.name()).collect();
        let names = names.join(", ");
        let before = Before::now()?;
        let handle = netlane::spawn(Protocol::ROUTE)?;
        let subscribers = self.subscribe(&handle, index, paces).await?;
        let sent = Arc::new(AtomicU64::new(0));
        let progress = Progress::show({
            let (sent, names) = (Arc::clone(&sent), names.clone());
            move || format!("{names}: {} sent", sent.load(Ordering::Relaxed))
        });
        process::forget_peak()?;
        let memory = process::memory()?;
        let beside = Beside::start(&handle);
        table::flood(flooder, index, self.messages, &sent).await?;
        let beside = beside.stop().await?;
        let mut heard = Vec::new();
        for subscriber in subscribers {
            heard.push((subscriber.pace.name(), subscriber.finish().await?));
        }
        drop(progress);
        let grown = process::peak_memory()?.saturating_sub(memory);
        sheet.title(format!("{} messages, subscriber: {names}", self.messages));
        let sent = sent.load(Ordering::Relaxed);
        sheet.equal("sent = asked for", sent, self.messages / 2 * 2);
        for (name, heard) in heard {
            heard.balance(name, sent, sheet);
        }
        beside.balance(sheet);
        let seen = handle.statistics();
        sheet.equal("requests with outcome unknown", seen.lost, 0);
        sheet.at_most("memory grown to, KiB", grown, MEMORY);
        before.leave(handle, sheet).await
    }

    async fn subscribe(
        &self,
        handle: &Handle,
        index: u32,
        paces: &[Pace],
    ) -> Result<Vec<Subscriber>, Failure> {
        let mut subscribers = Vec::new();
        for pace in paces {
            let events = handle.subscribe([GROUP_ADDRESS]).capacity(self.capacity);
            let events = events.filter(Filter::new().interface(index)).await?;
            subscribers.push(Subscriber::start(events, *pace));
        }
        Ok(subscribers)
    }
}

/// Requests and dumps beside the flood.
#[derive(Debug)]
struct Beside {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Result<Done, Failure>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Done {
    requests: u64,
    dumps: u64,
}

impl Beside {
    fn start(handle: &Handle) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(go_on(handle.clone(), Arc::clone(&stop)));
        Self { stop, task }
    }

    /// Fails if any of them did.
    async fn stop(self) -> Result<Done, Failure> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await?
    }
}

impl Done {
    fn balance(self, sheet: &mut Sheet) {
        sheet.at_least("requests beside it, each answered", self.requests, 1);
        sheet.at_least("dumps beside it, each complete", self.dumps, 1);
    }
}

async fn go_on(handle: Handle, stop: Arc<AtomicBool>) -> Result<Done, Failure> {
    let mut done = Done::default();
    while !stop.load(Ordering::Relaxed) || done.dumps == 0 {
        for _ in 0..20 {
            handle.request_one(get_link(LOOPBACK)).await?;
            done.requests += 1;
        }
        // The loopback device and the bridge.
        let (links, _) = table::count_entries(handle.dump(get_links())).await?;
        if links != 2 {
            return Err(format!("{links} links instead of 2").into());
        }
        done.dumps += 1;
    }
    Ok(done)
}

/// What the subscriptions and the flood itself may take, in KiB.
const MEMORY: u64 = 32 * 1024;
