//! Asks the kernel to acknowledge a message that does nothing, and takes the time.
//!
//! `NLMSG_NOOP` with `NLM_F_ACK` is netlink's ping: what it costs is the transport alone.
//!
//! ```sh
//! cargo run --release --example ping
//! cargo run --release --example ping -- generic --count 1000 --interval 0
//! cargo run --release --example ping -- 25     # a module's own protocol, by its number
//! ```

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use netlane::Protocol;

/// Measures the time to an acknowledgement by the kernel.
#[derive(Parser)]
struct Arguments {
    /// The protocol: route, generic, sock_diag, xfrm, ..., or a number
    #[arg(default_value = "route", value_parser = protocol)]
    protocol: Protocol,

    /// How many pings
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,

    /// Milliseconds between two of them
    #[arg(long, default_value_t = 100)]
    interval: u64,
}

/// The protocol whose C name is `NETLINK_` and this text, or that has this number.
fn protocol(text: &str) -> Result<Protocol, String> {
    if let Ok(number) = text.parse() {
        return Ok(Protocol(number));
    }
    (0..32)
        .map(Protocol)
        .find(|protocol| {
            let name = protocol
                .name()
                .and_then(|name| name.strip_prefix("NETLINK_"));
            name.is_some_and(|name| name.eq_ignore_ascii_case(text))
        })
        .ok_or_else(|| "no netlink protocol has this name".to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Where a protocol is missing from the kernel, the error says what would provide it.
    let handle = netlane::spawn(arguments.protocol)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}: {}", arguments.protocol, handle.options()?)?;

    let (mut fastest, mut slowest, mut sum) = (Duration::MAX, Duration::ZERO, Duration::ZERO);
    for number in 1..=arguments.count {
        if number > 1 && arguments.interval > 0 {
            tokio::time::sleep(Duration::from_millis(arguments.interval)).await;
        }
        let began = Instant::now();
        // The kernel has queued its answer when sendmsg returns, so this await reads it at once
        // and does not hand over to the runtime.
        handle.ping().await?;
        let took = began.elapsed();
        (fastest, slowest) = (fastest.min(took), slowest.max(took));
        sum += took;
        writeln!(out, "acknowledgement {number} after {took:.1?}")?;
    }
    let mean = sum / arguments.count;
    writeln!(
        out,
        "fastest {fastest:.1?}, mean {mean:.1?}, slowest {slowest:.1?}"
    )?;
    Ok(())
}
