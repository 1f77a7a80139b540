//! Lists the network interfaces of this machine, or of another network namespace.
//!
//! The first program to read: a connection, a request, a stream of answers.
//!
//! ```sh
//! cargo run --example list_links
//! cargo run --example list_links -- --namespace blue    # as `ip netns add blue` made it
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use futures::TryStreamExt;
use netlane::{Builder, Namespace, Protocol};
use netlane_examples::lines;
use netlane_route::RouteHandle;

/// Lists the network interfaces.
#[derive(Parser)]
struct Arguments {
    /// A network namespace: a name of ip-netns(8), or a path such as /proc/PID/ns/net
    #[arg(long)]
    namespace: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // A connection speaks one protocol. Its two halves: the handle is for whoever wants to talk
    // and can be cloned; the connection is a future that does what no caller does, such as
    // reading what arrives late. It has to be spawned.
    let (handle, connection) = Builder::new(Protocol::ROUTE)
        .namespace(match arguments.namespace {
            None => Namespace::Current,
            Some(path) if path.contains('/') => Namespace::Path(path.into()),
            Some(name) => Namespace::Name(name),
        })
        .connect()?;
    tokio::spawn(connection);

    // A dump is a stream: the kernel writes the next part when this one has been read. An error
    // is always the last item, after all the data there was.
    let mut links = handle.links().list();
    let mut out = io::stdout().lock();
    while let Some(link) = links.try_next().await? {
        writeln!(out, "{}", lines::link(link.view())?)?;
    }
    Ok(())
}
