//! Answers the questions of a kernel that speaks first.
//!
//! Nothing is asked for: the module addresses port id 200 on its own, whenever somebody is bound to it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Handle, Inbound, Received, Unsolicited};
use netlane_tutorial::PATIENCE;
use netlane_tutorial::target::Target;
use tokio::time::timeout;

/// Holds a conversation that a kernel module begins.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    /// How many seconds to wait for the other side to speak
    #[arg(long, default_value_t = PATIENCE.as_secs())]
    patience: u64,
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
    while last != "goodbye" {
        let said = timeout(
            Duration::from_secs(arguments.patience),
            news(&handle, &mut inbound, &last),
        );
        let said = said.await.with_context(|| silence(&handle, &last))??;
        println!("kernel: {said}");
        if let Some(answer) = answer(&said) {
            println!("   we: {answer}");
            send(&handle, &answer).await?;
        }
        last = said;
    }
    Ok(())
}

/// What the kernel says next. It repeats a question until it hears the answer, which is repeated too.
async fn news(handle: &Handle, inbound: &mut Inbound, last: &str) -> anyhow::Result<String> {
    loop {
        let received = inbound.next().await.context("the connection ended")??;
        // What was lost is said again.
        let Received::Message(Unsolicited::Frame { frame, .. }) = received else {
            continue;
        };
        let said = netlane_tutorial::text(frame.payload());
        if said != last {
            return Ok(said);
        }
        if let Some(answer) = answer(last) {
            send(handle, &answer).await?;
        }
    }
}

async fn send(handle: &Handle, answer: &str) -> anyhow::Result<()> {
    let payload = netlane_tutorial::payload(answer);
    let message = Message::raw(CONVERSE, Flags::empty(), &payload);
    Ok(handle.send(message).await?)
}

/// What has not come.
fn silence(handle: &Handle, last: &str) -> String {
    let port = handle.port();
    match last {
        "" => format!("port {port} was asked no question"),
        last => format!("port {port} heard nothing new after {last:?}"),
    }
}

/// "question 2?" is answered by "answer 2".
fn answer(question: &str) -> Option<String> {
    let number = question.strip_prefix("question ")?.strip_suffix('?')?;
    Some(format!("answer {number}"))
}
