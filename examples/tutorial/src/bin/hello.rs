//! The command-line tool of the tutorial on a command/reply library.
//!
//! The library is `netlane_tutorial::hello`. A text that begins with "malformed" makes the lab's module
//! answer as the tutorial's did, with a length smaller than the header.

use std::process::ExitCode;

use clap::Parser;
use netlane_tutorial::hello::{Hello, Reply};
use netlane_tutorial::target::Target;

/// Sends a command to a kernel module and prints its reply.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    command: Command,
}

/// One of the two.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Command {
    /// HELLO_SET with this text
    #[arg(short = 'S', value_name = "TEXT")]
    set: Option<String>,
    /// HELLO_GET with this text
    #[arg(short = 'G', value_name = "TEXT")]
    get: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_tutorial::end(run(Arguments::parse()).await)
}

async fn run(Arguments { target, command }: Arguments) -> anyhow::Result<()> {
    let mut hello = Hello::new(target.connect(25, 1)?)?;
    let reply = match (command.set, command.get) {
        (Some(text), _) => hello.set(&text).await?,
        (None, text) => hello.get(&text.unwrap_or_default()).await?,
    };
    match reply {
        Reply::Text(text) => println!("{text}"),
        Reply::Malformed { why, text } => println!("malformed ({why}), yet it says: {text}"),
    }
    Ok(())
}
