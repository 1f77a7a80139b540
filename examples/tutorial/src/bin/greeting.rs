//! Hears the greeting that the module multicasts. Start it twice: both hear the same one.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use futures::StreamExt;
use netlane::Notice;
use netlane_tutorial::target::Target;

/// Prints what is multicast to a group.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The group's number
    #[arg(long, default_value_t = 1)]
    group: u32,
    /// How many messages to wait for
    #[arg(long, default_value_t = 3)]
    count: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_tutorial::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = arguments.target.connect(30, 0)?;
    let mut greetings = handle.subscribe([arguments.group]).await?;
    let mut heard = 0;
    while heard < arguments.count {
        match greetings.next().await.context("the connection ended")?? {
            Notice::Event(event) => {
                let text = netlane_tutorial::text(event.frame.payload());
                println!("group {}: {text}", event.group);
                heard += 1;
            }
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
