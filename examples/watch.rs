//! Follows what happens to links, addresses, routes and neighbours, until it is told to stop.
//!
//! What makes event streams hard is loss: the kernel drops events for a program that does not
//! read in time. Here a loss is an item of the stream, at the place where the events are missing,
//! with its cause and count. A program that keeps a copy of the kernel's state reads that state
//! anew when it sees one.
//!
//! ```sh
//! cargo run --example watch
//! cargo run --example watch -- links addresses --seconds 10
//! cargo run --example watch -- --capacity 4 --pause 1000    # too slow on purpose
//! ```

use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use futures::StreamExt;
use netlane::wire::Frame;
use netlane::{Notice, Protocol};
use netlane_examples::lines::Names;
use netlane_examples::uapi::*;

/// Prints the events of the network as they happen.
#[derive(Parser)]
struct Arguments {
    /// What to follow; all of it if nothing is given
    topics: Vec<Topic>,

    /// Stop after so many seconds
    #[arg(long)]
    seconds: Option<u64>,

    /// Stop after so many events
    #[arg(long)]
    count: Option<u64>,

    /// How many events may wait to be printed
    #[arg(long, default_value_t = 1024)]
    capacity: u16,

    /// Milliseconds to rest after each event, as a slow program would
    #[arg(long, default_value_t = 0)]
    pause: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Topic {
    Links,
    Addresses,
    Routes,
    Neighbours,
}

impl Topic {
    /// The multicast groups that carry it.
    const fn groups(self) -> &'static [u32] {
        match self {
            Self::Links => &[RTNLGRP_LINK],
            Self::Addresses => &[RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
            Self::Routes => &[RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE],
            Self::Neighbours => &[RTNLGRP_NEIGH],
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = netlane::spawn(Protocol::ROUTE)?;
    let topics = match arguments.topics.as_slice() {
        [] => Topic::value_variants(),
        some => some,
    };
    let groups = topics.iter().flat_map(|topic| topic.groups());

    // First subscribe, then read the state: what changes in between is then seen twice, but
    // never missed.
    let mut events = handle
        .subscribe(groups.copied())
        .capacity(arguments.capacity.into())
        .await?;
    let mut names = Names::load(&handle).await?;

    let mut out = io::stdout().lock();
    writeln!(out, "watching")?;
    let mut stop = pin!(stop(arguments.seconds));
    let mut left = arguments.count.unwrap_or(u64::MAX);
    while left > 0 {
        let notice = tokio::select! {
            notice = events.next() => notice,
            () = &mut stop => break,
        };
        match notice {
            Some(Ok(Notice::Event(event))) => {
                left -= 1;
                if event.frame.header().kind == RTM_NEWLINK {
                    names.learn(&event.frame);
                } else if !names.knows(&event.frame) {
                    // Of a link that is newer than our list; links are perhaps not followed.
                    names = Names::load(&handle).await?;
                }
                print(&mut out, &names, &event.frame)?;
                tokio::time::sleep(Duration::from_millis(arguments.pause)).await;
            }
            // The events before it have been printed; those after it follow.
            Some(Ok(Notice::Lost(loss))) => {
                writeln!(out, "LOST     {loss}; reading the names anew")?;
                names = Names::load(&handle).await?;
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
            None => break,
        }
    }
    let seen = handle.statistics();
    writeln!(
        out,
        "{} events came, {} were lost",
        seen.events, seen.events_lost
    )?;
    Ok(())
}

fn print(out: &mut impl Write, names: &Names, frame: &Frame) -> io::Result<()> {
    let what = match frame.header().kind {
        RTM_NEWLINK => "link",
        RTM_DELLINK => "link -",
        RTM_NEWADDR => "address",
        RTM_DELADDR => "address -",
        RTM_NEWROUTE => "route",
        RTM_DELROUTE => "route -",
        RTM_NEWNEIGH => "neigh",
        RTM_DELNEIGH => "neigh -",
        _ => "other",
    };
    // The one-line view of a frame has its header, and never its payload.
    let line = names.line(frame).unwrap_or_else(|| frame.to_string());
    writeln!(out, "{what:<9}{line}")
}

/// Ready when the time is up, if there is a limit, or at Ctrl-C.
async fn stop(seconds: Option<u64>) {
    let limit = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = limit => {}
        // Where Ctrl-C cannot be caught, it ends the program as it always does.
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}
