//! Sends a text and prints what comes back.
//!
//! As it stands it is the first tutorial's program: port id 100 on protocol 25, answered by the kernel
//! module with a greeting that bears no sequence number. With `--protocol 30 --port self` it is the other
//! tutorial's, whose module echoes the frame as it came.

use std::process::ExitCode;

use anyhow::bail;
use clap::Parser;
use netlane::wire::{Flags, Message};
use netlane::{Received, Unsolicited};
use netlane_tutorial::target::Target;

/// Sends a text to a kernel module and prints its answer.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    /// What to send
    #[arg(default_value = "hello netlink!!")]
    text: String,
}

/// The tutorial's MAX_PAYLOAD, 125, as NLMSG_SPACE pads it.
const FIELD: usize = 128;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_tutorial::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = arguments.target.connect(25, 100)?;
    // Before sending: the answer may be there when `send` returns.
    let mut inbound = handle.inbound()?;

    let mut payload = netlane_tutorial::payload(&arguments.text);
    payload.resize(payload.len().max(FIELD), 0);
    handle
        .send(Message::raw(0, Flags::empty(), &payload))
        .await?;

    match netlane_tutorial::next(&mut inbound).await? {
        Received::Message(Unsolicited::Frame { frame, sender, .. }) => {
            let header = frame.header();
            println!(
                "from port {sender}: type {}, sequence {}: {}",
                header.kind,
                header.sequence,
                netlane_tutorial::text(frame.payload())
            );
            Ok(())
        }
        other => bail!("no frame but {other:?}"),
    }
}
