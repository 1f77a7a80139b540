//! Many tasks share one handle: requests, dumps and subscriptions at once.
//!
//! Every task checks that what it gets is the answer to its own question. There is no pool and
//! no lock to take: a handle is cloned, and all of its methods take `&self`.
//!
//! ```sh
//! cargo run --release --example many_tasks
//! cargo run --release --example many_tasks -- --tasks 1000 --rounds 50
//! ```

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::ensure;
use clap::Parser;
use futures::TryStreamExt;
use netlane::{Handle, Protocol};
use netlane_route::{Group, RouteHandle};
use tokio::task::JoinSet;

/// Lets many tasks talk to the kernel over one handle.
#[derive(Parser)]
struct Arguments {
    /// How many tasks
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tasks: u32,

    /// How often each of them asks
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let links = indexes(&handle).await?;
    ensure!(
        !links.is_empty(),
        "this network namespace has no link, not even lo"
    );

    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, index) in (0..arguments.tasks).zip(links.iter().copied().cycle()) {
        let handle = handle.clone();
        // Every tenth task reads the whole table, the others ask for one link.
        match number % 10 {
            0 => tasks.spawn(dump_again(handle, arguments.rounds, links.len())),
            _ => tasks.spawn(ask_again(handle, arguments.rounds, index)),
        };
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let took = began.elapsed();

    let seen = handle.statistics();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} tasks asked {} times each: {took:.2?}",
        arguments.tasks, arguments.rounds
    )?;
    writeln!(
        out,
        "{} requests in {} datagrams, {} dumps",
        seen.sent, seen.datagrams_sent, seen.dumps
    )?;
    writeln!(
        out,
        "{} answered, {} refused, {} lost",
        seen.answered, seen.refused, seen.lost
    )?;
    Ok(())
}

/// Asks for one link again and again, and expects that link and no other.
async fn ask_again(handle: Handle, rounds: u32, index: u32) -> anyhow::Result<()> {
    for _ in 0..rounds {
        let got = handle.links().get(index).await?.view().index();
        ensure!(got == index, "asked for link {index}, got link {got}");
    }
    Ok(())
}

/// Reads the table again and again. Dumps run side by side on sockets of their own, so no task
/// ever sees the EBUSY that the kernel has for a second dump on one socket.
async fn dump_again(handle: Handle, rounds: u32, links: usize) -> anyhow::Result<()> {
    // A subscription beside it: its events come over yet another socket, and whatever their
    // number, they cannot displace an answer.
    let events = handle.subscribe([Group::LINK.0]).await?;
    for _ in 0..rounds {
        let count = indexes(&handle).await?.len();
        let quiet = events.queued() == 0;
        ensure!(
            count == links || !quiet,
            "{links} links became {count} without an event"
        );
    }
    Ok(())
}

/// The indexes of all links.
async fn indexes(handle: &Handle) -> anyhow::Result<Vec<u32>> {
    let links = handle.links().list();
    let indexes = links.map_ok(|link| link.view().index()).try_collect();
    Ok(indexes.await?)
}
