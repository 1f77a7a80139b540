//! A protocol of one's own between two programs, as the tutorials on netlink build it with a
//! kernel module: NETLINK_USERSOCK carries it between processes, without module or privilege.
//!
//! Such protocols do what the kernel's own never do. Their message types may lie below 16, where
//! netlink has its control messages; their answers carry no sequence number; and either side may
//! speak first. [`serve`] is the side that a tutorial puts into the kernel, [`talk`] the
//! program of the user.
//!
//! ```sh
//! cargo run --example peers                          # both, and then it ends
//! cargo run --example peers -- serve --port 7000     # in one terminal
//! cargo run --example peers -- talk --port 7000      # in another
//! ```

mod serve;
mod talk;

use std::env;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};
use netlane::Address;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Two programs talk over netlink in a protocol of their own.
#[derive(Parser)]
struct Arguments {
    /// Which of the two to be; both if none is given
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Answers, greets and asks, until it is interrupted
    Serve {
        /// The first of the port ids to use
        #[arg(long, value_parser = port())]
        port: u32,
        /// End when standard input ends
        #[arg(long)]
        attached: bool,
    },
    /// Talks to the program that serves, and ends
    Talk {
        /// The port id that the other was given
        #[arg(long, value_parser = port())]
        port: u32,
    },
}

/// Port ids that leave room for the ones counted from them.
fn port() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=0xffff_0000)
}

/// The port ids of both programs. A port id names a socket, not a process: the kernel gives out
/// process ids only because they are unique.
#[derive(Clone, Copy)]
struct Ports(u32);

impl Ports {
    /// The service that answers "hello".
    const fn greeter(self) -> Address {
        Address::port(self.0)
    }

    /// The service with commands and replies.
    const fn library(self) -> Address {
        Address::port(self.0 + 1)
    }

    /// The service that echoes, and greets everybody.
    const fn echo(self) -> Address {
        Address::port(self.0 + 2)
    }

    /// Where the server expects somebody to talk to.
    const fn listener(self) -> Address {
        Address::port(self.0 + 3)
    }

    /// A port for a client that wants a certain one.
    const fn client(self) -> u32 {
        self.0 + 4
    }
}

/// The message types. The first two collide with control messages: 1 is NLMSG_NOOP.
const HELLO_SET: u16 = 0;
const HELLO_GET: u16 = 1;
/// Asks for an answer whose length field is wrong.
const HELLO_BROKEN: u16 = 2;
/// Plain text, of the greeter and the echo.
const TEXT: u16 = 0;
/// Asks for a greeting to everybody in [`GREETING_GROUP`].
const GREET: u16 = 0x20;
/// The server asks.
const QUESTION: u16 = 0x21;
/// The client answers.
const ANSWER: u16 = 0x22;
/// The server has no more questions.
const THANKS: u16 = 0x23;

const GREETING_GROUP: u32 = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(match Arguments::parse().role {
        Some(Role::Serve { port, attached }) => serve::run(Ports(port), attached).await,
        Some(Role::Talk { port }) => talk::run(Ports(port)).await,
        None => both().await,
    })
}

/// Starts the server as a program of its own, and talks to it.
async fn both() -> anyhow::Result<()> {
    let ports = Ports(BASE + std::process::id() * 8);
    let mut server = start_server(ports)?;
    let stdout = server.stdout.take().context("the server has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let first = timeout(PATIENCE, lines.next_line()).await??;
    ensure!(first.is_some(), "the server ended before it was ready");

    talk::run(ports).await?;

    // Its standard input ends here, and with it the server.
    drop(server.stdin.take());
    let status = timeout(PATIENCE, server.wait()).await??;
    ensure!(status.success(), "the server ended with {status}");
    Ok(())
}

fn start_server(ports: Ports) -> anyhow::Result<Child> {
    let program = env::current_exe().context("cannot find this program")?;
    Command::new(program)
        .args(["serve", "--attached", "--port", &ports.0.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start the server")
}

/// The bytes of a text as C programs send it: with a NUL, in a buffer of a fixed size.
fn buffer(text: &str, size: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(size.max(text.len() + 1), 0);
    bytes
}

/// The text in such a buffer.
fn text(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Process ids are below 2^22, so that these port ids are neither theirs nor the kernel's choice.
const BASE: u32 = 0x4000_0000;

/// How long to wait for the other program.
const PATIENCE: Duration = Duration::from_secs(10);
