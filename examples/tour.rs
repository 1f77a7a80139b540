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
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Handle, Notice, Protocol, Subscription};
use netlane_examples::lines::Names;
use netlane_examples::uapi::*;

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
    let mut out = io::stdout();
    // One connection for each protocol; everything below goes over these two handles.
    let route = netlane::spawn(Protocol::ROUTE)?;
    let generic = netlane::spawn(Protocol::GENERIC)?;
    // From here on events are kept for us, while we look at the tables.
    let events = route.subscribe(GROUPS).await?;
    let names = Names::load(&route).await?;

    for (title, request) in tables() {
        let lines = table(&route, request, &names).await?;
        print(&mut out, title, &lines, arguments.lines)?;
    }
    let lines = families(&generic).await?;
    print(
        &mut out,
        "Generic netlink families",
        &lines,
        arguments.lines,
    )?;
    measure(&mut out, &route).await?;
    follow(&mut out, events, names, arguments.seconds).await
}

/// The tables to show, each with the request for it.
fn tables() -> [(&'static str, Message); 4] {
    let get = |kind, header: &[u8]| Message::new(kind, Flags::empty()).with_header(header);
    [
        ("Links", get(RTM_GETLINK, &ifinfomsg(0))),
        ("Addresses", get(RTM_GETADDR, &[0; IFADDRMSG])),
        (
            "Routes, main table",
            get(RTM_GETROUTE, &rtmsg(AF_INET, RT_TABLE_MAIN)),
        ),
        ("Neighbours", get(RTM_GETNEIGH, &[0; NDMSG])),
    ]
}

/// Reads a table to its end. One that changes meanwhile is read anew, at most three times.
async fn table(handle: &Handle, request: Message, names: &Names) -> anyhow::Result<Vec<String>> {
    let dump = match handle.dump(request).collect_with_retries(3).await {
        // A routing table that never had a route does not exist.
        Err(error) if error.errno() == Some(ENOENT) => return Ok(Vec::new()),
        result => result?,
    };
    let lines = dump.frames.iter().filter_map(|frame| names.line(frame));
    Ok(lines.collect())
}

/// The families of generic netlink, by number and name.
async fn families(handle: &Handle) -> anyhow::Result<Vec<String>> {
    let request = Message::new(GENL_ID_CTRL, Flags::empty()).with_header(&[
        CTRL_CMD_GETFAMILY,
        CTRL_VERSION,
        0,
        0,
    ]);
    let dump = handle.dump(request).collect_with_retries(3).await?;
    let lines = dump.frames.iter().filter_map(|family| {
        let attributes = family.attributes(GENLMSGHDR);
        let id = attributes.find(CTRL_ATTR_FAMILY_ID)?.u16().ok()?;
        let name = attributes.find(CTRL_ATTR_FAMILY_NAME)?.text_lossy();
        Some(format!("{id}: {name}"))
    });
    Ok(lines.collect())
}

fn print(out: &mut impl Write, title: &str, lines: &[String], limit: usize) -> io::Result<()> {
    writeln!(out, "{title} ({})", lines.len())?;
    for line in lines.iter().take(limit) {
        writeln!(out, "    {line}")?;
    }
    if let more @ 1.. = lines.len().saturating_sub(limit) {
        writeln!(out, "    ... and {more} more")?;
    }
    writeln!(out)
}

/// What a question costs: one after the other, and many at a time.
async fn measure(out: &mut impl Write, handle: &Handle) -> anyhow::Result<()> {
    for _ in 0..PINGS / 10 {
        handle.ping().await?;
    }
    let began = Instant::now();
    for _ in 0..PINGS {
        handle.ping().await?;
    }
    let alone = began.elapsed() / PINGS;

    let noop = || Message::new(netlane::wire::kind::NOOP, Flags::empty());
    let began = Instant::now();
    for outcome in handle.batch((0..PINGS).map(|_| noop())).await {
        outcome?;
    }
    let together = began.elapsed() / PINGS;
    writeln!(out, "Cost of a ping, {PINGS} times")?;
    writeln!(out, "    awaited one by one   {alone:.2?} each")?;
    writeln!(out, "    in a batch           {together:.2?} each\n")?;
    Ok(())
}

/// Prints what happens until the time is up.
async fn follow(
    out: &mut impl Write,
    mut events: Subscription,
    mut names: Names,
    seconds: u64,
) -> anyhow::Result<()> {
    writeln!(out, "Events, for {seconds} s")?;
    // A stream of events has no end. Dropping the future of `next` loses none of them.
    let mut quiet = true;
    let limit = tokio::time::sleep(Duration::from_secs(seconds));
    tokio::pin!(limit);
    loop {
        let notice = tokio::select! {
            notice = events.next() => notice,
            () = &mut limit => break,
        };
        quiet = false;
        match notice.transpose()? {
            Some(Notice::Event(event)) => {
                if event.frame.header().kind == RTM_NEWLINK {
                    names.learn(&event.frame);
                }
                let line = names.line(&event.frame);
                let line = line.unwrap_or_else(|| event.frame.to_string());
                writeln!(out, "    {}{line}", prefix(event.frame.header().kind))?;
            }
            Some(Notice::Lost(loss)) => writeln!(out, "    {loss}")?,
            Some(_) => {}
            None => break,
        }
    }
    if quiet {
        writeln!(out, "    none: nothing has changed meanwhile")?;
    }
    Ok(())
}

/// Says of an event that something is gone.
const fn prefix(kind: u16) -> &'static str {
    match kind {
        RTM_DELLINK | RTM_DELADDR | RTM_DELROUTE | RTM_DELNEIGH => "gone: ",
        _ => "",
    }
}

const GROUPS: [u32; 6] = [
    RTNLGRP_LINK,
    RTNLGRP_NEIGH,
    RTNLGRP_IPV4_IFADDR,
    RTNLGRP_IPV4_ROUTE,
    RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV6_ROUTE,
];

const PINGS: u32 = 10_000;
