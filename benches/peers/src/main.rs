//! netlane beside other netlink libraries, in one run: `cargo run --release` in this directory.
//! Owns the choice of workloads and their order; how each library is used is its own file's.
//!
//! Each round runs the blocking loop and then every library on the same table. A row's ratio is
//! to the blocking loop of its own round. What a library does not offer has no row.

mod batch_tool;
mod neli_router;
mod netlane_handle;
mod nlink_connection;
mod rtnetlink_handle;
mod socket2;
mod workload;

use std::process::ExitCode;

use clap::Parser;
use netlane_benches::workloads::Failure;
use netlane_benches::{report, stage};

/// Measures netlane and other libraries on this machine.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Options {
    /// Rounds of each workload.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Requests of one round.
    #[arg(long, default_value_t = 20_000)]
    requests: u32,
    /// Routes that are inserted and dumped.
    #[arg(long, default_value_t = 20_000)]
    routes: u32,
    /// One JSON object per line instead of the table.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match stage::in_own_namespace(|| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let rows = workload::run(options.rounds.max(1), options.requests, options.routes)?;
    if options.json {
        report::lines(&rows);
    } else {
        report::table(&rows);
    }
    Ok(())
}
