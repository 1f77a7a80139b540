//! All of it at once for a chosen time: requests and batches, dumps, floods against subscribers of
//! every pace, dropped futures, overruns of a request lane, enemies. At the end nothing may be
//! missing, and nothing may be left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use fastrand::Rng;
use netlane::{Filter, Handle, Protocol, Statistics};
use netlane_tests::route::{GROUP_ADDRESS, LOOPBACK, NO_INTERFACE, get_link};
use netlane_tests::storm::{Healthy, Tally, Victims, rage};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::chaos::{Chaos, Overruns};
use crate::hostile::Attack;
use crate::progress::Progress;
use crate::sheet::Sheet;
use crate::stage::{Before, eventually};
use crate::subscribers::{Heard, Pace, Subscriber};
use crate::{Failure, process, table};

/// How long, and with which choices.
#[derive(Args, Debug)]
pub(crate) struct Soak {
    /// Seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Routes in the table that is dumped all the time.
    #[arg(long, default_value_t = 20_000)]
    routes: u32,
    /// The seed of what is dropped where.
    #[arg(long)]
    seed: Option<u64>,
}

/// What is going on, for the live line and the sheet.
#[derive(Debug, Default)]
struct Totals {
    over: AtomicBool,
    asked: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    dumps: AtomicU64,
    interrupted: AtomicU64,
    entries: AtomicU64,
    flooded: AtomicU64,
    dropped: AtomicU64,
    attack: Attack,
    overruns: Overruns,
}

type Work = JoinHandle<Result<(), Failure>>;

impl Soak {
    pub(crate) async fn run(&self, sheet: &mut Sheet) -> Result<(), Failure> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        let before = Before::now()?;
        let handle = netlane::spawn(Protocol::ROUTE)?;
        table::fill(&handle, self.routes).await?;
        let totals = Arc::new(Totals::default());
        let healthy = Healthy::start(&handle).await;
        let flooded = table::bridge(&handle, "flooded").await?;
        let subscribers = subscribe(&handle, flooded).await?;
        let heard: Vec<_> = subscribers.iter().map(|it| Arc::clone(&it.heard)).collect();
        let progress = Progress::show({
            let (totals, seconds) = (Arc::clone(&totals), self.seconds);
            move || totals.line(seconds, &heard)
        });
        let works = start(&handle, flooded, &totals, seed)?;
        let dumps = tokio::spawn(dump(handle.clone(), Arc::clone(&totals), self.routes));
        let attacks = tokio::spawn(attack(Arc::clone(&totals)));
        let overruns = tokio::spawn(overrun(Arc::clone(&totals)));
        let grown = self.wait(&totals, &works).await?;
        for work in works.into_iter().chain([dumps]) {
            work.await??;
        }
        let (sieges, overruns) = (attacks.await??, overruns.await??);
        let counts = healthy.stop().await;
        drop(progress);
        sheet.title(format!(
            "{} seconds of everything, seed {seed}",
            self.seconds
        ));
        sheet.at_least("healthy requests, all answered rightly", counts.requests, 1);
        sheet.at_least("healthy batches, all answered rightly", counts.batches, 1);
        sheet.at_least("healthy dumps, all complete", counts.dumps, 1);
        sheet.at_least("healthy events, none missing", counts.events, 1);
        // An answer may be read by another before its own send has returned and was counted.
        eventually(|| ended(&handle.statistics()) == handle.statistics().sent).await;
        totals.balance(&handle, sheet);
        sheet.title("a flood of events, and who listened");
        let sent = totals.flooded.load(Ordering::Relaxed);
        sheet.figure("sent", sent);
        for subscriber in subscribers {
            let name = subscriber.pace.name();
            subscriber.finish().await?.balance(name, sent, sheet);
        }
        sheet.title("enemies");
        let [hostile, right, wrong] = totals.attack.seen();
        sheet.figure("hostile messages", hostile);
        sheet.at_least("right answers among them", right, 1);
        sheet.equal("wrong answers accepted", wrong, 0);
        sheet.take_broken(sieges);
        sheet.append(overruns);
        sheet.title("what is left");
        sheet.at_most("memory grown after the first tenth, KiB", grown, MEMORY);
        before.leave(handle, sheet).await
    }

    /// Lets it run, and returns by how much the memory has grown since it had settled. Ends early if
    /// some work has.
    async fn wait(&self, totals: &Totals, works: &[Work]) -> Result<u64, Failure> {
        let began = Instant::now();
        let whole = Duration::from_secs(self.seconds);
        let mut settled = None;
        while began.elapsed() < whole && !works.iter().any(JoinHandle::is_finished) {
            sleep(Duration::from_millis(50)).await;
            if settled.is_none() && began.elapsed() > whole / 10 {
                settled = Some(process::memory()?);
                process::forget_peak()?;
            }
        }
        let peak = process::peak_memory()?;
        totals.over.store(true, Ordering::Relaxed);
        Ok(peak.saturating_sub(settled.unwrap_or(peak)))
    }
}

impl Totals {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn line(&self, seconds: u64, heard: &[Arc<Heard>]) -> String {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [hostile, _, wrong] = self.attack.seen();
        let received: u64 = heard.iter().map(|heard| heard.received()).sum();
        let lost: u64 = heard.iter().map(|heard| heard.lost()).sum();
        format!(
            "of {seconds}: {} asked, {} answered, {} refused, {} dumps, {} dropped, {} events sent, \
             {received} received, {lost} lost, {hostile} hostile, {wrong} wrong",
            of(&self.asked),
            of(&self.answered),
            of(&self.refused),
            of(&self.dumps),
            of(&self.dropped),
            of(&self.flooded),
        )
    }

    fn balance(&self, handle: &Handle, sheet: &mut Sheet) {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (answered, refused) = (of(&self.answered), of(&self.refused));
        sheet.title("requests as fast as they go");
        sheet.equal(
            "answered + refused = asked",
            answered + refused,
            of(&self.asked),
        );
        let seen = handle.statistics();
        sheet.title("the connection's own account");
        sheet.figure("sent", seen.sent);
        sheet.figure("answered", seen.answered);
        sheet.figure("refused", seen.refused);
        sheet.figure("dropped, and swallowed when they came", seen.swallowed);
        sheet.equal("outcome unknown", seen.lost + seen.timed_out, 0);
        sheet.figure("dropped, and refused", seen.refused_unawaited);
        sheet.equal("all of these = sent", ended(&seen), seen.sent);
        sheet.figure("multicast of enemies, dropped", seen.foreign);
        sheet.equal("strays and malformed", seen.stray + seen.malformed, 0);
        sheet.title("dumps and dropped futures");
        sheet.figure("dumps of the routes", of(&self.dumps));
        sheet.figure(
            "of which the table changed meanwhile",
            of(&self.interrupted),
        );
        sheet.figure("entries", of(&self.entries));
        sheet.at_least("futures dropped", of(&self.dropped), 1);
    }
}

/// Requests of which is known what came of them.
const fn ended(seen: &Statistics) -> u64 {
    seen.answered + seen.refused + seen.swallowed + seen.refused_unawaited
}

/// One subscriber of each pace, to the events of one interface.
async fn subscribe(handle: &Handle, index: u32) -> Result<Vec<Subscriber>, Failure> {
    let mut subscribers = Vec::new();
    for pace in Pace::ALL {
        let subscribe = handle.subscribe([GROUP_ADDRESS]);
        let events = subscribe.filter(Filter::new().interface(index)).await?;
        subscribers.push(Subscriber::start(events, pace));
    }
    Ok(subscribers)
}

/// Starts what ends by itself when it is over.
fn start(
    handle: &Handle,
    flooded: u32,
    totals: &Arc<Totals>,
    seed: u64,
) -> Result<Vec<Work>, Failure> {
    let mut works: Vec<Work> = Vec::new();
    let uncounted = netlane::spawn(Protocol::ROUTE)?;
    for _ in 0..ASKERS {
        works.push(tokio::spawn(ask(handle.clone(), Arc::clone(totals))));
    }
    for number in 0..STORMS {
        let victims = Victims::new(handle.clone(), number);
        let victims = victims.with_uncounted(uncounted.clone());
        let random = Rng::with_seed(seed.wrapping_add(u64::from(number)));
        works.push(tokio::spawn(storm(victims, random, Arc::clone(totals))));
    }
    works.push(tokio::spawn(flood(flooded, Arc::clone(totals))));
    Ok(works)
}

async fn ask(handle: Handle, totals: Arc<Totals>) -> Result<(), Failure> {
    while totals.goes_on() {
        totals.asked.fetch_add(2, Ordering::Relaxed);
        handle.request_one(get_link(LOOPBACK)).await?;
        totals.answered.fetch_add(1, Ordering::Relaxed);
        if handle
            .request(get_link(NO_INTERFACE))
            .await
            .is_err_and(|error| error.is_refused())
        {
            totals.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

async fn storm(victims: Victims, random: Rng, totals: Arc<Totals>) -> Result<(), Failure> {
    let mut known = 0;
    let goes_on = |tally: Tally| {
        totals
            .dropped
            .fetch_add(tally.dropped - known, Ordering::Relaxed);
        known = tally.dropped;
        totals.goes_on()
    };
    rage(victims, random, goes_on).await;
    Ok(())
}

/// By another connection, with pauses in which others have a turn in the kernel.
async fn flood(index: u32, totals: Arc<Totals>) -> Result<(), Failure> {
    let flooder = netlane::spawn(Protocol::ROUTE)?;
    while totals.goes_on() {
        table::flood(&flooder, index, 1000, &totals.flooded).await?;
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

async fn dump(handle: Handle, totals: Arc<Totals>, routes: u32) -> Result<(), Failure> {
    while totals.goes_on() {
        let dump = table::dump_routes(&handle);
        let (entries, interrupted) = table::count_entries(dump).await?;
        if entries != u64::from(routes) {
            return Err(format!("{entries} routes instead of {routes}").into());
        }
        totals.dumps.fetch_add(1, Ordering::Relaxed);
        totals
            .interrupted
            .fetch_add(u64::from(interrupted), Ordering::Relaxed);
        totals.entries.fetch_add(entries, Ordering::Relaxed);
    }
    Ok(())
}

/// Returns what did not balance.
async fn attack(totals: Arc<Totals>) -> Result<Sheet, Failure> {
    let mut broken = Sheet::default();
    while totals.goes_on() {
        let mut sheet = Sheet::default();
        totals.attack.wage(20, 20, &mut sheet).await?;
        broken.take_broken(sheet);
        sleep(Duration::from_millis(20)).await;
    }
    Ok(broken)
}

async fn overrun(totals: Arc<Totals>) -> Result<Sheet, Failure> {
    let chaos = Chaos::connect()?;
    while totals.goes_on() {
        chaos.once(&totals.overruns).await?;
        sleep(Duration::from_millis(20)).await;
    }
    let mut sheet = Sheet::default();
    chaos.balance(&totals.overruns, &mut sheet);
    Ok(sheet)
}

/// Tasks that ask all the time, and storms of dropped futures.
const ASKERS: usize = 8;
const STORMS: u32 = 4;
/// What the memory may grow by once all of it is under way, in KiB.
const MEMORY: u64 = 32 * 1024;
