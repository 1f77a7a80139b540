//! Asks the generic netlink controller for its families, or resolves one by its name.
//!
//! NETLINK_GENERIC is one protocol for many families, from WireGuard to ethtool. Their numbers
//! are given out at run time; the family `nlctrl`, which alone has a fixed one, tells them.
//!
//! ```sh
//! cargo run --example families
//! cargo run --example families -- nlctrl ethtool
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use netlane::wire::{Attributes, Flags, Frame, Message};
use netlane::{Handle, Protocol};
use netlane_examples::uapi::*;

/// Lists the generic netlink families, or resolves some by name.
#[derive(Parser)]
struct Arguments {
    /// Names of families; all that are registered if none is given
    names: Vec<String>,
}

/// What the controller says of a family.
struct Family {
    name: String,
    /// The message type of its requests: `nlmsg_type`.
    id: u16,
    version: u32,
    operations: usize,
    /// Name and number of each multicast group.
    groups: Vec<(String, u32)>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let handle = netlane::spawn(Protocol::GENERIC)?;
    let families = if arguments.names.is_empty() {
        all(&handle).await?
    } else {
        let mut resolved = Vec::new();
        for name in &arguments.names {
            let family = resolve(&handle, name).await;
            resolved.push(family.with_context(|| format!("cannot resolve '{name}'"))?);
        }
        resolved
    };

    let mut out = io::stdout().lock();
    for family in families {
        let Family {
            name,
            id,
            version,
            operations,
            groups,
        } = family;
        writeln!(
            out,
            "{name}: id {id}, version {version}, {operations} operations"
        )?;
        for (group, number) in groups {
            // The number is what `Handle::subscribe` takes.
            writeln!(out, "    group {group} = {number}")?;
        }
    }
    Ok(())
}

/// A request to the controller: `struct genlmsghdr` follows the netlink header.
fn get_family() -> Message {
    Message::new(GENL_ID_CTRL, Flags::empty()).with_header(&[
        CTRL_CMD_GETFAMILY,
        CTRL_VERSION,
        0,
        0,
    ])
}

/// Every family that is registered. One that a module would bring is not among them.
async fn all(handle: &Handle) -> anyhow::Result<Vec<Family>> {
    // When families come or go meanwhile, the dump is begun anew, at most twice.
    let dump = handle.dump(get_family()).collect_with_retries(2).await?;
    Ok(dump.frames.iter().filter_map(read).collect())
}

/// One family. The kernel may load the module that has it.
async fn resolve(handle: &Handle, name: &str) -> anyhow::Result<Family> {
    // Loading a module takes its time inside the system call: `slow` keeps that off this thread.
    let request = get_family().with_text(CTRL_ATTR_FAMILY_NAME, name);
    let answer = handle.request(request).slow().await?;
    let frame = answer
        .replies
        .first()
        .context("the controller sent no reply")?;
    read(frame).context("the controller's reply lacks the name or the id")
}

fn read(frame: &Frame) -> Option<Family> {
    let attributes = frame.attributes(GENLMSGHDR);
    let version = attributes.find(CTRL_ATTR_VERSION);
    let operations = attributes.find(CTRL_ATTR_OPS);
    let groups = attributes.find(CTRL_ATTR_MCAST_GROUPS);
    Some(Family {
        name: attributes
            .find(CTRL_ATTR_FAMILY_NAME)?
            .text()
            .ok()?
            .to_owned(),
        id: attributes.find(CTRL_ATTR_FAMILY_ID)?.u16().ok()?,
        version: version
            .and_then(|version| version.u32().ok())
            .unwrap_or_default(),
        // Both are arrays of nests: each element's kind is only its place in the array.
        operations: operations.map_or(0, |operations| operations.nests().count()),
        groups: groups.map_or_else(Vec::new, |groups| {
            groups
                .nests()
                .flatten()
                .filter_map(|(_, group)| read_group(&group))
                .collect()
        }),
    })
}

fn read_group(group: &Attributes<'_>) -> Option<(String, u32)> {
    let name = group.find(CTRL_ATTR_MCAST_GRP_NAME)?.text().ok()?;
    let number = group.find(CTRL_ATTR_MCAST_GRP_ID)?.u32().ok()?;
    Some((name.to_owned(), number))
}
