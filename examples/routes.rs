//! Reads the IPv4 routing table: destination, gateway and output interface of each route.
//!
//! The classic exercise in netlink programming. In C it is a loop over `nlmsghdr`, `rtmsg` and
//! `rtattr` until NLMSG_DONE; here it is a stream of routes, whose attributes have names.
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
use netlane_examples::lines::{self, NextHop};
use netlane_route::{Family, Route};

/// Prints a routing table.
#[derive(Parser)]
struct Arguments {
    /// IPv6 instead of IPv4
    #[arg(long)]
    ipv6: bool,

    /// Number of the table: 254 is main, 255 is local, 0 is all of them
    #[arg(long, default_value_t = lines::MAIN_TABLE)]
    table: u32,
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

    // What is set on the request, the kernel selects by. `handle.routes().table(254)` would say
    // it in fewer words, of all families.
    let family = if arguments.ipv6 {
        Family::INET6
    } else {
        Family::INET
    };
    let mut routes = handle.list(&Route::dump().family(family).table(arguments.table));

    let mut out = io::stdout().lock();
    let (destination, gateway, link) = ("Destination", "Gateway", "Interface");
    writeln!(out, "{destination:<24} {gateway:<24} {link}")?;
    while let Some(route) = routes.next().await {
        let route = match route {
            // What the kernel says of a table that never had a route.
            Err(error) if error.errno() == Some(ENOENT) => break,
            route => route?,
        };
        // A view reads where the bytes lie. An attribute is `Ok(None)` if it is absent, and an
        // error, to whoever reads it, if it is malformed.
        let route = route.view();
        let destination = lines::destination(route)?;
        for NextHop { gateway, link } in lines::next_hops(route)? {
            let gateway = gateway.map_or_else(|| "-".to_owned(), |gateway| gateway.to_string());
            let link = link.map_or_else(|| "-".to_owned(), |index| names.of(index));
            writeln!(out, "{destination:<24} {gateway:<24} {link}")?;
        }
    }
    Ok(())
}

const ENOENT: i32 = 2;
