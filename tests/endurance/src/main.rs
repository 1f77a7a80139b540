//! netlane under load, faults and hostile input, on the kernel of the machine at hand.
//!
//! `cargo run --release -p netlane-endurance -- COMMAND` makes a network namespace of its own, shows
//! what it does in a live line on stderr, and ends with a balance sheet on stdout. The exit status
//! is 0 if every line of the sheet balances. RELIABILITY.md says what each command shows.

mod chaos;
mod dumps;
mod floods;
mod hostile;
mod million;
mod process;
mod progress;
mod sheet;
mod soak;
mod stage;
mod subscribers;
mod table;

use std::process::ExitCode;

use clap::Parser;

use crate::sheet::Sheet;

/// Anything that keeps a command from its end.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Loads netlane, and balances what came of it.
#[derive(Debug, Parser)]
#[command(version, about)]
enum Command {
    /// A million acknowledged requests, as fast as they go.
    Million(million::Million),
    /// A million multicast messages against fast, slow and stopped subscribers.
    Flood(floods::Flood),
    /// Dumps of a table with a million routes.
    Dumps(dumps::Dumps),
    /// Forged, malformed and oversized messages, in floods.
    Hostile(hostile::Hostile),
    /// All of it at once, for a chosen time.
    Soak(soak::Soak),
}

impl Command {
    async fn run(&self, sheet: &mut Sheet) -> Result<(), Failure> {
        match self {
            Self::Million(million) => million.run(sheet).await,
            Self::Flood(flood) => flood.run(sheet).await,
            Self::Dumps(dumps) => dumps.run(sheet).await,
            Self::Hostile(hostile) => hostile.run(sheet).await,
            Self::Soak(soak) => soak.run(sheet).await,
        }
    }
}

fn main() -> ExitCode {
    let command = Command::parse();
    let ran = stage::in_own_namespace(async || {
        let mut sheet = Sheet::default();
        command.run(&mut sheet).await.map(|()| sheet)
    });
    match ran {
        Ok(sheet) => {
            print!("{sheet}");
            sheet.exit_code()
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
