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
use netlane::Protocol;
use netlane_examples::lines::Names;
use netlane_route::{Event, Group, RouteHandle, Watched};

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
    const fn groups(self) -> &'static [Group] {
        match self {
            Self::Links => &[Group::LINK],
            Self::Addresses => &[Group::IPV4_ADDRESS, Group::IPV6_ADDRESS],
            Self::Routes => &[Group::IPV4_ROUTE, Group::IPV6_ROUTE],
            Self::Neighbours => &[Group::NEIGHBOUR],
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
    let events = handle
        .watch(groups.copied())
        .capacity(arguments.capacity.into())
        .await?;
    let mut events = pin!(events.take_until(stop(arguments.seconds)));
    let mut names = Names::load(&handle).await?;

    let mut out = io::stdout().lock();
    writeln!(out, "watching")?;
    let mut left = arguments.count.unwrap_or(u64::MAX);
    while left > 0
        && let Some(event) = events.next().await
    {
        match event? {
            Watched::Event(event) => {
                left -= 1;
                if let Event::NewLink(link) = &event {
                    names.learn(link);
                } else if !names.knows(&event) {
                    // Of a link that is newer than our list; links are perhaps not followed.
                    names = Names::load(&handle).await?;
                }
                writeln!(out, "{:<9}{}", title(&event), names.event(&event)?)?;
                tokio::time::sleep(Duration::from_millis(arguments.pause)).await;
            }
            // The events before it have been printed; those after it follow.
            Watched::Lost(loss) => {
                writeln!(out, "LOST     {loss}; reading the names anew")?;
                names = Names::load(&handle).await?;
            }
            _ => {}
        }
    }
    let seen = handle.statistics();
    let (came, lost) = (seen.events, seen.events_lost);
    Ok(writeln!(out, "{came} events came, {lost} were lost")?)
}

const fn title(event: &Event) -> &'static str {
    match event {
        Event::NewLink(_) => "link",
        Event::DelLink(_) => "link -",
        Event::NewAddress(_) => "address",
        Event::DelAddress(_) => "address -",
        Event::NewRoute(_) => "route",
        Event::DelRoute(_) => "route -",
        Event::NewNeighbour(_) => "neigh",
        Event::DelNeighbour(_) => "neigh -",
        _ => "other",
    }
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
