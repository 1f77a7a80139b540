//! iproute2's `ip -batch`: a program that reads commands, with one ACK awaited for each.

use std::io::Write;
use std::process::{Command, Stdio};

use netlane_benches::measure::{Sample, round};
use netlane_benches::workloads::Failure;

use crate::workload::destination;

/// Inserts so many routes.
pub fn insert(routes: u32) -> Result<Sample, Failure> {
    let mut commands = Vec::new();
    for i in 0..routes {
        writeln!(commands, "route replace {} dev lo", destination(i))?;
    }
    let mut done = Ok(());
    let sample = round(routes.into(), || done = feed(&commands));
    done?;
    Ok(sample)
}

fn feed(commands: &[u8]) -> Result<(), Failure> {
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| format!("no ip (package iproute2): {error}"))?;
    if let Some(mut input) = ip.stdin.take() {
        input.write_all(commands)?;
    }
    match ip.wait()? {
        status if status.success() => Ok(()),
        status => Err(format!("ip -batch: {status}").into()),
    }
}
