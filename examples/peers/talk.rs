//! The user's program: one connection for each of the server's services.
//!
//! A connection to a peer has a single lane: one socket for everything, because its port id is
//! the address at which the other side finds it.

use std::io::{self, Write};

use anyhow::{Context, bail};
use futures::StreamExt;
use netlane::wire::{Flags, Frame, Hex, Message};
use netlane::{Address, Builder, Handle, Inbound, Notice, Protocol, Received, Unsolicited};
use tokio::time::timeout;

use crate::{
    ANSWER, GREET, GREETING_GROUP, HELLO_BROKEN, HELLO_GET, HELLO_SET, PATIENCE, Ports, QUESTION,
    TEXT, THANKS, buffer, text,
};

/// Visits one service after the other.
pub async fn run(ports: Ports) -> anyhow::Result<()> {
    hello(ports).await?;
    commands(ports).await?;
    echo(ports).await?;
    greeting(ports).await?;
    conversation(ports).await
}

/// A connection to one peer. Its types are opaque: none of them is taken for a control message,
/// and no request promises an acknowledgement.
fn connect(peer: Address) -> Builder {
    Builder::new(Protocol::USERSOCK).peer(peer).opaque_types()
}

/// A fixed port id, one frame there, one frame back. That one has a type of its own and no
/// sequence number: nothing says that it is an answer, so it arrives in the inbound stream.
async fn hello(ports: Ports) -> anyhow::Result<()> {
    let handle = connect(ports.greeter()).port(ports.client()).spawn()?;
    let mut inbound = handle.inbound()?;
    // NLMSG_SPACE(125) bytes in all, type 0, no flags, sequence 0: nothing is added to it.
    let hello = Message::raw(TEXT, Flags::empty(), &buffer("hello netlink!!", 128));
    handle.send(hello).await?;
    let answer = next_frame(&mut inbound).await?;
    report("hello", &answer)
}

/// Commands whose types are 0 and 1, and a reply whose length field is wrong.
async fn commands(ports: Ports) -> anyhow::Result<()> {
    let handle = connect(ports.library()).spawn()?;
    let mut inbound = handle.inbound()?;
    for command in [HELLO_SET, HELLO_GET] {
        handle
            .send(Message::raw(command, Flags::empty(), &buffer("me", 0)))
            .await?;
        let reply = next_frame(&mut inbound).await?;
        report(&format!("command {command}"), &reply)?;
    }
    handle
        .send(Message::raw(HELLO_BROKEN, Flags::empty(), &[]))
        .await?;
    match next(&mut inbound).await? {
        // It is no frame, but nothing is hidden: what is wrong, and the bytes as they came.
        Unsolicited::Malformed { bytes, why, .. } => {
            write!(io::stdout(), "malformed: {why}\n{}", Hex::new(&bytes))?;
            Ok(())
        }
        other => bail!("the broken reply came whole: {other:?}"),
    }
}

/// A peer that sends everything back as it came, the sequence number included.
async fn echo(ports: Ports) -> anyhow::Result<()> {
    let handle = connect(ports.echo()).spawn()?;
    let mut inbound = handle.inbound()?;
    handle
        .send(Message::raw(
            TEXT,
            Flags::empty(),
            &buffer("is anybody there?", 0),
        ))
        .await?;
    report("echo", &next_frame(&mut inbound).await?)?;

    // What keeps the sequence number can be awaited, as with the kernel.
    let request = Message::raw(TEXT, Flags::empty(), &buffer("awaited", 0));
    report("reply", &handle.request_one(request).await?)
}

/// One greeting to everybody in a group, here to two sockets.
async fn greeting(ports: Ports) -> anyhow::Result<()> {
    let handles = [
        connect(ports.echo()).spawn()?,
        connect(ports.echo()).spawn()?,
    ];
    let [one, two] = &handles;
    let mut events = match tokio::try_join!(join(one), join(two)) {
        Ok((one, two)) => [one, two],
        // To join a group of USERSOCK takes CAP_NET_ADMIN (in a namespace of one's own that is
        // `unshare --user --map-root-user --net`); to send to it takes nothing.
        Err(error) => {
            writeln!(
                io::stdout(),
                "greeting: not heard without privilege ({error})"
            )?;
            return Ok(());
        }
    };
    one.send(Message::raw(GREET, Flags::empty(), &[])).await?;
    for events in &mut events {
        match timeout(PATIENCE, events.next())
            .await?
            .context("no greeting came")??
        {
            Notice::Event(event) => report("greeting", &event.frame)?,
            other => bail!("something else came: {other:?}"),
        }
    }
    Ok(())
}

async fn join(handle: &Handle) -> Result<netlane::Subscription, netlane::Error> {
    handle.subscribe([GREETING_GROUP]).await
}

/// The other side speaks first, and this one answers: no request is pending anywhere.
async fn conversation(ports: Ports) -> anyhow::Result<()> {
    let handle = connect(Address::KERNEL)
        .port(ports.listener().port)
        .spawn()?;
    let mut inbound = handle.inbound()?;
    loop {
        let message = next(&mut inbound).await?;
        // The sender that the kernel vouches for, not the port that the message claims.
        let sender = Address::port(message.sender());
        let frame = message.as_frame().context("a malformed question")?;
        match frame.header().kind {
            QUESTION => {
                report("asked", frame)?;
                let answer = Message::raw(ANSWER, Flags::empty(), &buffer("netlane", 0));
                handle.send_to(answer, sender).await?;
            }
            THANKS => return report("at last", frame),
            other => bail!("a message of type {other}"),
        }
    }
}

async fn next_frame(inbound: &mut Inbound) -> anyhow::Result<Frame> {
    let message = next(inbound).await?;
    message.as_frame().cloned().context("a malformed message")
}

/// The next message, if it comes in time.
async fn next(inbound: &mut Inbound) -> anyhow::Result<Unsolicited> {
    let received = timeout(PATIENCE, inbound.next())
        .await
        .context("the other side is silent")?;
    match received.context("the connection has ended")?? {
        Received::Message(message) => Ok(message),
        other => bail!("messages were lost: {other:?}"),
    }
}

fn report(what: &str, frame: &Frame) -> anyhow::Result<()> {
    let header = frame.header();
    let words = text(frame.payload());
    let (kind, sequence) = (header.kind, header.sequence);
    writeln!(
        io::stdout(),
        "{what}: type {kind}, sequence {sequence}: \"{words}\""
    )?;
    Ok(())
}
