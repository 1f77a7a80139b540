//! Reads the IPv4 routing table: destination, gateway and output interface of each route.
//!
//! The classic exercise in netlink programming. In C it is a loop over `nlmsghdr`, `rtmsg` and
//! `rtattr` until NLMSG_DONE; here the loops are a stream and an iterator.
//!
//! ```sh
//! cargo run --example routes
//! cargo run --example routes -- --ipv6 --table 255
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use futures::StreamExt;
use netlane::Protocol;
use netlane::wire::{Flags, Message};
use netlane_examples::lines::{self, NextHop};
use netlane_examples::uapi::*;

/// Prints a routing table.
#[derive(Parser)]
struct Arguments {
    /// IPv6 instead of IPv4
    #[arg(long)]
    ipv6: bool,

    /// Number of the table: 254 is main, 255 is local, 0 is all of them
    #[arg(long, default_value_t = RT_TABLE_MAIN)]
    table: u8,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // `spawn` is `connect` and `tokio::spawn` in one.
    let handle = netlane::spawn(Protocol::ROUTE)?;
    // Routes name their interface by index. This is a dump as well.
    let names = lines::Names::load(&handle).await?;

    let family = if arguments.ipv6 { AF_INET6 } else { AF_INET };
    // netlane switches on strict checking (NETLINK_GET_STRICT_CHK), with which the kernel itself
    // selects the table that `struct rtmsg` names. Without it, all tables would come.
    let request =
        Message::new(RTM_GETROUTE, Flags::empty()).with_header(&rtmsg(family, arguments.table));

    let mut out = io::stdout().lock();
    let columns = ("Destination", "Gateway", "Interface");
    writeln!(out, "{:<24} {:<24} {}", columns.0, columns.1, columns.2)?;
    let mut routes = handle.dump(request);
    while let Some(route) = routes.next().await {
        let route = match route {
            // What the kernel says of a table that never had a route.
            Err(error) if error.errno() == Some(ENOENT) => break,
            route => route?,
        };
        // The family's header comes first: `rtm_dst_len` is its second byte. Attributes follow.
        let prefix = u8_at(route.payload(), 1);
        let attributes = route.attributes(RTMSG);
        let destination = lines::destination(prefix, &attributes);
        // Most routes have one next hop, in the route's own attributes.
        let hops = match attributes.find(RTA_MULTIPATH) {
            Some(several) => lines::next_hops(several),
            None => vec![lines::one_hop(&attributes)],
        };
        for NextHop { gateway, link } in hops {
            let gateway = gateway.map_or_else(|| "-".to_owned(), |gateway| gateway.to_string());
            let link = link.map_or_else(|| "-".to_owned(), |index| names.of(index));
            writeln!(out, "{destination:<24} {gateway:<24} {link}")?;
        }
    }
    Ok(())
}
