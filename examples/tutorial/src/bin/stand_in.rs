//! Plays the kernel module on `NETLINK_USERSOCK`, so that the other programs run without it.
//!
//! Start it in one terminal and any of them with `--protocol usersock` in another. As protocol 25 it
//! answers `echo` and `hello`; as 30 it echoes frames, multicasts the greeting, and holds the conversation.
//! Joining a group there (`greeting`) needs CAP_NET_ADMIN: `unshare -Urn` around both gives it.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures::StreamExt;
use netlane::wire::{Flags, Frame, Message};
use netlane::{Address, Builder, Handle, Protocol, Received, Unsolicited};
use netlane_tutorial::target::STAND_IN_PORT;
use tokio::time::{MissedTickBehavior, interval};

/// Answers as the tutorials' kernel modules do.
#[derive(Parser)]
struct Arguments {
    /// Whose part to play: that of the module on this protocol
    #[arg(value_parser = ["25", "30"])]
    role: String,
    /// The port id to bind
    #[arg(long, default_value_t = STAND_IN_PORT)]
    port: u32,
}

const GREETING: &str = "Greeting from kernel!";
const GREET: u16 = 0x20;
const CONVERSE: u16 = 0x21;
const CONVERSATION_PORT: u32 = 200;
const QUESTIONS: u32 = 3;
const PERIOD: Duration = Duration::from_millis(200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_tutorial::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = Builder::new(Protocol::USERSOCK)
        .port(arguments.port)
        .opaque_types()
        .spawn()?;
    println!("listening on port {}", handle.port());
    match arguments.role.as_str() {
        "25" => commands(&handle).await,
        _ => echoes(&handle).await,
    }
}

/// Protocol 25: see `lab_hello_input` in the module.
async fn commands(handle: &Handle) -> anyhow::Result<()> {
    let mut inbound = handle.inbound()?;
    while let Some(received) = inbound.next().await {
        let Received::Message(Unsolicited::Frame { frame, sender, .. }) = received? else {
            continue;
        };
        let (kind, text) = match (frame.header().kind, frame.payload()) {
            (_, payload) if payload.starts_with(b"hello netlink") => (25, "hello users!!!"),
            (0, _) => (0, "S known you !"),
            (1, _) => (0, "I known you !"),
            _ => continue,
        };
        say(handle, kind, text, sender).await;
    }
    Ok(())
}

/// Protocol 30: see `lab_echo_input` and `lab_greeter`.
async fn echoes(handle: &Handle) -> anyhow::Result<()> {
    let mut inbound = handle.inbound()?;
    let mut clock = interval(PERIOD);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answered = 0;
    loop {
        tokio::select! {
            _ = clock.tick() => {
                greet(handle).await;
                ask(handle, &mut answered).await;
            }
            received = inbound.next() => {
                let Some(received) = received else { return Ok(()) };
                if let Received::Message(Unsolicited::Frame { frame, sender, .. }) = received? {
                    hear(handle, &frame, sender, &mut answered).await;
                }
            }
        }
    }
}

async fn hear(handle: &Handle, frame: &Frame, sender: u32, answered: &mut u32) {
    match frame.header().kind {
        GREET => greet(handle).await,
        CONVERSE => {
            let expected = format!("answer {}", *answered + 1);
            if netlane_tutorial::text(frame.payload()) == expected {
                *answered += 1;
                ask(handle, answered).await;
            }
        }
        kind => {
            let copy = Message::raw(kind, frame.header().flags, frame.payload());
            deliver(handle, copy, Address::port(sender)).await;
        }
    }
}

async fn ask(handle: &Handle, answered: &mut u32) {
    if *answered < QUESTIONS {
        say(
            handle,
            CONVERSE,
            &format!("question {}?", *answered + 1),
            CONVERSATION_PORT,
        )
        .await;
    } else {
        say(handle, CONVERSE, "goodbye", CONVERSATION_PORT).await;
        *answered = 0;
    }
}

async fn greet(handle: &Handle) {
    let group = Address { port: 0, groups: 1 };
    let greeting = Message::raw(0, Flags::empty(), &netlane_tutorial::payload(GREETING));
    deliver(handle, greeting, group).await;
}

async fn say(handle: &Handle, kind: u16, text: &str, to: u32) {
    let payload = netlane_tutorial::payload(text);
    deliver(
        handle,
        Message::raw(kind, Flags::empty(), &payload),
        Address::port(to),
    )
    .await;
}

/// Nobody there, or nobody reading: as for the kernel, that is the other side's affair.
async fn deliver(handle: &Handle, message: Message, to: Address) {
    let _ = handle.send_to(message, to).await;
}
