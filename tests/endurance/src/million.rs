//! A great many acknowledged requests as fast as they go, in three shapes: from many tasks, from one
//! task with many futures, and as batches. Each is answered, none by ENOBUFS, in bounded memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Args;
use futures::stream::{self, StreamExt};
use netlane::wire::{Flags, Message, kind};
use netlane::{Answer, Error, Handle, Protocol};
use netlane_tests::route::{LOOPBACK, get_link};

use crate::progress::Progress;
use crate::sheet::Sheet;
use crate::stage::Before;
use crate::{Failure, process};

/// How many, and from where.
#[derive(Args, Debug)]
pub(crate) struct Million {
    /// Requests in each of the three shapes.
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// Tasks of the first shape.
    #[arg(long, default_value_t = 64)]
    tasks: u64,
    /// Futures at once in the second shape.
    #[arg(long, default_value_t = 10_000)]
    futures: usize,
    /// Members of each batch of the third shape.
    #[arg(long, default_value_t = 10_000)]
    members: u64,
}

impl Million {
    pub(crate) async fn run(&self, sheet: &mut Sheet) -> Result<(), Failure> {
        let (tasks, futures, members) = (self.tasks, self.futures, self.members);
        self.shape(sheet, format!("{tasks} tasks"), async |asker| {
            from_tasks(asker, tasks).await
        })
        .await?;
        self.shape(
            sheet,
            format!("one task, {futures} futures"),
            async |asker| from_one_task(asker, futures).await,
        )
        .await?;
        self.shape(sheet, format!("batches of {members}"), async |asker| {
            in_batches(asker, members).await
        })
        .await
    }

    async fn shape(
        &self,
        sheet: &mut Sheet,
        name: String,
        ask: impl AsyncFnOnce(Asker) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let before = Before::now()?;
        let handle = netlane::spawn(Protocol::ROUTE)?;
        let asker = Asker::new(handle.clone(), self.requests);
        let progress = Progress::show({
            let (asker, name) = (asker.clone(), name.clone());
            move || format!("{name}: {} answered", asker.right())
        });
        process::forget_peak()?;
        let memory = process::memory()?;
        let began = Instant::now();
        ask(asker.clone()).await?;
        let took = began.elapsed();
        drop(progress);
        let grown = process::peak_memory()?.saturating_sub(memory);
        sheet.title(format!("{} requests from {name}", self.requests));
        sheet.figure("microseconds each", {
            let total = took.as_micros();
            let tenths = total * 10 / u128::from(self.requests.max(1));
            format!("{}.{}", tenths / 10, tenths % 10)
        });
        let seen = handle.statistics();
        sheet.equal("answered rightly = asked", asker.right(), self.requests);
        sheet.equal("sent = asked", seen.sent, self.requests);
        sheet.equal("answered = sent", seen.answered, seen.sent);
        sheet.equal("ENOBUFS on the request lane", seen.overruns, 0);
        sheet.equal("outcome unknown", seen.lost + seen.timed_out, 0);
        sheet.at_most("memory grown to, KiB", grown, MEMORY);
        drop(asker);
        before.leave(handle, sheet).await
    }
}

/// Asks, and counts the right answers.
#[derive(Clone, Debug)]
struct Asker {
    handle: Handle,
    requests: u64,
    right: Arc<AtomicU64>,
}

impl Asker {
    fn new(handle: Handle, requests: u64) -> Self {
        Self {
            handle,
            requests,
            right: Arc::default(),
        }
    }

    fn right(&self) -> u64 {
        self.right.load(Ordering::Relaxed)
    }

    /// The `number`-th answer: a bare acknowledgement and one with a reply take turns.
    fn take(&self, number: u64, answer: Result<Answer, Error>) -> Result<(), Error> {
        let replies = answer?.replies.len();
        if u64::try_from(replies) == Ok(number % 2) {
            self.right.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn ask(&self, number: u64) -> Result<(), Error> {
        self.take(number, self.handle.request(message(number)).await)
    }
}

fn message(number: u64) -> Message {
    if number.is_multiple_of(2) {
        Message::new(kind::NOOP, Flags::empty())
    } else {
        get_link(LOOPBACK)
    }
}

async fn from_tasks(asker: Asker, tasks: u64) -> Result<(), Failure> {
    let started: Vec<_> = (0..tasks)
        .map(|task| {
            let asker = asker.clone();
            tokio::spawn(async move {
                for number in (task..asker.requests).step_by(usize::try_from(tasks)?) {
                    asker.ask(number).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for task in started {
        task.await??;
    }
    Ok(())
}

async fn from_one_task(asker: Asker, futures: usize) -> Result<(), Failure> {
    let mut asked = stream::iter(0..asker.requests)
        .map(|number| asker.ask(number))
        .buffer_unordered(futures);
    while let Some(answered) = asked.next().await {
        answered?;
    }
    Ok(())
}

async fn in_batches(asker: Asker, members: u64) -> Result<(), Failure> {
    for first in (0..asker.requests).step_by(usize::try_from(members)?) {
        let numbers = first..asker.requests.min(first + members);
        let outcomes = asker.handle.batch(numbers.clone().map(message)).await;
        for (number, outcome) in numbers.zip(outcomes) {
            asker.take(number, outcome)?;
        }
    }
    Ok(())
}

/// What a shape may take beyond what there was, in KiB. The futures themselves are the most of it.
const MEMORY: u64 = 64 * 1024;
