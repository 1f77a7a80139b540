//! Whom a program talks to: the options `--protocol`, `--port` and `--peer`, and the connection they
//! describe.
//!
//! Owns the command lines' common part; must not know what is said on the connection.

use clap::Args;
use netlane::{Address, Builder, Error, Handle, Protocol};

/// The port where `stand_in` listens if not told otherwise.
pub const STAND_IN_PORT: u32 = 1000;

/// The options that every program has. A program's own defaults are those of its tutorial.
#[derive(Args, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The netlink protocol: a number, or `usersock`
    #[arg(long, value_parser = protocol)]
    pub protocol: Option<Protocol>,
    /// The port id to bind: a number, `self` for the process id, or 0 to let the kernel choose
    #[arg(long, value_parser = port)]
    pub port: Option<u32>,
    /// The port id of the program to talk to instead of the kernel
    #[arg(long)]
    pub peer: Option<u32>,
}

impl Target {
    /// Connects, with the connection spawned on the current tokio runtime. What the command line
    /// does not say is the given protocol and port.
    ///
    /// The tutorials number their messages from 0, so no type is a control message here.
    ///
    /// # Errors
    ///
    /// As [`Builder::spawn`]: no such protocol, or the port is taken.
    pub fn connect(&self, protocol: i32, port: u32) -> Result<Handle, Error> {
        let protocol = self.protocol.unwrap_or(Protocol(protocol));
        let builder = Builder::new(protocol)
            .port(self.port.unwrap_or(port))
            .opaque_types();
        // On USERSOCK there is no kernel to talk to.
        let stand_in = (protocol == Protocol::USERSOCK).then_some(STAND_IN_PORT);
        match self.peer.or(stand_in) {
            Some(peer) => builder.peer(Address::port(peer)).spawn(),
            None => builder.spawn(),
        }
    }
}

fn protocol(text: &str) -> Result<Protocol, String> {
    match text {
        "usersock" => Ok(Protocol::USERSOCK),
        number => number
            .parse()
            .map(Protocol)
            .map_err(|_| "a protocol is a number or `usersock`".to_owned()),
    }
}

fn port(text: &str) -> Result<u32, String> {
    match text {
        "self" => Ok(std::process::id()),
        number => number
            .parse()
            .map_err(|_| "a port id is a number or `self`".to_owned()),
    }
}
