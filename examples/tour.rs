//! A tour of this machine's network as its kernel tells it. Needs no privilege, changes nothing.
//!
//! Reads links, addresses, routes, neighbours and the generic netlink families, measures what
//! one question to the kernel costs, and then follows events for a few seconds. The other
//! examples explain each of these at leisure.
//!
//! ```sh
//! cargo run --release --example tour
//! cargo run --release --example tour -- --seconds 60 --lines 1000
//! ```

use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use futures::StreamExt;
use netlane::wire::{Flags, Message, kind};
use netlane::{Handle, Protocol};
use netlane_examples::lines::{self, Line, Names};
use netlane_generic::{Family, Resolver};
use netlane_route::{Event, Group, RouteHandle, Watch, Watched};

/// Shows this machine's network as its kernel tells it.
#[derive(Parser)]
struct Arguments {
    /// How long to follow events
    #[arg(long, default_value_t = 3)]
    seconds: u64,

    /// How many entries of each table to print
    #[arg(long, default_value_t = 8)]
    lines: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // One connection for each protocol; everything below goes over these two handles.
    let route = netlane::spawn(Protocol::ROUTE)?;
    let generic = Resolver::new(netlane::spawn(Protocol::GENERIC)?);
    // From here on events are kept for us, while we look at the tables.
    let events = route.watch(GROUPS).await?;
    let names = Names::load(&route).await?;

    // Tables are read to their end. One that changes meanwhile is read anew, a few times.
    let links = route.links().list().collect_all().await?;
    let addresses = route.addresses().list().collect_all().await?;
    let routes = route
        .routes()
        .table(lines::MAIN_TABLE)
        .collect_all()
        .await?;
    let neighbours = route.neighbours().list().collect_all().await?;
    let families = generic.list(Family::dump()).await?.collect_all().await?;

    let limit = arguments.lines;
    print("Links", limit, &links, |it| lines::link(it.view()))?;
    print("Addresses", limit, &addresses, |it| {
        names.address(it.view())
    })?;
    print("Routes, main table", limit, &routes, |it| {
        names.route(it.view())
    })?;
    print("Neighbours", limit, &neighbours, |it| {
        names.neighbour(it.view())
    })?;
    print("Generic netlink families", limit, &families, family)?;
    measure(&route).await?;
    follow(events, names, arguments.seconds).await
}

/// `16: nlctrl`, a family's number and name.
fn family(family: &Family) -> Line {
    let family = family.view();
    let (id, name) = (family.id()?.unwrap_or(0), family.name()?.unwrap_or("?"));
    Ok(format!("{id}: {name}"))
}

fn print<T>(
    title: &str,
    limit: usize,
    table: &[T],
    line: impl Fn(&T) -> Line,
) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{title} ({})", table.len())?;
    for entry in table.iter().take(limit) {
        writeln!(out, "    {}", line(entry)?)?;
    }
    if let more @ 1.. = table.len().saturating_sub(limit) {
        writeln!(out, "    ... and {more} more")?;
    }
    Ok(writeln!(out)?)
}

/// What a question costs: one after the other, and many at a time.
async fn measure(handle: &Handle) -> anyhow::Result<()> {
    for _ in 0..PINGS / 10 {
        handle.ping().await?;
    }
    let began = Instant::now();
    for _ in 0..PINGS {
        handle.ping().await?;
    }
    let alone = began.elapsed() / PINGS;

    let noop = || Message::new(kind::NOOP, Flags::empty());
    let began = Instant::now();
    for outcome in handle.batch((0..PINGS).map(|_| noop())).await {
        outcome?;
    }
    let together = began.elapsed() / PINGS;
    let mut out = io::stdout().lock();
    writeln!(out, "Cost of a ping, {PINGS} times")?;
    writeln!(out, "    awaited one by one   {alone:.2?} each")?;
    writeln!(out, "    in a batch           {together:.2?} each\n")?;
    Ok(())
}

/// Prints what happens until the time is up.
async fn follow(events: Watch, mut names: Names, seconds: u64) -> anyhow::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "Events, for {seconds} s")?;
    // A stream of events has no end of its own.
    let limit = tokio::time::sleep(Duration::from_secs(seconds));
    let mut events = pin!(events.take_until(limit));
    let mut quiet = true;
    while let Some(event) = events.next().await {
        quiet = false;
        match event? {
            Watched::Event(event) => {
                if let Event::NewLink(link) = &event {
                    names.learn(link);
                }
                writeln!(out, "    {}{}", prefix(&event), names.event(&event)?)?;
            }
            Watched::Lost(loss) => writeln!(out, "    {loss}")?,
            _ => {}
        }
    }
    if quiet {
        writeln!(out, "    none: nothing has changed meanwhile")?;
    }
    Ok(())
}

/// Says of an event that something is gone.
const fn prefix(event: &Event) -> &'static str {
    match event {
        Event::DelLink(_) | Event::DelAddress(_) | Event::DelRoute(_) | Event::DelNeighbour(_) => {
            "gone: "
        }
        _ => "",
    }
}

const GROUPS: [Group; 6] = [
    Group::LINK,
    Group::NEIGHBOUR,
    Group::IPV4_ADDRESS,
    Group::IPV4_ROUTE,
    Group::IPV6_ADDRESS,
    Group::IPV6_ROUTE,
];

const PINGS: u32 = 10_000;
