//! Dumps of a large table: constant memory however fast it is read, several at once, one given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use futures::StreamExt;
use futures::future::try_join_all;
use netlane::{Handle, Protocol};
use netlane_tests::route::{LOOPBACK, get_link};

use crate::progress::Progress;
use crate::sheet::Sheet;
use crate::stage::{Before, count};
use crate::{Failure, process, table};

/// How large a table.
#[derive(Args, Debug)]
pub(crate) struct Dumps {
    /// Routes in the table.
    #[arg(long, default_value_t = 1_000_000)]
    routes: u32,
    /// Dumps at once.
    #[arg(long, default_value_t = 8)]
    at_once: usize,
}

impl Dumps {
    pub(crate) async fn run(&self, sheet: &mut Sheet) -> Result<(), Failure> {
        let before = Before::now()?;
        let handle = netlane::spawn(Protocol::ROUTE)?;
        let entries = Arc::new(AtomicU64::new(0));
        let progress = Progress::show({
            let entries = Arc::clone(&entries);
            move || format!("{} entries read", entries.load(Ordering::Relaxed))
        });
        table::fill(&handle, self.routes).await?;
        for (name, pause) in [("fast", None), ("slow", Some(Duration::from_millis(1)))] {
            sheet.title(format!("{} routes, read {name}", self.routes));
            process::forget_peak()?;
            let memory = process::memory()?;
            let found = read_chunks(&handle, pause, &entries).await?;
            let grown = process::peak_memory()?.saturating_sub(memory);
            sheet.equal("entries", found, u64::from(self.routes));
            sheet.at_most("memory grown to, KiB", grown, MEMORY);
        }
        self.at_once(&handle, sheet).await?;
        self.given_up(&handle, sheet).await?;
        drop(progress);
        sheet.equal("refused (EBUSY)", handle.statistics().refused, 0);
        before.leave(handle, sheet).await
    }

    async fn at_once(&self, handle: &Handle, sheet: &mut Sheet) -> Result<(), Failure> {
        let dumps = (0..self.at_once).map(|_| {
            let dump = table::dump_routes(handle);
            async move { tokio::spawn(table::count_entries(dump)).await? }
        });
        sheet.title(format!("{} dumps at once", self.at_once));
        process::forget_peak()?;
        let memory = process::memory()?;
        for (entries, interrupted) in try_join_all(dumps).await? {
            sheet.equal("entries", entries, u64::from(self.routes));
            sheet.equal("interrupted", u64::from(interrupted), 0);
        }
        let grown = process::peak_memory()?.saturating_sub(memory);
        sheet.at_most("memory grown to, KiB", grown, MEMORY);
        Ok(())
    }

    /// The next request and the next dump are as good as if it had never been.
    async fn given_up(&self, handle: &Handle, sheet: &mut Sheet) -> Result<(), Failure> {
        sheet.title("a dump dropped after ten items");
        let mut dump = table::dump_routes(handle);
        for _ in 0..10 {
            dump.next().await.ok_or("the table is too small")??;
        }
        drop(dump);
        let answer = handle.request(get_link(LOOPBACK)).await?;
        sheet.equal(
            "replies to the next request",
            count(answer.replies.len())?,
            1,
        );
        let (entries, _) = table::count_entries(table::dump_routes(handle)).await?;
        sheet.equal("entries of the next dump", entries, u64::from(self.routes));
        Ok(())
    }
}

/// Reads the table part by part, with a pause after each.
async fn read_chunks(
    handle: &Handle,
    pause: Option<Duration>,
    entries: &AtomicU64,
) -> Result<u64, Failure> {
    let mut found = 0;
    let mut dump = table::dump_routes(handle);
    while let Some(chunk) = dump.next_chunk().await? {
        let part = count(chunk.count())?;
        entries.fetch_add(part, Ordering::Relaxed);
        found += part;
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(found)
}

/// What a dump may take, however large the table is, in KiB.
const MEMORY: u64 = 8 * 1024;
