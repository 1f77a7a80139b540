//! Asks the generic netlink controller for its families, or resolves one by its name.
//!
//! NETLINK_GENERIC is one protocol for many families, from WireGuard to ethtool. Their numbers
//! are given out at run time; the family `nlctrl`, which alone has a fixed one, tells them. The
//! resolver asks it, and remembers.
//!
//! ```sh
//! cargo run --example families
//! cargo run --example families -- nlctrl ethtool
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use netlane::Protocol;
use netlane_generic::{Family, Resolver};

/// Lists the generic netlink families, or resolves some by name.
#[derive(Parser)]
struct Arguments {
    /// Names of families; all that are registered if none is given
    names: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let resolver = Resolver::new(netlane::spawn(Protocol::GENERIC)?);
    let families = if arguments.names.is_empty() {
        // Every family that is registered. One that a module would bring is not among them.
        resolver.list(Family::dump()).await?.collect_all().await?
    } else {
        let mut resolved = Vec::new();
        for name in &arguments.names {
            // The kernel may load the module that has it.
            let family = resolver.family(name).await;
            resolved.push(family.with_context(|| format!("cannot resolve '{name}'"))?);
        }
        resolved
    };

    let mut out = io::stdout().lock();
    for family in &families {
        let family = family.view();
        let (name, id) = (family.name()?.unwrap_or("?"), family.id()?.unwrap_or(0));
        let version = family.version()?.unwrap_or(0);
        let operations = family.commands().count();
        writeln!(
            out,
            "{name}: id {id}, version {version}, {operations} operations"
        )?;
        for group in family.groups() {
            let group = group?;
            let (name, number) = (group.name()?.unwrap_or("?"), group.id()?.unwrap_or(0));
            // The number is what `Handle::subscribe` takes; `Resolver::subscribe` takes the name.
            writeln!(out, "    group {name} = {number}")?;
        }
    }
    Ok(())
}
