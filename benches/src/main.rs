//! netlane measured against blocking system calls, in the same run, on the
//! machine at hand.
//!
//! `cargo run --release -p netlane-benches -- compare` makes a network
//! namespace of its own, runs every workload interleaved with its blocking
//! counterpart over several rounds, and prints what came out. Figures are
//! ratios of the same run; nothing is claimed across machines.

mod baseline;
mod measure;
mod messages;
mod plot;
mod report;
mod workloads;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};

/// Measures netlane on this machine.
#[derive(Debug, Parser)]
#[command(version, about)]
enum Command {
    /// Compares each workload with its blocking counterpart.
    Compare(Compare),
}

/// How to compare.
#[derive(Args, Clone, Debug)]
struct Compare {
    /// Few rounds and small sizes: ends within a minute.
    #[arg(long)]
    quick: bool,
    /// One round of the smallest sizes: shows that it works, and no figure.
    #[arg(long, conflicts_with = "quick")]
    smoke: bool,
    /// One JSON object per line instead of the table.
    #[arg(long)]
    json: bool,
    /// Rounds of each workload.
    #[arg(long)]
    rounds: Option<usize>,
    /// Only workloads whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Also draws the ratios as SVG into this file.
    #[arg(long)]
    plot: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Command::Compare(compare) = Command::parse();
    // The namespace is entered before any thread starts.
    if let Err(error) = netlane_testkit::reexec_in_user_namespace() {
        eprintln!("no network namespace for the measurement: {error}");
        return ExitCode::FAILURE;
    }
    let namespace = match netlane_testkit::NetworkNamespace::new() {
        Ok(namespace) => namespace,
        Err(error) => {
            eprintln!("no network namespace for the measurement: {error}");
            return ExitCode::FAILURE;
        }
    };
    match namespace.run(|| workloads::run(&compare)) {
        Ok(rows) => report::finish(&compare, &rows),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
