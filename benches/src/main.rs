//! The command: netlane measured against blocking system calls.
//!
//! `cargo run --release -p netlane-benches -- compare` makes a network
//! namespace of its own, runs every workload interleaved with its blocking
//! counterpart over several rounds, and prints what came out. Figures are
//! ratios of the same run; nothing is claimed across machines.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};
use netlane_benches::workloads::{self, Scale};
use netlane_benches::{plot, report, stage};

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
    /// Runs everything so often; each row is that of the run in the middle.
    #[arg(long, default_value_t = 1)]
    runs: usize,
    /// Only workloads whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Also draws the ratios as SVG into this file.
    #[arg(long)]
    plot: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Command::Compare(compare) = Command::parse();
    let scale = compare.scale();
    let only = compare.only.as_deref();
    let run = |_| stage::in_own_namespace(|| workloads::run(scale, only));
    let rows = match (0..compare.runs.max(1)).map(run).collect() {
        Ok(runs) => report::median_of(runs),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if compare.json {
        report::lines(&rows);
    } else {
        report::table(&rows);
    }
    if let Some(path) = &compare.plot
        && let Err(error) = plot::draw(path, &rows)
    {
        eprintln!("no plot: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

impl Compare {
    fn scale(&self) -> Scale {
        let scale = match (self.smoke, self.quick) {
            (true, _) => Scale::SMOKE,
            (_, true) => Scale::QUICK,
            _ => Scale::FULL,
        };
        let rounds = self.rounds.unwrap_or(scale.rounds).max(1);
        Scale { rounds, ..scale }
    }
}
