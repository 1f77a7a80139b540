//! The side that the tutorials put into a kernel module: three services and a conversation.
//!
//! It shows [`Framed`], the bare socket as a stream and sink of frames: who answers whatever
//! comes needs no correlation, so no connection and no handle.

use std::io::{self, Write};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use netlane::Address;
use netlane::framed::{Framed, FramedError};
use netlane::sys::{AsyncSocket, Protocol, Socket, SocketKind};
use netlane::wire::{Flags, Frame, Header, Message};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::{
    ANSWER, GREET, GREETING_GROUP, HELLO_BROKEN, HELLO_GET, HELLO_SET, Ports, QUESTION, THANKS,
    buffer,
};

/// Runs all services until one of them fails, or the time has come.
pub async fn run(ports: Ports, attached: bool) -> anyhow::Result<()> {
    let greeter = open(ports.greeter())?;
    let library = open(ports.library())?;
    let echo = open(ports.echo())?;
    let asker = open(Address::KERNEL)?;
    writeln!(io::stdout(), "serving at ports {} and following", ports.0)?;
    tokio::select! {
        result = serve_greeter(greeter) => result,
        result = serve_library(library) => result,
        result = serve_echo(echo) => result,
        result = ask(asker, ports.listener()) => result,
        result = end_of_input(), if attached => result,
    }
}

/// A socket at a port; at one of the kernel's choice for `Address::KERNEL`.
fn open(address: Address) -> anyhow::Result<Framed> {
    let socket = Socket::open(Protocol::USERSOCK, SocketKind::Raw)?;
    socket.bind(address)?;
    Ok(Framed::new(AsyncSocket::register(socket)?))
}

/// Answers whatever comes with a hello of its own type, without a sequence number.
async fn serve_greeter(mut socket: Framed) -> anyhow::Result<()> {
    while let Some(received) = socket.next().await {
        let Some((_, sender)) = usable(received)? else {
            continue;
        };
        send(&mut socket, message(25, "hello users!!!")?, sender).await?;
    }
    Ok(())
}

/// Takes commands of the types 0 and 1, and answers with type 0.
async fn serve_library(mut socket: Framed) -> anyhow::Result<()> {
    while let Some(received) = socket.next().await {
        let Some((frame, sender)) = usable(received)? else {
            continue;
        };
        let reply = match frame.header().kind {
            HELLO_SET => "S known you !",
            HELLO_GET => "I known you !",
            HELLO_BROKEN => {
                send_broken(&socket, sender)?;
                continue;
            }
            _ => continue,
        };
        send(&mut socket, message(0, reply)?, sender).await?;
    }
    Ok(())
}

/// Sends what the tutorial's module sends: `nlmsg_len` counts the text and forgets the header.
fn send_broken(socket: &Framed, to: Address) -> anyhow::Result<()> {
    let text = b"I known you";
    let header = Header {
        len: u32::try_from(text.len())?,
        kind: 0,
        flags: Flags::empty(),
        sequence: 0,
        port: 0,
    };
    // A `Frame` cannot be that wrong, so this goes past it, to the socket.
    let bytes = [&header.to_bytes()[..], text].concat();
    socket.socket().socket().send_to(&bytes, to)?;
    Ok(())
}

/// Sends every frame back as it came. A GREET is sent on to everybody in the group instead.
async fn serve_echo(mut socket: Framed) -> anyhow::Result<()> {
    while let Some(received) = socket.next().await {
        let Some((frame, sender)) = usable(received)? else {
            continue;
        };
        if frame.header().kind == GREET {
            let everybody = Address::group(GREETING_GROUP)?;
            send(
                &mut socket,
                message(GREET, "Greeting from kernel!")?,
                everybody,
            )
            .await?;
        } else {
            send(&mut socket, frame, sender).await?;
        }
    }
    Ok(())
}

/// Speaks first: asks its questions of whoever has the listener's port, one after the other.
async fn ask(mut socket: Framed, listener: Address) -> anyhow::Result<()> {
    loop {
        converse(&mut socket, listener).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One conversation. It ends early when nobody is there, or nobody answers.
async fn converse(socket: &mut Framed, listener: Address) -> anyhow::Result<()> {
    for question in QUESTIONS {
        if !send(socket, message(QUESTION, question)?, listener).await? {
            return Ok(());
        }
        let Ok(Some(received)) = timeout(ANSWER_LIMIT, socket.next()).await else {
            return Ok(());
        };
        match usable(received)? {
            Some((frame, _)) if frame.header().kind == ANSWER => {}
            _ => return Ok(()),
        }
    }
    send(socket, message(THANKS, "thank you")?, listener).await?;
    Ok(())
}

/// What was received, unless it is an error that concerns one datagram only.
fn usable(
    received: Result<(Frame, Address), FramedError>,
) -> anyhow::Result<Option<(Frame, Address)>> {
    match received {
        Ok(received) => Ok(Some(received)),
        Err(FramedError::Io(error)) => Err(error.into()),
        Err(error) => {
            drop(writeln!(io::stderr(), "dropped: {error}"));
            Ok(None)
        }
    }
}

/// A frame without flags, sequence number and port.
fn message(kind: u16, words: &str) -> anyhow::Result<Frame> {
    let payload = buffer(words, 0);
    Ok(Message::raw(kind, Flags::empty(), &payload).into_frame(0, 0)?)
}

/// Sends a frame; false if nobody has the port.
async fn send(socket: &mut Framed, frame: Frame, to: Address) -> anyhow::Result<bool> {
    match socket.send((frame, to)).await {
        Ok(()) => Ok(true),
        Err(FramedError::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Ok(false)
        }
        Err(FramedError::NotReading { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Ready when standard input ends.
async fn end_of_input() -> anyhow::Result<()> {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while input.read(&mut buffer).await? > 0 {}
    Ok(())
}

const QUESTIONS: [&str; 3] = [
    "what is your name?",
    "what is your quest?",
    "what is your port?",
];

/// How long the other may think about an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
