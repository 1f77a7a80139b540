//! Answers the questions of a kernel that speaks first.
//!
//! Nothing is asked for: the module addresses port id 200 on its own, whenever somebody is bound to it.

use std::process::ExitCode;

use anyhow::bail;
use clap::Parser;
use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Received, Unsolicited};
use netlane_tutorial::target::Target;

/// Holds a conversation that a kernel module begins.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
}

/// `ECHO_CONVERSE` in `tests/lab/module/netlane_lab.h`.
const CONVERSE: u16 = 0x21;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_tutorial::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = arguments.target.connect(30, 200)?;
    let mut inbound = handle.inbound()?;
    let mut last = String::new();
    while let Some(received) = inbound.next().await {
        let Received::Message(Unsolicited::Frame { frame, .. }) = received? else {
            continue;
        };
        let said = netlane_tutorial::text(frame.payload());
        // The kernel repeats a question while it hears no answer.
        if said == last {
            continue;
        }
        println!("kernel: {said}");
        if said == "goodbye" {
            return Ok(());
        }
        if let Some(answer) = answer(&said) {
            println!("   we: {answer}");
            let payload = netlane_tutorial::payload(&answer);
            handle
                .send(Message::raw(CONVERSE, Flags::empty(), &payload))
                .await?;
        }
        last = said;
    }
    bail!("the connection ended")
}

/// "question 2?" is answered by "answer 2".
fn answer(question: &str) -> Option<String> {
    let number = question.strip_prefix("question ")?.strip_suffix('?')?;
    Some(format!("answer {number}"))
}
